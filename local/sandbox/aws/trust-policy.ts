/** Who may assume a role, in the form in which customers paste it. */
export interface TrustPolicy {
  readonly Version: string;
  readonly Statement: readonly TrustStatement[];
}

export interface TrustStatement {
  readonly Effect: string;
  readonly Principal: Readonly<Record<string, string | readonly string[]>>;
  readonly Action: string;
  readonly Condition?: { readonly StringEquals?: Readonly<Record<string, string | readonly string[]>> };
}

/** Somebody who wants to assume the role, and what AWS knows about the request. */
export interface Visitor {
  readonly kind: 'Federated' | 'AWS';
  /** Any of these names in the policy means the visitor. */
  readonly names: readonly string[];
  readonly action: string;
  /** Condition keys; one that is not there fulfils no condition. */
  readonly context: Readonly<Record<string, string | undefined>>;
}

export function letsIn({ Statement }: TrustPolicy, visitor: Visitor): boolean {
  return Statement.some((statement) => statement.Effect === 'Allow' && fits(statement, visitor));
}

function fits({ Principal, Action, Condition }: TrustStatement, { kind, names, action, context }: Visitor): boolean {
  const isMeant = listOf(Principal[kind]).some((name) => names.includes(name));
  const conditions = Object.entries(Condition?.StringEquals ?? {});
  return isMeant && Action === action && conditions.every(([key, values]) => isIn(context[key], listOf(values)));
}

function isIn(value: string | undefined, values: readonly string[]): boolean {
  return value !== undefined && values.includes(value);
}

function listOf(values: string | readonly string[] | undefined): readonly string[] {
  return values === undefined ? [] : [values].flat();
}
