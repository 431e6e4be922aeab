import type { Metadata } from '../providers/format-check.ts';
import type { Category } from '../providers/provider-spec.ts';
import type { Provider } from '../providers/registry.ts';
import type { IntegrationRow, LastCheck } from './integration-row.ts';
import type { State } from './lifecycle.ts';
import { pipelineReadiness, type PipelineReadiness } from './pipeline-readiness.ts';
import type { HistoryEntry } from './row-codec.ts';

/** An integration as the API shows it; a credential never leaves, in any form. */
export interface Integration {
  readonly org: string;
  readonly provider: string;
  readonly category: Category;
  readonly validation_status: State;
  readonly label?: string | null;
  readonly credential_id?: string;
  readonly fingerprint?: string;
  readonly version?: number;
  readonly metadata?: Metadata;
  readonly last_validated_at?: string | null;
  readonly expires_at?: string | null;
  readonly last_check?: Pick<LastCheck, 'outcome' | 'at' | 'checks'>;
  readonly discovered?: Metadata;
  readonly setup_context?: Readonly<Record<string, unknown>>;
  readonly pipelines?: readonly PipelineReadiness[];
  readonly created_at?: string;
  readonly created_by?: string;
  readonly updated_at?: string;
  readonly updated_by?: string;
  readonly history?: readonly HistoryEntry[];
}

/** Builds the view from named fields, so that a new column is hidden until somebody shows it. */
export function toIntegration(row: IntegrationRow, provider: Provider): Integration {
  return {
    org: row.org_slug,
    provider: provider.slug,
    category: provider.category,
    label: row.label,
    credential_id: row.credential_id,
    validation_status: row.validation_status,
    fingerprint: row.fingerprint,
    version: row.version,
    metadata: row.metadata,
    last_validated_at: row.last_validated_at,
    expires_at: row.expires_at,
    ...(row.last_check ? { last_check: shownCheck(row.last_check) } : {}),
    ...(row.discovered ? { discovered: row.discovered } : {}),
    ...(provider.setup_context ? { setup_context: provider.setup_context } : {}),
    pipelines: pipelineReadiness(row, provider),
    created_at: row.created_at,
    created_by: row.created_by,
    updated_at: row.updated_at,
    updated_by: row.updated_by,
  };
}

/** A provider that the organisation has not set up. */
export function notConfigured(org: string, { slug, category, setup_context }: Provider): Integration {
  return {
    org,
    provider: slug,
    category,
    validation_status: 'NOT_CONFIGURED',
    ...(setup_context ? { setup_context } : {}),
  };
}

function shownCheck({ outcome, at, checks }: LastCheck): Pick<LastCheck, 'outcome' | 'at' | 'checks'> {
  return { outcome, at, checks };
}
