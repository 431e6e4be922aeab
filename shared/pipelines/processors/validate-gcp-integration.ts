import type { BigQuery } from '@google-cloud/bigquery';
import { CUSTOMER, SOURCES, type Source } from '../customer.ts';
import { configuredExports, type ConfiguredExport } from '../landing/configured-exports.ts';
import { EXPORT_KINDS, rawTable } from '../landing/export-kinds.ts';
import { introspect, readByDay } from '../landing/source-table.ts';
import { parseTablePath } from '../landing/table-path.ts';
import { untilAborted } from '../landing/until-aborted.ts';
import { allOf, PipelineError, toPipelineError } from '../pipeline-error.ts';
import type { Processor } from '../processor.ts';

/**
 * Looks at every export table that the integration names. One account's fault does not stop the others.
 * Needs: the customer. Leaves: the source tables.
 */
export const validateGcpIntegration: Processor = {
  async run({ handover, signal }) {
    const { bigQuery, metadata } = handover.get(CUSTOMER);
    const { exports, repeated } = configuredExports(metadata);
    if (!exports.some(({ kind }) => rawTable(EXPORT_KINDS[kind].table).periods === 'of rows'))
      throw new PipelineError('billing_export_missing', 'The integration names no billing export table');
    const found = await untilAborted(Promise.all(exports.map((configured) => lookAt(bigQuery, configured))), signal);
    const failures = found.filter((source) => source instanceof PipelineError);
    const readable = found.filter((source): source is Source => !(source instanceof PipelineError));
    const all = allOf(failures);
    if (readable.length === 0 && all) throw all;
    handover.put(SOURCES, { readable, repeated });
    return { failures };
  },
};

async function lookAt(bigQuery: BigQuery, configured: ConfiguredExport): Promise<Source | PipelineError> {
  const { path, kind, partner } = configured;
  try {
    const table = await introspect(bigQuery, parseTablePath(path), kind);
    return { table: partner === undefined ? table : readByDay(table), partner };
  } catch (err) {
    return toPipelineError(err);
  }
}
