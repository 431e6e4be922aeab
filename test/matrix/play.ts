import { OAuth2Client } from 'google-auth-library';
import { loadConfig } from '../../shared/platform/config.ts';
import { Secret } from '../../shared/platform/secret.ts';
import { testConnection, type TestResult } from '../../shared/providers/connection-test.ts';
import { ProviderGate } from '../../shared/providers/provider-gate.ts';
import type { OutcomeRule } from '../../shared/providers/provider-spec.ts';
import type { Provider } from '../../shared/providers/registry.ts';
import type { ExampleSet } from '../providers/examples.ts';
import type { Variant } from './expected-file.ts';
import { startStand, type Asked, type Deviation } from './stand.ts';

export interface Played {
  readonly result: TestResult;
  readonly asked: readonly Asked[];
}

export interface PlayOptions {
  readonly deviation?: Deviation;
  /** Addresses that win over the stand's. */
  readonly endpoints?: Readonly<Record<string, string>>;
  readonly limitMs?: number;
}

const clock = { now: () => new Date() };

/** Our own identity, as the metadata server would give it. */
class OwnIdentity extends OAuth2Client {
  fetchIdToken = async (audience: string): Promise<string> => `header.${audience}.signature`;
}

/** Tests a variant's credential against a provider that answers well, but for the deviation. */
export async function play(
  provider: Provider,
  { steps, ...given }: Variant,
  example: ExampleSet,
  { deviation, endpoints = {}, limitMs }: PlayOptions = {},
): Promise<Played> {
  const stand = await startStand(steps, deviation);
  const addresses = { ...stand.endpoints, ...endpoints };
  const labels = Object.entries(addresses).filter(([host]) => host.endsWith('.googleapis.com'));
  const config = loadConfig({
    PROJECT_ID: 'test-project',
    KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
    PROVIDER_ENDPOINTS: JSON.stringify(addresses),
    GOOGLE_API_ENDPOINTS: JSON.stringify(Object.fromEntries(labels.map(([host, url]) => [host.split('.')[0], url]))),
  });
  const auth = new OwnIdentity();
  auth.setCredentials({ access_token: 'own-identity' });
  const subject = {
    org: 'acme',
    provider,
    credentials: Secret.of(given.credentials ?? example.credentials ?? {}),
    metadata: given.metadata ?? example.metadata ?? {},
    expiresAt: null,
  };
  const gate = new ProviderGate(async () => undefined);
  try {
    const deps = { platform: { config, clock, auth }, gate, ...(limitMs === undefined ? {} : { limitMs }) };
    return { result: await testConnection(subject, deps), asked: stand.asked };
  } finally {
    await stand.close();
  }
}

/** The provider, with rules that tell when they decide. */
export function watched(provider: Provider, onHit: (rule: OutcomeRule) => void): Provider {
  const copyOf = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copyOf);
    if (typeof value !== 'object' || value === null) return value;
    return 'outcome' in value && 'status' in value
      ? watchedRule(value as OutcomeRule, onHit)
      : Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copyOf(item)]));
  };
  return { ...provider, connection_test: copyOf(provider.connection_test) } as Provider;
}

function watchedRule(rule: OutcomeRule, onHit: (rule: OutcomeRule) => void): OutcomeRule {
  return Object.defineProperty({ ...rule }, 'outcome', {
    enumerable: true,
    get() {
      onHit(rule);
      return rule.outcome;
    },
  });
}
