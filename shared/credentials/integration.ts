import type { Metadata } from '../providers/format-check.ts';
import type { Category } from '../providers/provider-spec.ts';
import type { Provider } from '../providers/registry.ts';
import type { LastCheck, VisibleRow } from './integration-row.ts';
import type { State, Status } from './lifecycle.ts';
import { pipelineReadiness, type PipelineReadiness } from './pipeline-readiness.ts';
import type { HistoryEntry } from './row-codec.ts';
import { setupContext, type SetupContextConfig } from './setup-context.ts';

type ShownCheck = Pick<LastCheck, 'outcome' | 'at' | 'checks'>;

export interface Candidate {
  readonly validation_status: Status;
  readonly fingerprint: string;
  readonly metadata: Metadata;
  readonly expires_at?: string;
  readonly submitted_at: string;
  readonly last_check?: ShownCheck;
}

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
  /** New credentials or metadata that wait for their test, or have failed it, while the present ones stay in use. */
  readonly candidate?: Candidate;
  readonly last_check?: ShownCheck;
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
export function toIntegration(row: VisibleRow, provider: Provider, config: SetupContextConfig): Integration {
  const context = setupContext(provider, row.org_slug, config);
  const candidate = candidateOf(row);
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
    ...(candidate ? { candidate } : {}),
    ...(row.last_check ? { last_check: shownCheck(row.last_check) } : {}),
    ...(row.discovered ? { discovered: row.discovered } : {}),
    ...(context ? { setup_context: context } : {}),
    pipelines: pipelineReadiness(row, provider),
    created_at: row.created_at,
    created_by: row.created_by,
    updated_at: row.updated_at,
    updated_by: row.updated_by,
  };
}

/** A provider that the organisation has not set up. */
export function notConfigured(org: string, provider: Provider, config: SetupContextConfig): Integration {
  const context = setupContext(provider, org, config);
  return {
    org,
    provider: provider.slug,
    category: provider.category,
    validation_status: 'NOT_CONFIGURED',
    ...(context ? { setup_context: context } : {}),
  };
}

function candidateOf(row: VisibleRow): Candidate | undefined {
  if (row.candidate_status === null) return undefined;
  return {
    validation_status: row.candidate_status,
    fingerprint: row.candidate_fingerprint ?? row.fingerprint,
    metadata: row.candidate_metadata ?? row.metadata,
    ...(row.candidate_expires_at ? { expires_at: row.candidate_expires_at } : {}),
    submitted_at: row.candidate_submitted_at ?? row.updated_at,
    ...(row.candidate_last_check ? { last_check: shownCheck(row.candidate_last_check) } : {}),
  };
}

function shownCheck({ outcome, at, checks }: LastCheck): ShownCheck {
  return { outcome, at, checks };
}
