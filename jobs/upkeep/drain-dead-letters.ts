import { isLive, type Check, type IntegrationRow } from '../../shared/credentials/integration-row.ts';
import type { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { isVerdict } from '../../shared/credentials/lifecycle.ts';
import { recordChange } from '../../shared/credentials/record-event.ts';
import { awaitsTest } from '../../shared/credentials/row-drafts.ts';
import { givenUpRow, lastCheckOf, subjectOf } from '../../shared/credentials/tested-row.ts';
import { parseValidationRequest, type ValidationRequest } from '../../shared/credentials/validation-request.ts';
import type { MessageQueue, QueuedMessage } from '../../shared/gcp/message-queue.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import type { Logger } from '../../shared/platform/log.ts';
import type { Report } from './task.ts';

export interface DrainDeps {
  readonly deadLetters: MessageQueue;
  readonly store: Pick<IntegrationStore, 'findSealed' | 'replace' | 'append'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const ACTOR = 'upkeep';
/** So many messages a run; the rest waits in its queue. */
const MAX_PULLS = 20;

const GIVEN_UP: Check = {
  id: 'given_up',
  status: 'fail',
  message: 'The provider gave no verdict in many tries; the test is tried again once a day.',
  remedy: 'Look at the checks above; once the provider answers again, ask for a validation.',
};

/** Tells users of tests that came to no verdict however often they were tried. A message is gone once its row says so. */
export async function drainDeadLetters(deps: DrainDeps): Promise<Report> {
  let done = 0;
  let failed = 0;
  for (let pulls = 0; pulls < MAX_PULLS; pulls += 1) {
    const messages = await deps.deadLetters.pull();
    if (messages.length === 0) break;
    const settled: string[] = [];
    for (const message of messages) {
      if (await settle(message, deps)) settled.push(message.ackId);
      else failed += 1;
    }
    if (settled.length > 0) await deps.deadLetters.acknowledge(settled);
    done += settled.length;
  }
  return { done, failed };
}

/** Whether the message can go; one that cannot comes back after its deadline. */
async function settle({ data }: QueuedMessage, deps: DrainDeps): Promise<boolean> {
  const request = parseValidationRequest(data);
  if (!request) {
    deps.log.warn('dead-letter-not-ours');
    return true;
  }
  try {
    await giveUp(request, deps);
    return true;
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'version_conflict') return true; // changed meanwhile: not given up
    deps.log.error('dead-letter-not-settled', { org: request.org, providerKey: request.provider_key, error });
    return false;
  }
}

async function giveUp(request: ValidationRequest, { store, clock, log }: DrainDeps): Promise<void> {
  const { org, provider_key: providerKey, request_id: requestId } = request;
  const row = await store.findSealed(org, providerKey);
  if (!isLive(row) || row.credential_id !== request.credential_id || !isUnjudged(row, request)) return;
  const checks = [...(lastCheckOf(row)?.checks ?? []).filter(({ id }) => id !== GIVEN_UP.id), GIVEN_UP];
  const check = { outcome: 'provider_error', at: clock.now().toISOString(), checks } as const;
  const given = await store.replace(row, givenUpRow(row, check));
  await recordChange({ store, log }, given, {
    action: 'given_up',
    actor: ACTOR,
    requestId,
    from: row.validation_status,
    outcome: check.outcome,
    fingerprint: subjectOf(row).fingerprint,
  });
  log.warn('validation-given-up', { org, providerKey, version: given.version });
}

/** Still without the verdict that the message asked for. */
function isUnjudged(row: IntegrationRow, { version }: ValidationRequest): boolean {
  const check = lastCheckOf(row);
  if (awaitsTest(row)) return check?.given_up !== true;
  return row.version === version || (check !== null && !isVerdict(check.outcome) && check.given_up !== true);
}
