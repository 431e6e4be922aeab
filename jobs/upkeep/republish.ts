import type { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { validationRequest, type ValidationTopic } from '../../shared/credentials/validation-request.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import type { Logger } from '../../shared/platform/log.ts';

export interface RepublishDeps {
  readonly store: Pick<IntegrationStore, 'listOverdue'>;
  readonly topic: ValidationTopic;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A test takes seconds; a row that waits longer has lost its message between two writes. */
const OVERDUE_MS = 10 * 60_000;

/**
 * Asks once more for tests that never came.
 *
 * @returns How many messages were published and how many were not.
 */
export async function republishOverdue({
  store,
  topic,
  clock,
  log,
}: RepublishDeps): Promise<{ sent: number; failed: number }> {
  const rows = await store.listOverdue(new Date(clock.now().getTime() - OVERDUE_MS));
  let failed = 0;
  for (const row of rows) {
    const ids = { org: row.org_slug, providerKey: row.provider_key, version: row.version };
    try {
      await topic.publish(validationRequest(row));
      log.info('validation-republished', ids);
    } catch (error) {
      failed += 1;
      log.error('validation-not-republished', { ...ids, error });
    }
  }
  return { sent: rows.length - failed, failed };
}
