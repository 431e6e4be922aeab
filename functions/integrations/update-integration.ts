import {
  basisOf,
  editedRow,
  hasCandidateCredential,
  reenteredRow,
  replacedRow,
  type Replacement,
} from '../../shared/credentials/changed-row.ts';
import { canonicalJson } from '../../shared/credentials/canonical-json.ts';
import type { CredentialCipher, SealedCredential } from '../../shared/credentials/credential-cipher.ts';
import { isLive, type IntegrationRow, type VisibleRow } from '../../shared/credentials/integration-row.ts';
import type { IntegrationStore, RowDraft } from '../../shared/credentials/integration-store.ts';
import { recordChange, type EventDetails } from '../../shared/credentials/record-event.ts';
import { awaitsTest, isByHand } from '../../shared/credentials/row-drafts.ts';
import { validationRequest, type ValidationTopic } from '../../shared/credentials/validation-request.ts';
import { checkPrecondition, preconditionFailed, type Precondition } from '../../shared/http/precondition.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import { remainingMs, withinMs } from '../../shared/platform/deadline.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import type { Logger } from '../../shared/platform/log.ts';
import { checkFormat, checkLabel } from '../../shared/providers/format-check.ts';
import type { Provider, Registry } from '../../shared/providers/registry.ts';
import type { ParsedUpdate } from './bodies.ts';
import { fingerprintOf } from './fingerprint-of.ts';
import { notConfigured } from './answers.ts';

export interface UpdateRequest {
  readonly org: string;
  readonly provider: Provider;
  readonly change: ParsedUpdate;
  readonly precondition: Precondition;
  readonly actor: string;
  readonly requestId: string;
}

