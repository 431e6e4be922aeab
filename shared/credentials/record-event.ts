import type { Logger } from '../platform/log.ts';
import type { IntegrationRow } from './integration-row.ts';
import type { IntegrationStore, NewEvent } from './integration-store.ts';

export interface EventDetails {
  readonly action: 'set_up' | 'validation_requested' | 'tested' | 'withdrawn';
  readonly actor: string;
  readonly requestId: string | null;
  readonly from?: string;
  readonly outcome?: string;
  /** Absent: the write that made this version, which is reported once. */
  readonly eventId?: string;
}

/**
 * Adds an event to the history of an integration.
 *
 * The row is changed by then, so a history that does not answer fails nothing: the log keeps the event.
 */
export async function recordEvent(
  { store, log }: { store: Pick<IntegrationStore, 'append'>; log: Logger },
  row: IntegrationRow,
  { action, actor, requestId, from, outcome, eventId = row.last_request_id }: EventDetails,
): Promise<void> {
  const event: NewEvent = {
    org_slug: row.org_slug,
    provider_key: row.provider_key,
    credential_id: row.credential_id,
    occurred_at: row.updated_at,
    actor,
    action,
    from_status: from ?? null,
    to_status: row.validation_status,
    outcome: outcome ?? null,
    fingerprint: row.fingerprint,
    version: row.version,
    request_id: requestId,
  };
  await store.append(event, eventId).catch((error: unknown) => log.error('event-not-appended', { event, error }));
}
