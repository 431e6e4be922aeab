import type { AuthClient } from 'google-auth-library';
import type { Config } from '../platform/config.ts';
import type { Clock } from '../platform/clock.ts';
import { remainingMs } from '../platform/deadline.ts';
import type { Check } from '../credentials/integration-row.ts';
import { isVerdict } from '../credentials/lifecycle.ts';
import type { Report, TestSubject } from './connection-test.ts';
import type { Credentials } from './format-check.ts';
import { AGAIN, fillTexts, NEXT_TIME, type Places } from './check-texts.ts';
import { judge, unanswered, type Finding, type JudgeContext } from './judge.ts';
import type { ProviderGate, Wait } from './provider-gate.ts';
import { NoAnswerError, type ProviderAnswer } from './provider-http.ts';
import type { CheckSpec } from './provider-spec.ts';

/** Whoever asks for a longer pause gets it from the next delivery; a person waits for the verdict of this one. */
const LONGEST_PAUSE_MS = 6_000;

/** What a tester runs on. */
export interface TestPlatform {
  readonly config: Config;
  readonly clock: Clock;
  readonly auth?: AuthClient;
}

/** What a check came to; with the answer that an accepted one brought. */
export interface CheckResult extends Finding {
  readonly answer?: ProviderAnswer;
  /** Refused, and the registry does not call the check optional: the test ends here. */
  readonly isFatal: boolean;
}

export interface AskOptions {
  /** Real host, or whatever else the provider counts requests by. */
  readonly host: string;
  /** For the places in the table's texts. */
  readonly places?: Places;
  /** Tells checks of one kind apart in the report: `table_access:billing_export_table`. */
  readonly of?: string;
}

export interface TestRunOptions {
  readonly subject: Pick<TestSubject, 'org' | 'provider' | 'expiresAt'>;
  readonly credentials: Credentials;
  readonly fingerprint: string;
  readonly platform: TestPlatform;
  readonly report: Report;
  readonly gate: ProviderGate;
  /** Absent: every question is asked once. */
  readonly wait?: Wait | undefined;
  readonly isDryRun?: boolean | undefined;
}

/** One test of one credential: asks within the provider's limits, again where that can help, and judges by the registry. */
export class TestRun {
  readonly platform: TestPlatform;
  readonly #options: TestRunOptions;

  constructor(options: TestRunOptions) {
    this.platform = options.platform;
    this.#options = options;
  }

  get endpoints(): Config['endpoints'] {
    return this.platform.config.endpoints;
  }

  /** Asks, judges and reports a check of the registry's `checks`. */
  check(id: string, ask: () => Promise<ProviderAnswer>, options: AskOptions): Promise<CheckResult> {
    return this.checkBy(this.#specOf(id), ask, options);
  }

  async checkBy(spec: CheckSpec, ask: () => Promise<ProviderAnswer>, options: AskOptions): Promise<CheckResult> {
    const result = await this.look(spec, ask, options);
    const id = options.of === undefined ? spec.id : `${spec.id}:${options.of}`;
    this.report({ id, ...result.check });
    return result;
  }

  /** Asks and judges, and leaves the report to the caller. */
  async look(
    check: CheckSpec | string,
    ask: () => Promise<ProviderAnswer>,
    { host, places = {} }: AskOptions,
  ): Promise<CheckResult> {
    const spec = typeof check === 'string' ? this.#specOf(check) : check;
    const { wait, subject } = this.#options;
    const { max, backoff_seconds } = subject.provider.retry;
    for (let tries = 0; ; tries += 1) {
      const found = await this.#once(spec, ask, host, places);
      const pauseMs = Math.max(backoff_seconds * 1000, found.retryAfterMs ?? 0);
      const isWorthIt = found.canHeal && tries < max && pauseMs <= Math.min(LONGEST_PAUSE_MS, remainingMs());
      if (!wait || !isWorthIt) return this.#weighed(spec, found);
      await wait(pauseMs);
    }
  }

  /** Reports what came of asking, or a check that asked nobody. */
  report({ id, status, ...texts }: Check): void {
    const again = this.#options.isDryRun ? AGAIN.dryRun : AGAIN.stored;
    this.#options.report({ id, status, ...fillTexts(texts, again) });
  }

  async #once(
    { outcomes }: CheckSpec,
    ask: () => Promise<ProviderAnswer>,
    host: string,
    places: Places,
  ): Promise<Omit<CheckResult, 'isFatal'>> {
    const { gate, subject, fingerprint, platform } = this.#options;
    // Google Cloud stands for itself; `AWS (access keys)` is a way in, and AWS is who answers.
    const name = subject.provider.name.replace(/ \(.*\)$/, '');
    const context: JudgeContext = { name, places, now: platform.clock.now() };
    try {
      const answer = await gate.pass({ org: subject.org, provider: subject.provider, fingerprint, host }, ask);
      const finding = judge(outcomes, answer, context);
      return finding.outcome === 'accepted' ? { ...finding, answer } : finding;
    } catch (err) {
      if (!(err instanceof NoAnswerError)) throw err;
      return unanswered(err, context);
    }
  }

  #weighed(spec: CheckSpec, found: Omit<CheckResult, 'isFatal'>): CheckResult {
    const result = found.outcome === 'rejected' && this.#hasRunOut() ? asExpired(found) : found;
    const isRefused = result.outcome !== 'accepted';
    const isUndecided = spec.undecided === 'warn' && !isVerdict(result.outcome);
    const isSpared = isRefused && (isUndecided || this.#isOptional(spec));
    const check = isSpared && result.check.status === 'fail' ? sparedCheck(result) : result.check;
    return { ...result, check, isFatal: isRefused && !isSpared };
  }

  #hasRunOut(): boolean {
    const { subject, platform } = this.#options;
    return subject.expiresAt !== null && new Date(subject.expiresAt) <= platform.clock.now();
  }

  #isOptional({ optional, optional_unless: condition }: CheckSpec): boolean {
    if (optional || !condition) return optional === true;
    return !new RegExp(condition.pattern, 'u').test(this.#options.credentials[condition.field] ?? '');
  }

  #specOf(id: string): CheckSpec {
    const { connection_test: test, key } = this.#options.subject.provider;
    const spec = test && 'checks' in test ? test.checks.find((check) => check.id === id) : undefined;
    if (!spec) throw new Error(`The registry has no check ${id} of ${key}`);
    return spec;
  }
}

/** Nobody has to mend what only the provider or the network can. */
function sparedCheck({ outcome, check }: Finding): Finding['check'] {
  return { ...check, status: 'warn', ...(isVerdict(outcome) ? {} : { remedy: NEXT_TIME }) };
}

/** What ended or spoiled a test: a verdict is certain and goes before what could not be found out. */
export function worst(results: readonly CheckResult[]): CheckResult | undefined {
  const fatal = results.filter(({ isFatal }) => isFatal);
  return fatal.find(({ outcome }) => isVerdict(outcome)) ?? fatal[0];
}

/** Providers answer the same for expired and unknown keys; the stated expiry tells them apart. */
function asExpired<T extends Finding>(found: T): T {
  const message = 'The credential is refused, and its stated expiry has passed.';
  return { ...found, outcome: 'expired', check: { ...found.check, message } };
}
