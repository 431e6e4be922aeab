import { setTimeout as delay } from 'node:timers/promises';
import type { VisibleRow } from '../../shared/credentials/integration-row.ts';
import type { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { lastCheckOf } from '../../shared/credentials/tested-row.ts';
import { isVerdict } from '../../shared/credentials/lifecycle.ts';
import { withinMs } from '../../shared/platform/deadline.ts';

const FIRST_PAUSE_MS = 150;
const MAX_PAUSE_MS = 1_000;
/** A read that hangs must not outlast the wait by more than this. */
const READ_LIMIT_MS = 2_000;

/** Reads the row until its test has come to something or the time is over, and returns it as it is then. */
export async function waitForVerdict(
  asked: VisibleRow,
  waitSeconds: number,
  { store }: { store: Pick<IntegrationStore, 'find'> },
): Promise<VisibleRow> {
  const end = performance.now() + waitSeconds * 1000;
  let row = asked;
  for (
    let pauseMs = FIRST_PAUSE_MS;
    performance.now() + pauseMs < end;
    pauseMs = Math.min(pauseMs * 1.5, MAX_PAUSE_MS)
  ) {
    await delay(pauseMs);
    row = await readAgain(row, store);
    if (isJudged(asked, row) || isTried(asked, row)) break;
  }
  return row;
}

/** Whether the test that was asked for has come to a verdict, on the candidate if there was one. */
export function isJudged(asked: VisibleRow, row: VisibleRow): boolean {
  if (asked.candidate_status === 'PENDING') return row.candidate_status !== 'PENDING';
  const { last_check: check } = row;
  return check !== null && check.at !== asked.last_check?.at && isVerdict(check.outcome);
}

/** Whether a test came to no verdict: the next try is some time away, and its reason is there to be read. */
function isTried(asked: VisibleRow, row: VisibleRow): boolean {
  const check = lastCheckOf(row);
  return check !== null && check.at !== lastCheckOf(asked)?.at;
}

/** The integration is stored and its test is asked for: a read that fails changes neither. */
async function readAgain(row: VisibleRow, store: Pick<IntegrationStore, 'find'>): Promise<VisibleRow> {
  const read = await withinMs(READ_LIMIT_MS, () => store.find(row.org_slug, row.provider_key)).catch(() => undefined);
  return read?.credential_id === row.credential_id && read.deleted_at === null ? read : row;
}
