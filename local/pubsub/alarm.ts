/** Longest timer that Node takes without overflow is 24 days; an hour is plenty to look again. */
const MAX_SLEEP_MS = 3_600_000;

/** One timer for the next thing that comes due; it sleeps when nothing does. */
export class Alarm {
  readonly #sleepMs: () => number | undefined;
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(sleepMs: () => number | undefined, ring: () => void) {
    this.#sleepMs = sleepMs;
    this.#ring = ring;
  }

  /** Sets the timer anew; called after anything that may change what is next. */
  set(): void {
    clearTimeout(this.#timer);
    const sleepMs = this.#sleepMs();
    if (sleepMs === undefined || this.#isStopped) return;
    this.#timer = setTimeout(
      () => {
        this.#ring();
        this.set();
      },
      Math.min(Math.max(sleepMs, 1), MAX_SLEEP_MS),
    );
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }
}
