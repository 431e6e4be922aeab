import type { BigQuery } from '@google-cloud/bigquery';
import type { Metadata } from '../../providers/format-check.ts';
import { CUSTOMER, SOURCES } from '../customer.ts';
import { introspect, type SourceTable } from '../landing/source-table.ts';
import { parseTablePath } from '../landing/table-path.ts';
import { PipelineError, toPipelineError } from '../pipeline-error.ts';
import type { Processor } from '../processor.ts';

/**
 * Looks at every export table that the integration names. One account's fault does not stop the others.
 * Needs: the customer. Leaves: the source tables.
 */
export const validateGcpIntegration: Processor = {
  async run({ handover }) {
    const { bigQuery, metadata } = handover.get(CUSTOMER);
    const found = await Promise.all(exportTables(metadata).map((path) => lookAt(bigQuery, path)));
    const failures = found.filter((source) => source instanceof PipelineError);
    const tables = found.filter((source): source is SourceTable => !(source instanceof PipelineError));
    if (tables.length === 0 && failures[0]) throw failures[0];
    handover.put(SOURCES, { tables, failures });
    return { failures };
  },
};

/** Standard exports of the account and of the additional ones, each once. */
function exportTables(metadata: Metadata): string[] {
  const additional = (metadata['additional_billing_accounts'] ?? []) as readonly Metadata[];
  const paths = [metadata, ...additional].map((account) => account['billing_export_table']);
  const named = paths.filter((path): path is string => typeof path === 'string');
  if (named.length === 0)
    throw new PipelineError('billing_export_missing', 'The integration names no billing export table');
  return [...new Set(named)];
}

async function lookAt(bigQuery: BigQuery, path: string): Promise<SourceTable | PipelineError> {
  try {
    return await introspect(bigQuery, parseTablePath(path));
  } catch (err) {
    return toPipelineError(err);
  }
}
