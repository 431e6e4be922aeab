import { scalar, type SqlType } from '../../values/types.ts';
import type { Call, FrameBound, Window } from '../parse/ast.ts';
import { bindAggregate, isAggregate, orderSql } from './aggregates.ts';
import type { Binder } from './binder.ts';
import { coerce } from './coercion.ts';
import { invalid, unsupported, type Bound, type Scope } from './scope.ts';

const INT64 = scalar('INT64');
const FLOAT64 = scalar('FLOAT64');
const NUMBERING: Readonly<Record<string, SqlType>> = {
  ROW_NUMBER: INT64,
  RANK: INT64,
  DENSE_RANK: INT64,
  PERCENT_RANK: FLOAT64,
  CUME_DIST: FLOAT64,
};

/** Windows that a SELECT names; a call may refer to one. */
export type NamedWindows = Readonly<Record<string, Window>>;

export function bindWindowCall(call: Call, scope: Scope, binder: Binder & { windows?: NamedWindows }): Bound {
  const over = ` OVER (${windowSql(call.over ?? { partitionBy: [], orderBy: [] }, scope, binder)})`;
  if (isAggregate(call.name)) return bindAggregate(call, scope, binder, over);
  const numbering = NUMBERING[call.name];
  if (numbering && call.args.length === 0) return { sql: `${call.name.toLowerCase()}()${over}`, type: numbering };
  const args = call.args.map((arg) => binder.bindExpr(arg, scope));
  const [value, second, third] = args;
  if (!value) throw unsupported(`Window function ${call.name}`);
  const nulls = call.nulls === 'IGNORE' ? ' IGNORE NULLS' : '';
  switch (call.name) {
    case 'LAG':
    case 'LEAD': {
      const fallback = third ? `, ${coerce(third, value.type).sql}` : '';
      return {
        sql: `${call.name.toLowerCase()}(${value.sql}, ${second ? coerce(second, INT64).sql : '1'}${fallback})${over}`,
        type: value.type,
      };
    }
    case 'FIRST_VALUE':
    case 'LAST_VALUE':
      return { sql: `${call.name.toLowerCase()}(${value.sql}${nulls})${over}`, type: value.type };
    case 'NTILE':
      return { sql: `ntile(${coerce(value, INT64).sql})${over}`, type: INT64 };
    default:
      throw unsupported(`Window function ${call.name}`);
  }
}

function windowSql(window: Window, scope: Scope, binder: Binder & { windows?: NamedWindows }): string {
  const base = window.base === undefined ? undefined : binder.windows?.[window.base.toLowerCase()];
  if (window.base !== undefined && !base) throw invalid(`Unrecognized window alias ${window.base}`);
  const partitionBy = [...(base?.partitionBy ?? []), ...window.partitionBy].map(
    (expr) => binder.bindExpr(expr, scope).sql,
  );
  const order = orderSql([...(base?.orderBy ?? []), ...window.orderBy], scope, binder).trim();
  const frame = window.frame ?? base?.frame;
  const bounds =
    frame && `${frame.unit} BETWEEN ${boundSql(frame.start, scope, binder)} AND ${boundSql(frame.end, scope, binder)}`;
  return [partitionBy.length > 0 ? `PARTITION BY ${partitionBy.join(', ')}` : '', order, bounds ?? '']
    .filter(Boolean)
    .join(' ');
}

function boundSql(bound: FrameBound, scope: Scope, binder: Binder): string {
  return 'offset' in bound ? `${binder.bindExpr(bound.offset, scope).sql} ${bound.at}` : bound.at;
}
