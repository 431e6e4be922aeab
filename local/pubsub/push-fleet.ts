import { Pusher, type PusherDeps } from './pusher.ts';

/** One pusher for each subscription that ever had a push endpoint. */
export class PushFleet {
  readonly #deps: PusherDeps;
  readonly #pushers = new Map<string, Pusher>();

  constructor(deps: PusherDeps) {
    this.#deps = deps;
  }

  start(): void {
    for (const { name } of this.#deps.deliveries.store.everySubscription()) this.refresh(name, true);
  }

  /** Follows a subscription that was made, altered or deleted; a pusher without an endpoint just rests. */
  refresh(name: string, isRestored = false): void {
    const { deliveries } = this.#deps;
    if (deliveries.store.subscription(name)?.pushConfig && !this.#pushers.has(name)) {
      const pusher = new Pusher(name, this.#deps, isRestored);
      this.#pushers.set(name, pusher);
      deliveries.attach(name, pusher);
    }
    deliveries.wake([name]);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pushers.values()].map((pusher) => pusher.close()));
  }
}
