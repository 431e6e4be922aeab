import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { IdempotencyStore, KeyedRequest, KeyRecord } from '../../shared/credentials/idempotency-store.ts';
import type { Answer } from '../../shared/http/edge.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import { remainingMs, withinMs } from '../../shared/platform/deadline.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import type { Logger } from '../../shared/platform/log.ts';

export interface OnceDeps {
  readonly keys: Pick<IdempotencyStore, 'find' | 'claim' | 'reclaim' | 'finish'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A request is over long before; its process died, and so did its claim. */
const ABANDONED_MS = 60_000;
const PAUSE_MS = 200;
/** What is left of the request's time for its answer, milliseconds. */
const RESERVE_MS = 1_500;
/** A caller may have waited longer for its verdict than a request may take otherwise. */
const FINISH_LIMIT_MS = 2_500;

/**
 * Carries out a request once under its Idempotency-Key; whoever repeats it gets the first answer.
 *
 * A request that failed has used up nothing: its key is free for another try.
 *
 * @throws ServiceError `idempotency_key_reused` when the key belongs to another request, `version_conflict` while the first
 * one is still under way, and whatever `carryOut` throws.
 */
export async function once(
  request: KeyedRequest,
  toAnswer: (status: number, body: unknown) => Answer,
  carryOut: () => Promise<Answer>,
  deps: OnceDeps,
): Promise<Answer> {
  const claim = randomUUID();
  const former = await holdKey(request, claim, deps);
  if (former) return toAnswer(former.status ?? 0, former.body);
  try {
    const answer = await carryOut();
    await finish(request, claim, answer.status, answer.body, deps);
    return answer;
  } catch (err) {
    await finish(request, claim, err instanceof ServiceError ? err.httpStatus : 500, undefined, deps);
    throw err;
  }
}

/** Waits until the key is ours (undefined), or its request has been answered. */
async function holdKey(
  request: KeyedRequest,
  claim: string,
  { keys, clock }: OnceDeps,
): Promise<KeyRecord | undefined> {
  let record = (await keys.find(request)) ?? (await keys.claim(request, claim));
  for (;;) {
    if (record.claim === claim) return undefined;
    const isFailed = record.status !== null && record.body === undefined;
    if (!isFailed && record.requestHash !== request.requestHash) throw reused();
    if (record.body !== undefined) return record;
    const isFree = isFailed || isAbandoned(record, clock.now());
    if (isFree && (await keys.reclaim(request, record, claim))) return undefined;
    if (remainingMs() < RESERVE_MS) throw underWay();
    await delay(PAUSE_MS);
    record = (await keys.find(request)) ?? record;
  }
}

function isAbandoned({ createdAt }: KeyRecord, now: Date): boolean {
  return now.getTime() - new Date(createdAt).getTime() > ABANDONED_MS;
}

/** The request is done; that its answer cannot be kept only means that a repetition finds out by itself. */
async function finish(
  request: KeyedRequest,
  claim: string,
  status: number,
  body: unknown,
  { keys, log }: OnceDeps,
): Promise<void> {
  await withinMs(FINISH_LIMIT_MS, () => keys.finish(request, claim, status, body)).catch((error: unknown) => {
    log.warn('idempotency-key-not-finished', { org: request.org, error });
  });
}

function reused(): ServiceError {
  return new ServiceError(
    'idempotency_key_reused',
    'This Idempotency-Key was used for another request within 24 hours; make a new key for a new request',
  );
}

function underWay(): ServiceError {
  return new ServiceError('version_conflict', 'The first request with this Idempotency-Key is under way; try again', {
    retryAfterSeconds: 2,
  });
}
