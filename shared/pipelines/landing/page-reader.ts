import type { BigQuery } from '@google-cloud/bigquery';
import { PipelineError } from '../pipeline-error.ts';
import type { WireRow } from './row-writer.ts';
import { customerCall, type SourceUnit } from './source-table.ts';

interface Page {
  readonly rows?: readonly WireRow[];
  readonly pageToken?: string;
  readonly totalRows?: string;
}

/**
 * Reads a unit page by page with the customer's identity: `tabledata.list` costs nothing and needs no job.
 * The next page is asked for while this one is used; there are never more than two in memory.
 *
 * @throws PipelineError `source_changed` when a table gave fewer rows than it said it has.
 */
export async function* readPages(
  customer: BigQuery,
  { source, tableIds }: SourceUnit,
  { pageRows, signal }: { pageRows: number; signal: AbortSignal },
): AsyncGenerator<readonly WireRow[]> {
  const { projectId, datasetId } = source.path;
  const dataset = customer.dataset(datasetId, { projectId });
  for (const tableId of tableIds) {
    const table = dataset.table(tableId);
    const read = (pageToken?: string): Promise<Page> =>
      customerCall(source.name, async () => {
        // Timestamps as whole microseconds: the default, seconds as a float, loses digits.
        const qs = {
          maxResults: pageRows,
          'formatOptions.useInt64Timestamp': true,
          ...(pageToken ? { pageToken } : {}),
        };
        const [page] = (await table.request({ uri: '/data', qs })) as unknown as [Page];
        return page;
      });
    yield* pagesOf(source.name, read, signal);
  }
}

async function* pagesOf(
  name: string,
  read: (pageToken?: string) => Promise<Page>,
  signal: AbortSignal,
): AsyncGenerator<readonly WireRow[]> {
  let count = 0;
  let page = await read();
  const expected = Number(page.totalRows ?? 0);
  for (;;) {
    signal.throwIfAborted();
    const next = page.pageToken ? read(page.pageToken) : undefined;
    next?.catch(() => undefined); // told where it is awaited, unless the reader stops before
    const rows = page.rows ?? [];
    count += rows.length;
    if (rows.length > 0) yield rows;
    if (!next) break;
    page = await next;
  }
  if (count < expected) throw new PipelineError('source_changed', `${name} gave ${count} of ${expected} rows`);
}
