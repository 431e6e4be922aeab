import { setTimeout as delay } from 'node:timers/promises';
import type { CallJournal, Fault, Faults } from '../kit/contracts.ts';
import type { Deliveries, Handout, Subscriber } from './deliveries.ts';
import { postPush, pushBody, type PushOutcome } from './push-request.ts';
import type { PushConfig, SubscriptionMessage } from './settings.ts';

export interface PusherDeps {
  readonly deliveries: Deliveries;
  readonly faults: Faults;
  readonly journal: CallJournal;
  idToken(email: string, audience: string): Promise<string>;
}

/** Answers by which an endpoint takes a message over. */
const ACK_STATUS = new Set([102, 200, 201, 202, 204]);
/** Pushes of one subscription under way at once. */
const MAX_PUSHES = 16;
/** After a restart, endpoints of the same machine may open a little later than this service. */
const RESTART_GRACE_MS = 30_000;
const RESTART_REST_MS = 500;
/** How long `close` waits for endpoints that are still at work. */
const CLOSE_WAIT_MS = 10_000;

/** Pushes the messages of one subscription to its endpoint, some at a time. */
export class Pusher implements Subscriber {
  readonly #name: string;
  readonly #deps: PusherDeps;
  readonly #underWay = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #isWoken = false;
  #isClosed = false;

  readonly #graceEndsMs: number;

  constructor(name: string, deps: PusherDeps, isRestored: boolean) {
    this.#name = name;
    this.#deps = deps;
    this.#graceEndsMs = isRestored ? performance.now() + RESTART_GRACE_MS : 0;
  }

  /** Many wakes in one turn make one look at the queue. */
  wake(): void {
    if (this.#isWoken || this.#isClosed) return;
    this.#isWoken = true;
    setImmediate(() => {
      this.#isWoken = false;
      this.#pump();
    });
  }

  /** Takes nothing more and waits for the endpoints; what is cut off stays unacknowledged. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const timer = setTimeout(() => this.#abort.abort(), CLOSE_WAIT_MS);
    await Promise.all(this.#underWay);
    clearTimeout(timer);
  }

  #pump(): void {
    const { deliveries } = this.#deps;
    const subscription = this.#isClosed ? undefined : deliveries.store.subscription(this.#name);
    const room = MAX_PUSHES - this.#underWay.size;
    if (!subscription?.pushConfig || room <= 0) return;
    for (const handout of deliveries.take(subscription, room, null)) {
      const push = this.#push(subscription, subscription.pushConfig, handout).finally(() => {
        this.#underWay.delete(push);
        this.wake();
      });
      this.#underWay.add(push);
    }
  }

  async #push(subscription: SubscriptionMessage, config: PushConfig, handout: Handout): Promise<void> {
    const { deliveries, journal } = this.#deps;
    const { status, isRefused } = await this.#post(subscription, config, handout);
    const caller = config.oidcToken?.serviceAccountEmail ?? 'anonymous';
    journal.record({ service: 'pubsub', method: 'push', caller, status });
    if (ACK_STATUS.has(status)) deliveries.ack(subscription.name, handout.ackId);
    else if (isRefused && performance.now() < this.#graceEndsMs) {
      deliveries.putBack(subscription, handout.ackId, RESTART_REST_MS);
    } else deliveries.nack(subscription, handout.ackId, restMs(handout.attempt));
  }

  async #post(subscription: SubscriptionMessage, config: PushConfig, handout: Handout): Promise<PushOutcome> {
    const fault = this.#deps.faults.next('pubsub', 'push');
    if (fault?.latency_ms) await delay(fault.latency_ms);
    if (fault?.kind === 'error' || fault?.kind === 'reset') return { status: fault.status ?? 503 };
    try {
      return await postPush({
        url: config.pushEndpoint,
        headers: await this.#authorization(config),
        body: bodyUnder(fault, pushBody(subscription, handout)),
        timeoutMs: subscription.ackDeadlineSeconds * 1000,
        signal: this.#abort.signal,
      });
    } catch (err) {
      // Without a token there is no push; the message comes back later, as after any failure.
      console.error(`push of ${subscription.name} failed`, err instanceof Error ? err.message : err);
      return { status: 503 };
    }
  }

  async #authorization({ oidcToken, pushEndpoint }: PushConfig): Promise<Record<string, string>> {
    if (!oidcToken?.serviceAccountEmail) return {};
    const token = await this.#deps.idToken(oidcToken.serviceAccountEmail, oidcToken.audience || pushEndpoint);
    return { authorization: `Bearer ${token}` };
  }
}

function bodyUnder(fault: Fault | undefined, body: string): string {
  return fault?.kind === 'garbage' ? '\u0000<garbage' : body;
}

/** Without a retry policy Google still slows down pushes to an endpoint that fails: 100 ms, doubling to 60 s. */
function restMs(attempt: number): number {
  return Math.min(100 * 2 ** Math.min(attempt - 1, 40), 60_000);
}
