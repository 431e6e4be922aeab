import { ApiError } from '../../../kit/api-error.ts';
import type { SqlType } from '../../values/types.ts';

/** An expression as DuckDB SQL, with its GoogleSQL type. */
export interface Bound {
  readonly sql: string;
  readonly type: SqlType;
  /** A literal or parameter, which coerces more freely than a column. */
  readonly isConstant?: boolean;
}

export interface Column extends Bound {
  readonly name: string;
}

/** One item of a FROM clause: a table, a query, or the elements of an array. */
export interface Relation {
  /** The range variable; empty when the item has none. */
  readonly alias: string;
  readonly columns: readonly Column[];
  /** Columns that `*` leaves out, such as `_PARTITIONTIME`. */
  readonly hidden: readonly Column[];
  /** What the range variable itself means; for UNNEST the element, else the row as a struct. */
  readonly value?: Bound;
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export const invalid = (message: string): ApiError => new ApiError(400, message, { reason: 'invalidQuery' });
export const unsupported = (what: string): ApiError => invalid(`${what} is not supported by the embedded engine.`);

/** The names that an expression can use: those of its FROM clause, then those of the queries around it. */
export class Scope {
  readonly relations: readonly Relation[];
  readonly #parent: Scope | undefined;
  /** Columns that JOIN ... USING merged: they answer to their bare name. */
  readonly #merged: readonly Column[];
  /** Columns that `*` leaves out because USING merged them into one. */
  readonly consumed: ReadonlySet<Bound>;
  /** Names that win over all others: aliases of the select list in HAVING, QUALIFY and ORDER BY, arguments of a procedure. */
  readonly #overlay: ReadonlyMap<string, Bound>;

  constructor(
    relations: readonly Relation[] = [],
    parent?: Scope,
    options: {
      merged?: readonly Column[];
      consumed?: ReadonlySet<Bound>;
      overlay?: ReadonlyMap<string, Bound>;
    } = {},
  ) {
    this.relations = relations;
    this.#parent = parent;
    this.#merged = options.merged ?? [];
    this.consumed = options.consumed ?? new Set();
    this.#overlay = options.overlay ?? new Map();
  }

  /** The same names, and these aliases where no column has their name, or always when `first`. */
  withAliases(overlay: ReadonlyMap<string, Bound>): Scope {
    return new Scope(this.relations, this.#parent, { merged: this.#merged, consumed: this.consumed, overlay });
  }

  get merged(): readonly Column[] {
    return this.#merged;
  }

  get parent(): Scope | undefined {
    return this.#parent;
  }

  /** What the first name of a path means; undefined when nothing has it. */
  find(name: string): Bound | Relation | undefined {
    const overlaid = this.#overlay.get(name.toLowerCase());
    if (overlaid) return overlaid;
    const relation = this.relations.find(({ alias }) => alias !== '' && same(alias, name));
    if (relation) return relation;
    const merged = this.#merged.find((column) => same(column.name, name));
    if (merged) return merged;
    return this.findColumn(name) ?? this.#parent?.find(name);
  }

  private findColumn(name: string): Column | undefined {
    const found = this.relations
      .flatMap(({ columns, hidden }) => [...columns, ...hidden])
      .filter((column) => same(column.name, name));
    if (found.length > 1) throw invalid(`Column name ${name} is ambiguous`);
    return found[0];
  }
}

export function columnOf(relation: Relation, name: string): Column {
  const found = [...relation.columns, ...relation.hidden].filter((column) => same(column.name, name));
  if (found.length > 1) throw invalid(`Column name ${name} is ambiguous in ${relation.alias}`);
  const [column] = found;
  if (!column) throw invalid(`Name ${name} not found inside ${relation.alias}`);
  return column;
}

export const isRelation = (found: Bound | Relation): found is Relation => 'columns' in found;
