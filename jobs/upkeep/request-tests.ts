import type { VisibleRow } from '../../shared/credentials/integration-row.ts';
import type { UpkeepStore } from '../../shared/credentials/upkeep-store.ts';
import { validationRequest, type ValidationTopic } from '../../shared/credentials/validation-request.ts';
import type { Logger } from '../../shared/platform/log.ts';
import { forEachRow, type Report } from './task.ts';

export interface RequestDeps {
  readonly store: Pick<UpkeepStore, 'listOverdue' | 'listDue'>;
  readonly topic: ValidationTopic;
  readonly log: Logger;
}

/** Asks once more for tests that never came: a row and its message are two writes, and a process may end between them. */
export async function republishOverdue(deps: RequestDeps): Promise<Report> {
  return publishEach('validation-republished', await deps.store.listOverdue(), deps);
}

/** Asks for the daily test of credentials in use; one that was refused is not tried again until it changes. */
export async function retestDue(deps: RequestDeps): Promise<Report> {
  return publishEach('retest-requested', await deps.store.listDue(), deps);
}

function publishEach(event: string, rows: readonly VisibleRow[], { topic, log }: RequestDeps): Promise<Report> {
  return forEachRow(rows, log, async (row) => {
    await topic.publish(validationRequest(row));
    log.info(event, { org: row.org_slug, providerKey: row.provider_key, version: row.version });
    return true;
  });
}
