import { guardBodies } from '../shared/http/body-guard.ts';
import { functionTarget } from '../shared/platform/config.ts';
import { platformFromEnv } from '../shared/platform/platform.ts';
import { functions, type FunctionName } from './index.ts';

/** Entry of every deployed function: registers the one that FUNCTION_TARGET names. */
guardBodies();

const name = functionTarget();
const load = functions[name as FunctionName];
if (!load) throw new Error(`FUNCTION_TARGET is one of ${Object.keys(functions).join(', ')}`);
const [{ http }, { create }] = await Promise.all([import('@google-cloud/functions-framework'), load()]);
http(name, create(platformFromEnv(name)));
