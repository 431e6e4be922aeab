/** GoogleSQL as a tree. Only what the binder knows has a node; the parser refuses the rest by name. */

export type Path = readonly string[];

export interface TypeNode {
  readonly name: string;
  readonly element?: TypeNode;
  readonly fields?: readonly { readonly name: string; readonly type: TypeNode }[];
}

export type Expr =
  | { readonly node: 'literal'; readonly type: string; readonly value: string | boolean | null }
  | { readonly node: 'path'; readonly path: Path }
  | { readonly node: 'parameter'; readonly name: string }
  | { readonly node: 'positional'; readonly index: number }
  | { readonly node: 'unary'; readonly op: '-' | 'NOT'; readonly operand: Expr }
  | { readonly node: 'binary'; readonly op: string; readonly left: Expr; readonly right: Expr }
  | { readonly node: 'is'; readonly operand: Expr; readonly what: 'NULL' | 'TRUE' | 'FALSE'; readonly isNot: boolean }
  | {
      readonly node: 'between';
      readonly operand: Expr;
      readonly low: Expr;
      readonly high: Expr;
      readonly isNot: boolean;
    }
  | { readonly node: 'in'; readonly operand: Expr; readonly list: InList; readonly isNot: boolean }
  | {
      readonly node: 'case';
      readonly operand?: Expr;
      readonly whens: readonly (readonly [Expr, Expr])[];
      readonly otherwise?: Expr;
    }
  | { readonly node: 'cast'; readonly operand: Expr; readonly type: TypeNode; readonly isSafe: boolean }
  | { readonly node: 'call'; readonly call: Call }
  | { readonly node: 'extract'; readonly part: string; readonly operand: Expr; readonly zone?: Expr }
  | { readonly node: 'interval'; readonly amount: Expr; readonly part: string }
  | { readonly node: 'array'; readonly element?: TypeNode; readonly items: readonly Expr[] }
  | {
      readonly node: 'struct';
      readonly type?: TypeNode;
      readonly fields: readonly { readonly name?: string; readonly value: Expr }[];
    }
  | { readonly node: 'field'; readonly operand: Expr; readonly name: string }
  | { readonly node: 'index'; readonly operand: Expr; readonly index: Expr; readonly mode: IndexMode }
  | { readonly node: 'subquery'; readonly use: 'scalar' | 'array' | 'exists'; readonly query: Query };

export type IndexMode = 'OFFSET' | 'ORDINAL' | 'SAFE_OFFSET' | 'SAFE_ORDINAL' | 'PLAIN';
export type InList =
  | { readonly of: 'items'; readonly items: readonly Expr[] }
  | { readonly of: 'query'; readonly query: Query }
  | { readonly of: 'unnest'; readonly array: Expr };

export interface Call {
  /** Upper case; `SAFE.` taken off. */
  readonly name: string;
  readonly isSafe: boolean;
  readonly isStar: boolean;
  readonly isDistinct: boolean;
  readonly args: readonly Expr[];
  readonly nulls?: 'IGNORE' | 'RESPECT';
  readonly orderBy: readonly OrderItem[];
  readonly limit?: Expr;
  readonly over?: Window;
}

export interface OrderItem {
  readonly expr: Expr;
  readonly isDescending: boolean;
  readonly nulls?: 'FIRST' | 'LAST';
}

export interface Window {
  readonly base?: string;
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly OrderItem[];
  readonly frame?: { readonly unit: 'ROWS' | 'RANGE'; readonly start: FrameBound; readonly end: FrameBound };
}
export type FrameBound =
  | { readonly at: 'UNBOUNDED PRECEDING' | 'CURRENT ROW' | 'UNBOUNDED FOLLOWING' }
  | { readonly at: 'PRECEDING' | 'FOLLOWING'; readonly offset: Expr };

export type SelectItem =
  | { readonly item: 'expr'; readonly expr: Expr; readonly alias?: string }
  | {
      readonly item: 'star';
      readonly of?: Expr;
      readonly except: readonly string[];
      readonly replace: readonly { readonly name: string; readonly expr: Expr }[];
    };

export interface Select {
  readonly node: 'select';
  readonly isDistinct: boolean;
  readonly asStruct: boolean;
  readonly items: readonly SelectItem[];
  readonly from?: FromItem;
  readonly where?: Expr;
  readonly groupBy?: readonly Expr[] | 'ALL';
  readonly having?: Expr;
  readonly qualify?: Expr;
  readonly windows: Readonly<Record<string, Window>>;
}

