import { randomUUID } from 'node:crypto';
import type { Metadata } from '../providers/format-check.ts';
import type { Outcome } from '../providers/provider-spec.ts';
import type { Status } from './lifecycle.ts';

/** One step of a connection test, as users see it. */
export interface Check {
  readonly id: string;
  readonly status: 'pass' | 'fail' | 'warn' | 'skip';
  readonly message: string;
  /** What to do about it, commands included. */
  readonly remedy?: string;
}

/** The latest test of a credential. `message_id` is the message that asked for it, so that a repeated delivery is seen. */
export interface LastCheck {
  readonly outcome: Outcome;
  readonly at: string;
  readonly checks: readonly Check[];
  readonly message_id?: string;
  /** The provider wants to be left alone until then. */
  readonly retry_at?: string;
  /** No verdict came of many tries: from now on it is tried once a day. */
  readonly given_up?: true;
}

/** What only those read who open or rewrite a row. */
export interface Ciphertexts {
  /** Base64 of what KMS sealed; null for manual entries and tombstones. */
  readonly encrypted_credentials: string | null;
  /** Null without a candidate, for one that was refused, and for one that only changes metadata. */
  readonly candidate_encrypted_credentials: string | null;
}

/** A row of `org_integration_credentials`: its column names, JSON columns parsed, timestamps in ISO 8601. */
export interface IntegrationRow extends VisibleRow, Ciphertexts {}

/** A row without its ciphertexts: nothing that could be written back by mistake. */
export interface VisibleRow {
  readonly org_slug: string;
  readonly provider_key: string;
  readonly credential_id: string;
  readonly label: string | null;
  readonly validation_status: Status;
  readonly fingerprint: string;
  readonly kms_key_version: string | null;
  readonly credential_format: number;
  readonly candidate_fingerprint: string | null;
  readonly candidate_kms_key_version: string | null;
  readonly candidate_metadata: Metadata | null;
  readonly candidate_expires_at: string | null;
  readonly candidate_status: Status | null;
  readonly candidate_submitted_at: string | null;
  readonly candidate_last_check: LastCheck | null;
  readonly metadata: Metadata;
  readonly discovered: Metadata | null;
  readonly last_check: LastCheck | null;
  readonly last_validated_at: string | null;
  readonly expires_at: string | null;
  readonly version: number;
  /** A random id per write attempt of ours: tells a lost answer from a lost race. */
  readonly last_request_id: string;
  readonly created_at: string;
  readonly created_by: string;
  readonly updated_at: string;
  readonly updated_by: string;
  /** Set on a tombstone: the row stays, so that versions go on and first creation happens once. */
  readonly deleted_at: string | null;
}

/** A row of `org_integration_events`: who did what, from which status to which. */
export interface IntegrationEvent {
  readonly event_id: string;
  readonly org_slug: string;
  readonly provider_key: string;
  readonly credential_id: string;
  readonly occurred_at: string;
  readonly actor: string;
  readonly action: string;
  readonly from_status: string | null;
  readonly to_status: string | null;
  readonly outcome: string | null;
  readonly fingerprint: string | null;
  readonly version: number;
  readonly request_id: string | null;
}

/** The layout of what is sealed: 1 is canonical JSON, sealed by KMS directly. */
export const CREDENTIAL_FORMAT = 1;

export function newCredentialId(): string {
  return `cred_${randomUUID().replaceAll('-', '')}`;
}

/** A tombstone counts as no integration. */
export function isLive<R extends Pick<VisibleRow, 'deleted_at'>>(row: R | undefined): row is R {
  return row !== undefined && row.deleted_at === null;
}
