import type { Check } from '../credentials/integration-row.ts';
import { fingerprint } from '../credentials/fingerprint.ts';
import { withinMs } from '../platform/deadline.ts';
import type { Secret } from '../platform/secret.ts';
import { testAzure } from './azure/azure-tester.ts';
import { testDeclaratively } from './declarative-tester.ts';
import type { Credentials, Metadata } from './format-check.ts';
import { testGcp } from './gcp/gcp-tester.ts';
import { testOci } from './oci/oci-tester.ts';
import type { ProviderGate, Wait } from './provider-gate.ts';
import type { Outcome, TesterName } from './provider-spec.ts';
import type { Provider } from './registry.ts';
import { TestRun, type TestPlatform } from './test-run.ts';

/** What is tested: a credential that passed its format check. */
export interface TestSubject {
  /** Whose it is: identities of ours that stand for one organisation never speak for another. */
  readonly org: string;
  readonly provider: Provider;
  /** Absent for a manual entry. */
  readonly credentials: Secret<Credentials> | undefined;
  readonly metadata: Metadata;
  /** What the format check found unusual. */
  readonly warnings?: readonly string[];
  /** When the user says the credential runs out; tells an expired key from a revoked one. */
  readonly expiresAt: string | null;
  /** What an earlier test found out. */
  readonly discovered?: Metadata;
}

export interface TestResult {
  readonly outcome: Outcome;
  readonly checks: readonly Check[];
  readonly discovered?: Metadata;
  /** The provider wants to be left alone for so long. */
  readonly retryAfterMs?: number;
}

/** Told of each check as soon as it is done. */
export type Report = (check: Check) => void;

/** How a provider is tested: asks through the run, which reports its checks, and says what they come to. */
export type Tester = (
  subject: {
    org: string;
    provider: Provider;
    credentials: Credentials;
    metadata: Metadata;
    /** Of an earlier test. */
    discovered?: Metadata;
  },
  run: TestRun,
) => Promise<Omit<TestResult, 'checks'>>;

/** The protocols that are more than a key in a header. */
const TESTERS: Readonly<Record<TesterName, Tester>> = {
  gcp: testGcp,
  // Loaded by those who test AWS, as its client is large.
  aws: async (subject, run) => (await import('./aws/aws-tester.ts')).testAws(subject, run),
  azure: testAzure,
  oci: testOci,
};

export interface ConnectionTestDeps {
  readonly platform: TestPlatform;
  /** One for all tests of the instance. */
  readonly gate: ProviderGate;
  /** How to pause before asking again; absent: everything is asked once. */
  readonly wait?: Wait;
  /** Nothing is stored, and nothing tried again later. */
  readonly isDryRun?: boolean;
  /** How long all steps of a test may take together, milliseconds. */
  readonly limitMs?: number;
}

/** All steps together; each call to a provider has its own, shorter limit. */
const TEST_LIMIT_MS = 45_000;

/** Tests a credential at its provider; an answer of any kind is an outcome, never an error. */
export async function testConnection(
  { org, provider, credentials, metadata, warnings = [], expiresAt, discovered = {} }: TestSubject,
  deps: ConnectionTestDeps,
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
  const plain = credentials.reveal();
  const subject = { org, provider, expiresAt };
  const run = new TestRun({ ...deps, subject, credentials: plain, fingerprint: fingerprint(plain), report: collect });
  const tester = testerOf(provider);
  const result = await withinMs(deps.limitMs ?? TEST_LIMIT_MS, () =>
    tester({ org, provider, credentials: plain, metadata, discovered }, run),
  );
  return { ...result, checks };
}

function testerOf({ connection_test: test }: Provider): Tester {
  return test && 'tester' in test ? TESTERS[test.tester] : testDeclaratively;
}

function formatCheck(warnings: readonly string[]): Check {
  return warnings.length === 0
    ? { id: 'format', status: 'pass', message: 'The credential has the right form.' }
    : { id: 'format', status: 'warn', message: `${warnings.join('; ')}.` };
}
