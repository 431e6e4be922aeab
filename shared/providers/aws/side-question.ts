import type { Check } from '../../credentials/integration-row.ts';
import { isVerdict } from '../../credentials/lifecycle.ts';
import { remainingMs, withinMs } from '../../platform/deadline.ts';
import { NoAnswerError, type ProviderAnswer } from '../provider-http.ts';
import type { AskOptions, TestRun } from '../test-run.ts';

/** A person waits for the verdict, which does not depend on this. */
const LIMIT_MS = 5_000;

export interface SideQuestion extends AskOptions {
  /** A check of the registry. */
  readonly id: string;
  readonly ask: () => Promise<ProviderAnswer>;
  /** What remains unknown without an answer. */
  readonly unknown: string;
}

/** Asks what the test does not depend on, and never holds it up: whatever is no clear answer is skipped. */
export async function aside({ id, ask, unknown, ...options }: SideQuestion, run: TestRun): Promise<Check> {
  const { outcome, check } = await run.look(id, () => once(ask), options);
  if (!isVerdict(outcome)) return { id, status: 'skip', message: unknown };
  return check.status === 'pass' ? { id, status: 'pass', message: check.message } : { id, ...check };
}

/** A host that does not answer is not asked again. */
async function once(ask: () => Promise<ProviderAnswer>): Promise<ProviderAnswer> {
  try {
    return await withinMs(Math.min(LIMIT_MS, remainingMs()), ask);
  } catch (cause) {
    throw cause instanceof NoAnswerError ? new NoAnswerError(cause.outcome, { cause }) : cause;
  }
}
