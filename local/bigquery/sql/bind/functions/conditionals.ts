import { scalar } from '../../../values/types.ts';
import { coerce, supertype } from '../coercion.ts';
import { bindBinary } from '../operators.ts';
import { nullOf } from '../literals.ts';
import type { Bound } from '../scope.ts';
import { noSignature, type FunctionBinder, type FunctionTable } from './signature.ts';

const coalesce: FunctionBinder = (args, _context, name) => {
  if (args.length === 0) throw noSignature(name, args);
  const type = supertype(args, name);
  return { sql: `coalesce(${args.map((arg) => coerce(arg, type, name).sql).join(', ')})`, type };
};

const ifFunction: FunctionBinder = (args, _context, name) => {
  const [condition, then, otherwise] = args;
  if (!condition || !then || !otherwise || args.length > 3) throw noSignature(name, args);
  const type = supertype([then, otherwise], name);
  const when = coerce(condition, scalar('BOOL'), name).sql;
  return { sql: `CASE WHEN ${when} THEN ${coerce(then, type).sql} ELSE ${coerce(otherwise, type).sql} END`, type };
};

const nullIf: FunctionBinder = (args, _context, name) => {
  const [value, other] = args;
  if (!value || !other || args.length > 2) throw noSignature(name, args);
  const type = supertype(args, name);
  const kept = coerce(value, type).sql;
  return { sql: `CASE WHEN ${bindBinary('=', value, other).sql} THEN NULL ELSE ${kept} END`, type };
};

/** GREATEST and LEAST: NULL when one argument is NULL, unlike DuckDB's. */
const extreme =
  (duckDb: string): FunctionBinder =>
  (args, _context, name) => {
    if (args.length === 0) throw noSignature(name, args);
    const type = supertype(args, name);
    const values = args.map((arg) => coerce(arg, type, name).sql);
    const anyNull = values.map((sql) => `${sql} IS NULL`).join(' OR ');
    const picked = `${duckDb}(${values.join(', ')})`;
    const nan =
      type.kind === 'FLOAT64'
        ? ` WHEN ${values.map((sql) => `isnan(${sql})`).join(' OR ')} THEN CAST('nan' AS DOUBLE)`
        : '';
    return { sql: `CASE WHEN ${anyNull} THEN NULL${nan} ELSE ${picked} END`, type };
  };

const error: FunctionBinder = ([message], _context, name): Bound => {
  if (!message) throw noSignature(name, []);
  return { ...nullOf(), sql: `error(${coerce(message, scalar('STRING'), name).sql})` };
};

export const CONDITIONALS: FunctionTable = {
  COALESCE: coalesce,
  IFNULL: (args, context, name) => {
    if (args.length !== 2) throw noSignature(name, args);
    return coalesce(args, context, name);
  },
  IF: ifFunction,
  NULLIF: nullIf,
  GREATEST: extreme('greatest'),
  LEAST: extreme('least'),
  ERROR: error,
};
