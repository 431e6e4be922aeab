import type { VisibleRow } from '../../shared/credentials/integration-row.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import type { Logger } from '../../shared/platform/log.ts';

/** What a task came to. What failed is tried again by the next run. */
export interface Report {
  readonly done: number;
  readonly failed: number;
  /** Things that a person has to look at; trying again would not help. */
  readonly warned?: number;
}

/**
 * Does something for each row, one after the other, as BigQuery takes changes of one table one at a time; a row that
 * fails never keeps another waiting, and one that somebody else has changed meanwhile is left to them.
 *
 * @param work - Answers whether there was anything to do.
 */
export async function forEachRow(
  rows: readonly VisibleRow[],
  log: Logger,
  work: (row: VisibleRow) => Promise<boolean>,
): Promise<Report> {
  let done = 0;
  let failed = 0;
  for (const row of rows) {
    try {
      done += (await work(row)) ? 1 : 0;
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'version_conflict') continue;
      failed += 1;
      log.error('upkeep-row-failed', { org: row.org_slug, providerKey: row.provider_key, error });
    }
  }
  return { done, failed };
}
