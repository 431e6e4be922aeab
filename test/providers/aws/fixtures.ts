import { createIam, type Iam } from '../../../local/iam/iam.ts';
import { authClientFor } from '../../../local/iam/auth-client.ts';
import { startAwsSandbox, type AwsSandbox } from '../../../local/sandbox/aws/aws-sandbox.ts';
import type { SandboxCase } from '../../../local/sandbox/cases.ts';
import { loadConfig } from '../../../shared/platform/config.ts';
import { Secret } from '../../../shared/platform/secret.ts';
import { testConnection, type TestResult } from '../../../shared/providers/connection-test.ts';
import { ProviderGate } from '../../../shared/providers/provider-gate.ts';
import { fakeContext, type FakeContext } from '../../kit/fake-context.ts';
import { registry } from '../fixtures.ts';

export const OWN = 'validation@test-project.iam.gserviceaccount.com';

export interface AwsBench {
  readonly context: FakeContext;
  readonly iam: Iam;
  readonly sandbox: AwsSandbox;
  /** Numeric id of our service account. */
  readonly subject: string;
  case(slug: 'aws-keys' | 'aws-iam', name: string, org?: string): Promise<SandboxCase>;
  test(
    slug: 'aws-keys' | 'aws-iam',
    input: Pick<SandboxCase, 'credentials' | 'metadata'>,
    options?: TestOptions,
  ): Promise<TestResult>;
  close(): Promise<void>;
}

export interface TestOptions {
  readonly org?: string;
  /** Beyond those of the bench. */
  readonly env?: Readonly<Record<string, string>>;
  /** Addresses that win over the sandbox's. */
  readonly endpoints?: Readonly<Record<string, string>>;
  /** Told of each pause; absent: everything is asked once. */
  readonly wait?: (ms: number) => Promise<void>;
  /** How far our clock is ahead of AWS's. */
  readonly skewMs?: number;
}

/** AWS on the wire with an account of ours at Google that customers' roles trust. */
export async function startAws(file?: string): Promise<AwsBench> {
  const context = fakeContext(file);
  const { db, clock, projectId } = context;
  const iam = await createIam({ db, clock, projectId });
  const account = iam.findServiceAccount(OWN) ?? (await iam.createServiceAccount(projectId, 'validation'));
  const sandbox = await startAwsSandbox(context, {
    claimsOf: (token) => iam.internals.signer.claims(token),
    trustedSubjects: () => [account.uniqueId],
  });
  return {
    context,
    iam,
    sandbox,
    subject: account.uniqueId,
    async case(slug, name, org = 'acme') {
      const cases = await sandbox.cases[slug]!(org);
      return cases[name]!;
    },
    test: (slug, input, options = {}) => tested(slug, input, options, { context, iam, sandbox }),
    async close() {
      await sandbox.close();
      db.close();
    },
  };
}

function tested(
  slug: string,
  { credentials = {}, metadata = {} }: Pick<SandboxCase, 'credentials' | 'metadata'>,
  { org = 'acme', env = {}, endpoints = {}, wait, skewMs = 0 }: TestOptions,
  { context, iam, sandbox }: Pick<AwsBench, 'context' | 'iam' | 'sandbox'>,
): Promise<TestResult> {
  const config = loadConfig({
    PROJECT_ID: context.projectId,
    KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
    PROVIDER_ENDPOINTS: JSON.stringify({ ...sandbox.endpoints, ...endpoints }),
    ...env,
  });
  const clock = { now: () => new Date(context.clock.now().getTime() + skewMs) };
  const subject = { org, provider: registry.get(slug), credentials: Secret.of(credentials), metadata, expiresAt: null };
  const gate = new ProviderGate(async () => undefined);
  const platform = { config, clock, auth: authClientFor(iam, OWN) };
  return testConnection(subject, { platform, gate, ...(wait ? { wait } : {}) });
}

/** `identity pass` */
export function summary({ checks }: TestResult): string[] {
  return checks.map(({ id, status }) => `${id} ${status}`);
}
