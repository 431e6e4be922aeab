import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emailOf } from '../../local/topology.ts';
import { authClientFor } from '../../local/iam/auth-client.ts';
import type { SandboxCase } from '../../local/sandbox/cases.ts';
import { customerProject } from '../../local/sandbox/gcp-cases.ts';
import { startSandboxes, type Sandboxes } from '../../local/sandbox/sandboxes.ts';
import { Secret } from '../../shared/platform/secret.ts';
import { checkFormat } from '../../shared/providers/format-check.ts';
import { testConnection } from '../../shared/providers/connection-test.ts';
import { askedOnce, registry } from '../providers/fixtures.ts';
import { startGoogle, type Google } from './google.ts';

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  gcp: [
    'valid',
    'wrong',
    'revoked',
    'expired',
    'insufficient_permission',
    'rate_limited',
    'unreachable',
    'provider_error',
    ...['every_capability', 'service_disabled', 'keyless', 'keyless_impersonation', 'keyless_not_granted'],
  ],
  openai: ['valid', 'wrong', 'revoked', 'insufficient_permission', 'rate_limited', 'unreachable', 'provider_error'],
  'aws-iam': [
    ...['valid', 'open_to_all', 'not_trusted', 'wrong', 'insufficient_permission'],
    ...['rate_limited', 'unreachable', 'provider_error'],
  ],
  'aws-keys': [
    ...['valid', 'session', 'wrong', 'revoked', 'expired', 'insufficient_permission'],
    ...['rate_limited', 'unreachable', 'provider_error'],
  ],
  azure: [
    ...['valid', 'wrong', 'revoked', 'expired', 'insufficient_permission'],
    ...['rate_limited', 'unreachable', 'provider_error'],
  ],
  // Oracle refuses an expired key like an unknown one, and its keys do not expire.
  oci: ['valid', 'wrong', 'revoked', 'insufficient_permission', 'rate_limited', 'unreachable', 'provider_error'],
  anthropic: ['valid', 'wrong', 'revoked', 'insufficient_permission', 'rate_limited', 'unreachable', 'provider_error'],
  gemini: [
    ...['valid', 'wrong', 'revoked', 'expired', 'insufficient_permission'],
    ...['rate_limited', 'unreachable', 'provider_error'],
  ],
  deepseek: ['valid', 'wrong', 'revoked', 'rate_limited', 'unreachable', 'provider_error'],
  canva: ['valid'],
  'chatgpt-plus': ['valid'],
  slack: [
    ...['valid', 'token_valid', 'wrong', 'revoked', 'expired', 'insufficient_permission'],
    ...['rate_limited', 'unreachable', 'provider_error'],
  ],
};

const VALIDATION = emailOf('validation', 'ours');

describe('sandbox cases', () => {
  let dataDir: string;
  let google: Google;
  let sandboxes: Sandboxes;

  const start = async (): Promise<void> => {
    google = await startGoogle(join(dataDir, 'cloud.sqlite'));
    if (!google.iam.findServiceAccount(VALIDATION)) await google.iam.createServiceAccount('ours', 'validation');
    sandboxes = await startSandboxes(google.context, { iam: google.iam, endpoints: { bigquery: google.bigQuery } });
  };
  const stop = async (): Promise<void> => {
    await sandboxes.close();
    await google.close();
  };

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'sandbox-'));
    await start();
  });
  after(async () => {
    await stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** What the product's own test says about a case. */
  async function outcomeOf(slug: string, { credentials, metadata = {} }: SandboxCase): Promise<string> {
    const endpoints = { providers: sandboxes.providerEndpoints, googleApis: google.googleApis };
    const provider = registry.get(slug);
    checkFormat(registry, provider, { credentials: credentials && Secret.of(credentials), metadata });
    const subject = {
      provider,
      credentials: credentials ? Secret.of(credentials) : undefined,
      metadata,
      org: 'acme',
      expiresAt: null,
    };
    // Customers' AWS roles trust the identity of the validation function.
    const auth = authClientFor(google.iam, slug === 'aws-iam' ? VALIDATION : google.iam.operator.email);
    const platform = { clock: google.context.clock, config: { endpoints, projectId: 'ours' }, auth };
    return (await testConnection(subject, askedOnce(platform))).outcome;
  }

  it('has every case that a provider can answer', async () => {
    const { providers } = await sandboxes.cases('acme');
    for (const [slug, names] of Object.entries(REQUIRED)) {
      for (const name of names) assert.ok(providers[slug]?.[name], `${slug} ${name}`);
    }
  });

  it('promises what our own connection tests come to', async () => {
    const { providers } = await sandboxes.cases('acme');
    for (const [slug, cases] of Object.entries(providers)) {
      for (const [name, sandboxCase] of Object.entries(cases)) {
        assert.equal(await outcomeOf(slug, sandboxCase), sandboxCase.expect.outcome, `${slug} ${name}`);
      }
    }
  });

  it('gives whole key files that name the token endpoint of Google', async () => {
    const { providers } = await sandboxes.cases('acme');
    for (const { credentials } of Object.values(providers['gcp'] ?? {})) {
      if (credentials?.['type'] === 'workload_identity') continue;
      assert.equal(credentials?.['type'], 'service_account');
      assert.equal(credentials?.['token_uri'], 'https://oauth2.googleapis.com/token');
    }
  });

  it('gives the same answer to several at once, and after a restart', async () => {
    const [first, second] = await Promise.all([sandboxes.cases('globex'), sandboxes.cases('globex')]);
    assert.deepEqual(first, second);
    await stop();
    await start();
    assert.deepEqual(await sandboxes.cases('globex'), first);
    assert.equal(await outcomeOf('openai', first.providers['openai']!['valid']!), 'accepted');
    assert.equal(await outcomeOf('gcp', first.providers['gcp']!['valid']!), 'accepted');
  });

  it('shares no credential between organisations', async () => {
    const [acme, globex] = await Promise.all([sandboxes.cases('acme'), sandboxes.cases('globex')]);
    assert.notDeepEqual(acme.providers['openai'], globex.providers['openai']);
    assert.notEqual(
      acme.providers['gcp']?.['valid']?.credentials?.['client_email'],
      globex.providers['gcp']?.['valid']?.credentials?.['client_email'],
    );
  });

  for (const org of ['abc', 'acme_', 'a2345678901234567890123456789012345678901234567890'.slice(0, 50)]) {
    it(`finds a valid project id for ${org}`, () => {
      assert.match(customerProject(org), /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/);
    });
  }
});
