import { scalar } from '../../../values/types.ts';
import { textLiteral } from '../render.ts';
import type { FunctionTable } from './signature.ts';

export const MISCELLANEOUS: FunctionTable = {
  SESSION_USER: (_args, { binder }) => ({ sql: textLiteral(binder.request.caller), type: scalar('STRING') }),
};
