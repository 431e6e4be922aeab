import { scalar, typeName, type ScalarKind, type SqlType } from '../../../values/types.ts';
import type { Binder } from '../binder.ts';
import { canCoerce, coerce } from '../coercion.ts';
import { invalid, type Bound } from '../scope.ts';

export interface FunctionContext {
  readonly binder: Binder;
  /** MONTH of `DATE_TRUNC(d, MONTH)`. */
  readonly part?: string;
}

/** A function that the embedded engine knows: from bound arguments to a bound result. */
export type FunctionBinder = (args: readonly Bound[], context: FunctionContext, name: string) => Bound;
export type FunctionTable = Readonly<Record<string, FunctionBinder>>;

/**
 * A function of fixed parameter types. A kind that ends with `?` may be left out.
 *
 * @param emit - DuckDB SQL from the SQL of the arguments; those left out are undefined.
 */
export function fixed(
  parameters: readonly (ScalarKind | `${ScalarKind}?`)[],
  result: SqlType | ScalarKind,
  emit: (...args: string[]) => string,
): FunctionBinder {
  const type = typeof result === 'string' ? scalar(result) : result;
  return (args, _context, name) => {
    const required = parameters.filter((kind) => !kind.endsWith('?')).length;
    if (args.length < required || args.length > parameters.length) throw noSignature(name, args);
    const sql = args.map(
      (arg, index) => coerce(arg, scalar((parameters[index] ?? '').replace('?', '') as ScalarKind), name).sql,
    );
    return { sql: emit(...sql), type };
  };
}

/** The first of several signatures that takes the arguments. */
export function overloaded(
  ...candidates: readonly [accepts: (args: readonly Bound[]) => boolean, bind: FunctionBinder][]
): FunctionBinder {
  return (args, context, name) => {
    const found = candidates.find(([accepts]) => accepts(args));
    if (!found) throw noSignature(name, args);
    return found[1](args, context, name);
  };
}

/** Whether the first argument is, or becomes by itself, of this kind. */
export const firstIs =
  (...kinds: SqlType['kind'][]) =>
  (args: readonly Bound[]): boolean =>
    args[0] !== undefined && kinds.includes(args[0].type.kind);
export const firstBecomes =
  (kind: ScalarKind) =>
  (args: readonly Bound[]): boolean =>
    args[0] !== undefined && canCoerce(args[0], scalar(kind));

export function noSignature(name: string, args: readonly Bound[]): Error {
  const types = args.map(({ type }) => typeName(type)).join(', ');
  return invalid(`No matching signature for function ${name} for argument types: ${types || 'none'}`);
}
