import { setTimeout as delay } from 'node:timers/promises';
import type { IntegrationRow } from '../../shared/credentials/integration-row.ts';
import type { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { isVerdict } from '../../shared/credentials/lifecycle.ts';
import { withinMs } from '../../shared/platform/deadline.ts';

const FIRST_PAUSE_MS = 150;
const MAX_PAUSE_MS = 1_000;
/** A read that hangs must not outlast the wait by more than this. */
const READ_LIMIT_MS = 2_000;

/** Reads the row until its test has come to a verdict or the time is over, and returns it as it is then. */
export async function waitForVerdict(
  asked: IntegrationRow,
  waitSeconds: number,
  { store }: { store: Pick<IntegrationStore, 'find'> },
): Promise<IntegrationRow> {
  const end = performance.now() + waitSeconds * 1000;
  let row = asked;
  for (
    let pauseMs = FIRST_PAUSE_MS;
    performance.now() + pauseMs < end;
    pauseMs = Math.min(pauseMs * 1.5, MAX_PAUSE_MS)
  ) {
    await delay(pauseMs);
    row = await readAgain(row, store);
    if (row.version > asked.version && row.last_check && isVerdict(row.last_check.outcome)) break;
  }
  return row;
}

/** The integration is stored and its test is asked for: a read that fails changes neither. */
async function readAgain(row: IntegrationRow, store: Pick<IntegrationStore, 'find'>): Promise<IntegrationRow> {
  const read = await withinMs(READ_LIMIT_MS, () => store.find(row.org_slug, row.provider_key)).catch(() => undefined);
  return read?.credential_id === row.credential_id && read.deleted_at === null ? read : row;
}
