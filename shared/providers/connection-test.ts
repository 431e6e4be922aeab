import type { Check } from '../credentials/integration-row.ts';
import { withinMs } from '../platform/deadline.ts';
import type { Platform } from '../platform/platform.ts';
import type { Secret } from '../platform/secret.ts';
import { testDeclaratively } from './declarative-tester.ts';
import type { Credentials, Metadata } from './format-check.ts';
import { testGcp } from './gcp/gcp-tester.ts';
import type { Outcome, TesterName } from './provider-spec.ts';
import type { Provider } from './registry.ts';

/** What is tested: a credential that passed its format check. */
export interface TestSubject {
  readonly provider: Provider;
  /** Absent for a manual entry. */
  readonly credentials: Secret<Credentials> | undefined;
  readonly metadata: Metadata;
  /** What the format check found unusual. */
  readonly warnings?: readonly string[];
  /** When the user says the credential runs out; tells an expired key from a revoked one. */
  readonly expiresAt: string | null;
}

export interface TestResult {
  readonly outcome: Outcome;
  readonly checks: readonly Check[];
  readonly discovered?: Metadata;
  /** Asking again soon cannot help: no more than the daily tries are made. */
  readonly final?: true;
}

/** Told of each check as soon as it is done. */
export type Report = (check: Check) => void;

/** How a provider is tested: reports its checks and says what they come to. */
export type Tester = (
  subject: { provider: Provider; credentials: Credentials; metadata: Metadata; expiresAt: string | null },
  platform: Pick<Platform, 'config' | 'clock'>,
  report: Report,
) => Promise<Omit<TestResult, 'checks'>>;

/** The protocols that we speak; each loads with the function that tests. */
const TESTERS: Readonly<Partial<Record<TesterName, Tester>>> = { gcp: testGcp };

export interface ConnectionTestDeps {
  readonly platform: Pick<Platform, 'config' | 'clock'>;
}

/** All steps together; each call to a provider has its own, shorter limit. */
const TEST_LIMIT_MS = 45_000;

/** Tests a credential at its provider; an answer of any kind is an outcome, never an error. */
export async function testConnection(
  { provider, credentials, metadata, warnings = [], expiresAt }: TestSubject,
  { platform }: ConnectionTestDeps,
  report: Report = () => undefined,
): Promise<TestResult> {
  const checks: Check[] = [];
  const collect: Report = (check) => {
    checks.push(check);
    report(check);
  };
  if (!credentials) {
    collect({ id: 'manual_entry', status: 'pass', message: 'Entered by hand; there is nothing to test.' });
    return { outcome: 'accepted', checks };
  }
  collect(formatCheck(warnings));
  const subject = { provider, credentials: credentials.reveal(), metadata, expiresAt };
  const result = await withinMs(TEST_LIMIT_MS, () => testerOf(provider)(subject, platform, collect));
  return { ...result, checks };
}

function testerOf({ connection_test: test }: Provider): Tester {
  if (test && 'tester' in test) return TESTERS[test.tester] ?? testNothing;
  return testDeclaratively;
}

/** The provider's protocol is not spoken yet; nothing is known of the credential but its form. */
const testNothing: Tester = async ({ provider: { name } }, _platform, report) => {
  const message = `There is no live test of ${name} yet: the credential has the right form, was not tried, and stays PENDING.`;
  report({ id: 'connection', status: 'skip', message });
  return { outcome: 'unreachable', final: true };
};

function formatCheck(warnings: readonly string[]): Check {
  return warnings.length === 0
    ? { id: 'format', status: 'pass', message: 'The credential has the right form.' }
    : { id: 'format', status: 'warn', message: `${warnings.join('; ')}.` };
}