export interface UpdateDeps {
  readonly registry: Registry;
  readonly cipher: Pick<CredentialCipher, 'encrypt'>;
  readonly store: Pick<IntegrationStore, 'find' | 'findSealed' | 'replace' | 'append'>;
  readonly topic: ValidationTopic;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface UpdateResult {
  readonly row: VisibleRow;
  /** Label or expiry only: there is nothing to wait for. */
  readonly isEdit: boolean;
}

/** What is kept of the request's time to undo a change that could not be announced, milliseconds. */
const UNDO_BUDGET_MS = 2_500;
const ACTOR = 'integrations-update';
/** How often a verdict may land in between before the caller is told to try again. */
const MAX_TRIES = 4;

/**
 * Changes a stored integration. A credential in use stays in use until a new one, or new metadata, has passed its test.
 *
 * @throws ServiceError `not_configured`, `credential_format`, `metadata_invalid`, `precondition_failed`, `version_conflict`,
 * `backend_unavailable`.
 */
export async function updateIntegration(request: UpdateRequest, deps: UpdateDeps): Promise<UpdateResult> {
  const isEdit = request.change.credentials === undefined && request.change.metadata === undefined;
  const { row } = await withinMs(remainingMs() - UNDO_BUDGET_MS, () => writeAndAnnounce(request, deps));
  return { row, isEdit };
}

interface Written {
  readonly former: IntegrationRow;
  readonly row: IntegrationRow;
}

async function writeAndAnnounce(request: UpdateRequest, deps: UpdateDeps): Promise<Written> {
  const written = await write(request, deps, sealOnce(deps.cipher));
  const recorded = recordChange(deps, written.row, eventOf(request, written));
  try {
    if (needsMessage(written, request.change)) await deps.topic.publish(validationRequest(written.row));
  } catch (err) {
    await undo(written, deps);
    throw err;
  }
  await recorded;
  return written;
}

function eventOf({ actor, requestId }: UpdateRequest, { former, row }: Written): EventDetails {
  const details = { actor, requestId, from: former.validation_status };
  if (row.candidate_submitted_at === former.candidate_submitted_at || row.candidate_status === null) {
    return { action: 'updated', ...details };
  }
  return { action: 'candidate_submitted', ...details, fingerprint: row.candidate_fingerprint ?? row.fingerprint };
}

/** A test that waits, or one that may lift an expiry. An outstanding message carries the former version, so it is sent anew. */
function needsMessage({ row }: Written, { expiresAt }: ParsedUpdate): boolean {
  if (awaitsTest(row)) return true;
  return row.validation_status === 'EXPIRED' && expiresAt !== undefined && !isByHand(row);
}

/** Writes by compare-and-set; a verdict that lands in between is no reason to send the user away, another user is. */
async function write(request: UpdateRequest, deps: UpdateDeps, seal: Seal): Promise<Written> {
  const { org, provider, precondition } = request;
  let read = await deps.store.findSealed(org, provider.key);
  for (let tries = 1; ; tries += 1) {
    if (!isLive(read)) throw notConfigured(provider);
    const draft = await draftOf(request, read, deps, seal);
    try {
      return { former: read, row: await deps.store.replace(read, draft) };
    } catch (err) {
      if (!(err instanceof ServiceError) || err.code !== 'version_conflict') throw err;
      if (precondition) throw preconditionFailed();
      const fresh = await deps.store.findSealed(org, provider.key);
      if (tries === MAX_TRIES || !isLive(fresh) || !isSameToUsers(read, fresh)) throw err;
      read = fresh;
    }
  }
}

async function draftOf(
  { org, provider, change, precondition, actor }: UpdateRequest,
  row: IntegrationRow,
  { registry, clock }: UpdateDeps,
  seal: Seal,
): Promise<RowDraft> {
  const by = { actor, at: clock.now() };
  if (change.credentials === undefined && change.metadata === undefined) {
    checkLabel(registry, provider, change.label);
    checkPrecondition(precondition, row);
    return editedRow(row, change, by);
  }
  const basis = basisOf(row);
  const checked = checkFormat(registry, provider, change, basis.metadata);
  checkPrecondition(precondition, row);
  const context = { org, providerKey: provider.key, credentialId: row.credential_id };
  const sealed = checked.credentials && (await seal(checked.credentials, context));
  const isManual = isByHand(row) && !sealed && !hasCandidateCredential(row);
  const fingerprint = checked.credentials || isManual ? fingerprintOf(checked) : basis.fingerprint;
  const { metadata } = checked;
  const replacement: Replacement = { ...change, sealed, fingerprint, metadata };
  return isManual ? reenteredRow(row, replacement, by) : replacedRow(row, replacement, by);
}

type Seal = (...of: Parameters<CredentialCipher['encrypt']>) => Promise<SealedCredential>;

/** The credential is sealed once, however often the row has to be read anew. */
function sealOnce(cipher: Pick<CredentialCipher, 'encrypt'>): Seal {
  const sealed = new Map<string, Promise<SealedCredential>>();
  return (credentials, context) => {
    const present = sealed.get(context.credentialId) ?? cipher.encrypt(credentials, context);
    sealed.set(context.credentialId, present);
    return present;
  };
}

/** Whether only tests and upkeep have touched the row since it was read. */
function isSameToUsers(read: IntegrationRow, fresh: IntegrationRow): boolean {
  const usersOwn = (row: IntegrationRow): string =>
    canonicalJson([
      row.credential_id,
      row.fingerprint,
      row.metadata,
      row.label,
      row.expires_at,
      row.candidate_submitted_at,
    ]);
  return usersOwn(read) === usersOwn(fresh);
}

/** Nothing half done: a change whose test could not be asked for is taken back. */
async function undo({ former, row }: Written, { store, clock, log }: UpdateDeps): Promise<void> {
  const ids = { org: row.org_slug, providerKey: row.provider_key };
  const takeBack = async (): Promise<void> => {
    const { version: _version, last_request_id: _id, ...draft } = former;
    const back = await store.replace(row, { ...draft, updated_at: clock.now().toISOString(), updated_by: ACTOR });
    const from = row.validation_status;
    await recordChange({ store, log }, back, { action: 'withdrawn', actor: ACTOR, requestId: null, from });
    log.warn('update-withdrawn', ids);
  };
  // What cannot be undone stays under test, and upkeep asks for it.
  await withinMs(UNDO_BUDGET_MS, takeBack).catch((error: unknown) =>
    log.error('update-not-withdrawn', { ...ids, error }),
  );
}
