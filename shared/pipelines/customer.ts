import type { BigQuery } from '@google-cloud/bigquery';
import type { Metadata } from '../providers/format-check.ts';
import { handoverKey } from './handover.ts';
import type { LandingPlan } from './landing/landing-plan.ts';
import type { SourceTable } from './landing/source-table.ts';

/** The customer's Google Cloud, opened with the organisation's credential for this run. */
export interface Customer {
  readonly bigQuery: BigQuery;
  readonly credentialId: string;
  readonly metadata: Metadata;
}

/** A table that can be read. */
export interface Source {
  readonly table: SourceTable;
  /** Path of the same account's export of the other grain, readable or not. */
  readonly partner?: string | undefined;
}

export interface Sources {
  /** In the order of the integration's metadata. */
  readonly readable: readonly Source[];
  /** Tables that the metadata names more than once, with the fields that do. */
  readonly repeated: readonly { readonly path: string; readonly fields: readonly string[] }[];
}

/** What has changed at the sources since it was last landed. */
export interface Changes {
  readonly plan: LandingPlan;
  /** Every table that an export of the organisation was ever landed from, with its raw table. */
  readonly known: readonly { readonly name: string; readonly table: string }[];
  readonly pageRows: number;
}

export const CUSTOMER = handoverKey<Customer>('the customer');
export const SOURCES = handoverKey<Sources>('the source tables');
export const CHANGES = handoverKey<Changes>('the changed units');
