import type { BigQuery } from '@google-cloud/bigquery';
import type { Metadata } from '../providers/format-check.ts';
import { handoverKey } from './handover.ts';
import type { PipelineError } from './pipeline-error.ts';
import type { SourceTable, SourceUnit } from './landing/source-table.ts';

/** The customer's Google Cloud, opened with the organisation's credential for this run. */
export interface Customer {
  readonly bigQuery: BigQuery;
  readonly credentialId: string;
  readonly metadata: Metadata;
}

/** Export tables that can be read, and what is wrong with the others. */
export interface Sources {
  readonly tables: readonly SourceTable[];
  readonly failures: readonly PipelineError[];
}

/** What has changed at the sources since it was last landed. */
export interface Changes {
  readonly land: readonly SourceUnit[];
  /** Days that a source no longer has; `isWhole` where the source had no partitions when it was landed. */
  readonly remove: readonly { readonly unit: SourceUnit; readonly isWhole: boolean }[];
  readonly pageRows: number;
}

export const CUSTOMER = handoverKey<Customer>('the customer');
export const SOURCES = handoverKey<Sources>('the source tables');
export const CHANGES = handoverKey<Changes>('the changed units');
