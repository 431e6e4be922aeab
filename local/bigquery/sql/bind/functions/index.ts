import { unsupported, type Bound } from '../scope.ts';
import { ARRAYS } from './arrays.ts';
import { CONDITIONALS } from './conditionals.ts';
import { DATES } from './dates.ts';
import { JSON_FUNCTIONS } from './json.ts';
import { MISCELLANEOUS } from './miscellaneous.ts';
import { NUMBERS } from './numbers.ts';
import type { FunctionContext, FunctionTable } from './signature.ts';
import { STRINGS } from './strings.ts';

/** Everything that may be called; a name that is not here is refused. */
const FUNCTIONS: FunctionTable = {
  ...ARRAYS,
  ...CONDITIONALS,
  ...DATES,
  ...JSON_FUNCTIONS,
  ...MISCELLANEOUS,
  ...NUMBERS,
  ...STRINGS,
};

export function callFunction(name: string, args: readonly Bound[], context: FunctionContext): Bound {
  if (!Object.hasOwn(FUNCTIONS, name)) throw unsupported(`Function ${name}`);
  const bind = FUNCTIONS[name];
  if (!bind) throw unsupported(`Function ${name}`);
  return bind(args, context, name);
}
