import type { Endpoints } from '../cloud.ts';
import type { Iam } from '../iam/iam.ts';
import type { ServiceContext } from '../kit/contracts.ts';
import { anthropic, anthropicCases, newAnthropicSecret, type AnthropicKind, type AnthropicState } from './anthropic.ts';
import { CaseStore } from './case-store.ts';
import { expectation, type ProviderCases, type SandboxCase, type SandboxCases } from './cases.ts';
import { deepSeek, deepSeekCases, newDeepSeekSecret, type DeepSeekState } from './deepseek.ts';
import { gcpCases } from './gcp-cases.ts';
import { gemini, geminiCases, newGeminiSecret, type GeminiKind, type GeminiState } from './gemini.ts';
import { openAiCases } from './openai-cases.ts';
import { newOpenAiSecret, openAi, type OpenAiKind, type OpenAiState } from './openai.ts';
import { startProvider, type ProviderServer } from './provider-server.ts';
import { SandboxKeys } from './sandbox-keys.ts';
import { newSlackToken, slack, slackCases, type SlackState } from './slack.ts';
import { awsKeysCase, awsRoleCase, azureCase, ociCase } from './untested-cases.ts';

/** A provider's stand-in: where it listens in place of which hosts (`*` for one label), and credentials that it knows. */
export interface ProviderSandbox {
  readonly endpoints: Readonly<Record<string, string>>;
  /** By slug, as one stand-in may serve two kinds of credential. */
  readonly cases: Readonly<Record<string, (org: string) => ProviderCases | Promise<ProviderCases>>>;
  close(): Promise<void>;
}

export interface Sandboxes {
  /** A provider's real host to the address of its stand-in. */
  readonly providerEndpoints: Readonly<Record<string, string>>;
  /** Credentials of an organisation for every verdict; made at first use, the same after a restart. */
  cases(org: string): Promise<SandboxCases>;
  close(): Promise<void>;
}

/** Stand-ins of the providers on the wire, and credentials that they know. */
export async function startSandboxes(
  context: ServiceContext,
  { iam, endpoints }: { iam: Iam; endpoints: Pick<Endpoints, 'bigquery'> },
): Promise<Sandboxes> {
  const keys = allKeys(context.db);
  const servers = await startServers(context, keys);
  const store = new CaseStore(context.db);
  const makers: Readonly<Record<string, (org: string) => ProviderCases | Promise<ProviderCases>>> = {
    gcp: (org) => gcpCases(org, { iam, clock: context.clock, bigQuery: endpoints.bigquery }),
    'aws-iam': () => ({ valid: awsRoleCase() }),
    'aws-keys': () => ({ valid: awsKeysCase() }),
    azure: () => ({ valid: azureCase() }),
    oci: async () => ({ valid: await ociCase() }),
    openai: () => openAiCases(keys.openAi),
    anthropic: () => anthropicCases(keys.anthropic),
    gemini: () => geminiCases(keys.gemini),
    deepseek: () => deepSeekCases(keys.deepSeek),
    canva: () => ({ valid: byHand('Teams', '10.00') }),
    'chatgpt-plus': () => ({ valid: byHand('Business', '25.00') }),
    slack: () => slackCases(keys.slack, byHand('Business+', '12.50')),
  };
  return {
    providerEndpoints: Object.fromEntries(Object.entries(servers).map(([host, { url }]) => [host, url])),
    cases: (org) => store.get(org, Object.keys(makers), (slug) => makers[slug]!(org)),
    async close() {
      await Promise.all(Object.values(servers).map((server) => server.close()));
    },
  };
}

type Keys = ReturnType<typeof allKeys>;

function allKeys(db: ServiceContext['db']) {
  return {
    openAi: new SandboxKeys<OpenAiKind, OpenAiState>(db, 'openai', newOpenAiSecret),
    anthropic: new SandboxKeys<AnthropicKind, AnthropicState>(db, 'anthropic', newAnthropicSecret),
    gemini: new SandboxKeys<GeminiKind, GeminiState>(db, 'gemini', newGeminiSecret),
    deepSeek: new SandboxKeys<'api', DeepSeekState>(db, 'deepseek', newDeepSeekSecret),
    slack: new SandboxKeys<'bot', SlackState>(db, 'slack', newSlackToken),
  };
}

async function startServers(context: ServiceContext, keys: Keys): Promise<Record<string, ProviderServer>> {
  return {
    'api.openai.com': await startProvider(openAi, keys.openAi, context),
    'api.anthropic.com': await startProvider(anthropic, keys.anthropic, context),
    'generativelanguage.googleapis.com': await startProvider(gemini, keys.gemini, context),
    'api.deepseek.com': await startProvider(deepSeek, keys.deepSeek, context),
    'slack.com': await startProvider(slack, keys.slack, context),
  };
}

/** What a person enters: nothing to judge. */
function byHand(plan: string, unitPrice: string): SandboxCase {
  const cycle = { billing_cycle: 'monthly', start_date: '2026-01-01' };
  const metadata = { plan, seats: 42, unit_price: unitPrice, currency: 'USD', ...cycle };
  return { metadata, expect: expectation('accepted') };
}
