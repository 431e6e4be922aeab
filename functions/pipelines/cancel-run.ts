import type { RunRecord } from '../../shared/pipelines/run-record.ts';
import type { RunRequests } from '../../shared/pipelines/run-requests.ts';
import { ServiceError } from '../../shared/platform/errors.ts';

export interface CancelDeps {
  readonly runs: Pick<RunRequests, 'find' | 'cancel'>;
}

/**
 * Calls a run off: one in the queue never begins, one at work notices when it renews its lease, within 10 s, and stops
 * between two units of work. One that has ended stays as it is.
 *
 * @returns The run, and whether its process is still about to notice.
 * @throws ServiceError `not_found`
 */
export async function cancelRun(
  { org, id, by }: { readonly org: string; readonly id: string; readonly by: string },
  { runs }: CancelDeps,
): Promise<{ run: RunRecord; isStopping: boolean }> {
  const found = await runs.find(org, id);
  if (!found) throw unknownRun();
  const isCancelled = await runs.cancel(org, id, by);
  const run = (isCancelled ? await runs.find(org, id) : undefined) ?? found;
  return { run, isStopping: isCancelled && run.started_at !== null };
}

export function unknownRun(): ServiceError {
  return new ServiceError('not_found', 'This organisation has no such run');
}
