import type { BigQuery, TableField } from '@google-cloud/bigquery';
import { PipelineError } from '../pipeline-error.ts';
import { customerCall } from './customer-call.ts';
import { queryPages } from './query-reader.ts';
import type { WireRow } from './row-writer.ts';
import type { SourceUnit } from './source-units.ts';
import { untilAborted } from './until-aborted.ts';

export interface Page {
  readonly rows?: readonly WireRow[];
  readonly pageToken?: string;
  readonly totalRows?: string;
}

export interface ReadOptions {
  /** Rows a page. */
  readonly pageRows: number;
  /** Columns that a query asks for; listed tables give all of theirs. */
  readonly columns: readonly TableField[];
  readonly signal: AbortSignal;
}

/**
 * Reads a unit page by page with the customer's identity: `tabledata.list` costs nothing and needs no job, views need a query.
 * The next page is asked for while this one is used; there are never more than two in memory.
 *
 * @throws PipelineError `source_changed` when a table gave fewer rows than it said it has.
 */
export async function* readPages(
  customer: BigQuery,
  unit: SourceUnit,
  options: ReadOptions,
): AsyncGenerator<readonly WireRow[]> {
  const { source, rows } = unit;
  if (!('tableIds' in rows)) {
    const read = queryPages(customer, unit, rows.where, options);
    return yield* pagesOf(source.name, read, options.signal);
  }
  const { projectId, datasetId } = source.path;
  const dataset = customer.dataset(datasetId, { projectId });
  for (const tableId of rows.tableIds) {
    const table = dataset.table(tableId);
    const read = (pageToken?: string): Promise<Page> =>
      customerCall(source.name, async () => {
        // Timestamps as whole microseconds: the default, seconds as a float, loses digits.
        const qs = {
          maxResults: options.pageRows,
          'formatOptions.useInt64Timestamp': true,
          ...(pageToken ? { pageToken } : {}),
        };
        const [page] = (await table.request({ uri: '/data', qs })) as unknown as [Page];
        return page;
      });
    yield* pagesOf(source.name, read, options.signal);
  }
}

async function* pagesOf(
  name: string,
  read: (pageToken?: string) => Promise<Page>,
  signal: AbortSignal,
): AsyncGenerator<readonly WireRow[]> {
  let count = 0;
  let page = await untilAborted(read(), signal);
  const expected = Number(page.totalRows ?? 0);
  for (;;) {
    const next = page.pageToken ? read(page.pageToken) : undefined;
    next?.catch(() => undefined); // told where it is awaited, unless the reader stops before
    const rows = page.rows ?? [];
    count += rows.length;
    if (rows.length > 0) yield rows;
    if (!next) break;
    page = await untilAborted(next, signal);
  }
  if (count < expected) throw new PipelineError('source_changed', `${name} gave ${count} of ${expected} rows`);
}
