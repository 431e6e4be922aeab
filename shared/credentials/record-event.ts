import { randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/log.ts';
import type { VisibleRow } from './integration-row.ts';
import type { IntegrationStore, NewEvent } from './integration-store.ts';

export const ACTIONS = [
  'set_up',
  'updated',
  'candidate_submitted',
  'validation_requested',
  'tested',
  'candidate_tested',
  'candidate_promoted',
  'decrypted',
  'expired',
  'given_up',
  're_encrypted',
  'withdrawn',
  'deleted',
  'changed', // found by upkeep: the write is there, its own event got lost
] as const;

export interface EventDetails {
  readonly action: (typeof ACTIONS)[number];
  readonly actor: string;
  readonly requestId: string | null;
  readonly from?: string;
  readonly to?: string;
  readonly outcome?: string;
  /** Of the credential that the event is about, when it is not the one in use. */
  readonly fingerprint?: string;
}

/**
 * Adds the event of the write that made this version.
 *
 * The row is changed by then, so a history that does not answer fails nothing: upkeep finds the gap by the write's id.
 */
export async function recordChange(
  { store, log }: { store: Pick<IntegrationStore, 'append'>; log: Logger },
  row: VisibleRow,
  details: EventDetails,
): Promise<void> {
  const event = eventOf(row, row.updated_at, details);
  await store.append(event, row.last_request_id).catch((error: unknown) => {
    log.error('event-not-appended', { event, error });
  });
}

/**
 * Adds an event that changed nothing in the row, such as the opening of its credential.
 *
 * @throws ServiceError `backend_unavailable` when the history does not answer.
 */
export async function recordAccess(
  { store, clock }: { store: Pick<IntegrationStore, 'append'>; clock: Clock },
  row: VisibleRow,
  details: EventDetails,
): Promise<void> {
  const unchanged = { from: row.validation_status, ...details };
  await store.append(eventOf(row, clock.now().toISOString(), unchanged), randomUUID());
}

/** Built from named fields: what is not named here can never reach the audit. */
function eventOf(
  row: VisibleRow,
  at: string,
  { action, actor, requestId, from, to, outcome, fingerprint }: EventDetails,
): NewEvent {
  return {
    org_slug: row.org_slug,
    provider_key: row.provider_key,
    credential_id: row.credential_id,
    occurred_at: at,
    actor,
    action,
    from_status: from ?? null,
    to_status: to ?? row.validation_status,
    outcome: outcome ?? null,
    fingerprint: fingerprint ?? row.fingerprint,
    version: row.version,
    request_id: requestId,
  };
}
