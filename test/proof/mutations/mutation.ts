import type { ProcedureStep } from '../procedure-steps.ts';

/** A text of one step and another in its place. */
export interface Edit {
  /** Name of the step's file without number and `.sql`: `classify-charges`. */
  readonly step: string;
  readonly from: string;
  readonly to: string;
}

/** One rule of the mapping, and how it could go wrong. */
export interface Mutation extends Edit {
  /** Finishes "a conversion that ...": what the mutated procedure does. */
  readonly rule: string;
  /** The same rule in another step, broken with it. */
  readonly also?: Edit;
  /** A fault that the rule guards against: with it the conversion has to fail, and with both it does not. */
  readonly guards?: Edit;
}

/** The steps with one text replaced. @throws Error naming the rule when the text is not there exactly once. */
export function edited(steps: readonly ProcedureStep[], { step, from, to }: Edit, rule: string): ProcedureStep[] {
  const found = steps.filter(({ file }) => file.replace(/^\d+-/, '') === `${step}.sql`);
  if (found.length !== 1) throw new Error(`${rule}: there is no step ${step}`);
  const times = found[0]!.sql.split(from).length - 1;
  if (times !== 1) throw new Error(`${rule}: ${step} holds the text ${times} times: ${from}`);
  return steps.map((each) => (each === found[0] ? { ...each, sql: each.sql.replace(from, () => to) } : each));
}

/** Makes the edits of one step short to write. */
export function mutationsOf(
  step: string,
  rows: readonly (readonly [rule: string, from: string, to: string])[],
): Mutation[] {
  return rows.map(([rule, from, to]) => ({ rule, step, from, to }));
}