export interface SetOperation {
  readonly node: 'set';
  readonly op: 'UNION ALL' | 'UNION DISTINCT' | 'INTERSECT DISTINCT' | 'EXCEPT DISTINCT';
  readonly left: QueryBody;
  readonly right: QueryBody;
}

export type QueryBody = Select | SetOperation | Query;

export interface Query {
  readonly node: 'query';
  readonly with: readonly { readonly name: string; readonly query: Query }[];
  readonly body: QueryBody;
  readonly orderBy: readonly OrderItem[];
  readonly limit?: Expr;
  readonly offset?: Expr;
}

export type FromItem =
  | { readonly from: 'table'; readonly path: Path; readonly alias?: string; readonly offsetAlias?: string }
  | { readonly from: 'query'; readonly query: Query; readonly alias?: string }
  | { readonly from: 'unnest'; readonly array: Expr; readonly alias?: string; readonly offsetAlias?: string }
  | {
      readonly from: 'join';
      readonly kind: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS';
      readonly left: FromItem;
      readonly right: FromItem;
      readonly on?: Expr;
      readonly using?: readonly string[];
    };

export interface Assignment {
  readonly path: Path;
  readonly value: Expr | 'DEFAULT';
}

export interface MergeClause {
  readonly when: 'MATCHED' | 'NOT MATCHED BY TARGET' | 'NOT MATCHED BY SOURCE';
  readonly condition?: Expr;
  readonly action:
    | { readonly do: 'update'; readonly set: readonly Assignment[] }
    | { readonly do: 'delete' }
    | { readonly do: 'insert'; readonly columns?: readonly string[]; readonly values?: readonly (Expr | 'DEFAULT')[] };
}

export interface ColumnDefinition {
  readonly name: string;
  readonly type: TypeNode;
  readonly isRequired: boolean;
  readonly defaultValue?: string;
}

export type Statement =
  | { readonly statement: 'query'; readonly query: Query }
  | {
      readonly statement: 'insert';
      readonly table: Path;
      readonly columns?: readonly string[];
      readonly source: { readonly rows: readonly (readonly (Expr | 'DEFAULT')[])[] } | { readonly query: Query };
    }
  | {
      readonly statement: 'update';
      readonly table: Path;
      readonly alias?: string;
      readonly set: readonly Assignment[];
      readonly from?: FromItem;
      readonly where: Expr;
    }
  | { readonly statement: 'delete'; readonly table: Path; readonly alias?: string; readonly where: Expr }
  | {
      readonly statement: 'merge';
      readonly table: Path;
      readonly alias?: string;
      readonly source: FromItem;
      readonly on: Expr;
      readonly clauses: readonly MergeClause[];
    }
  | { readonly statement: 'truncate'; readonly table: Path }
  | {
      readonly statement: 'create_table';
      readonly table: Path;
      readonly isTemporary: boolean;
      readonly orReplace: boolean;
      readonly ifNotExists: boolean;
      readonly columns?: readonly ColumnDefinition[];
      readonly partitionBy?: Expr;
      readonly clusterBy: readonly string[];
      readonly query?: Query;
    }
  | { readonly statement: 'drop_table'; readonly table: Path; readonly ifExists: boolean }
  | {
      readonly statement: 'add_columns';
      readonly table: Path;
      readonly columns: readonly (ColumnDefinition & { readonly ifNotExists: boolean })[];
    }
  | {
      readonly statement: 'create_procedure';
      readonly routine: Path;
      readonly orReplace: boolean;
      readonly ifNotExists: boolean;
      readonly arguments: readonly { readonly name: string; readonly type: TypeNode }[];
      readonly body: string;
    }
  | { readonly statement: 'drop_procedure'; readonly routine: Path; readonly ifExists: boolean }
  | { readonly statement: 'call'; readonly routine: Path; readonly args: readonly Expr[] }
  | { readonly statement: 'assert'; readonly condition: Expr; readonly message?: string }
  | { readonly statement: 'begin' | 'commit' | 'rollback' };

/** A statement with the text it was written as. */
export type ParsedStatement = Statement & { readonly sql: string };
