import type { Endpoints } from '../cloud.ts';
import type { Iam } from '../iam/iam.ts';
import type { ServiceContext } from '../kit/contracts.ts';
import { awsSubjects } from '../topology.ts';
import { anthropic, anthropicCases, newAnthropicSecret, type AnthropicKind, type AnthropicState } from './anthropic.ts';
import { startAwsSandbox } from './aws/aws-sandbox.ts';
import { startAzure } from './azure/azure-sandbox.ts';
import { CaseStore } from './case-store.ts';
import { expectation, type SandboxCase, type SandboxCases } from './cases.ts';
import { deepSeek, deepSeekCases, newDeepSeekSecret, type DeepSeekState } from './deepseek.ts';
import { gcpCases } from './gcp-cases.ts';
import { gemini, geminiCases, newGeminiSecret, type GeminiKind, type GeminiState } from './gemini.ts';
import { startOciSandbox } from './oci/oci-sandbox.ts';
import { openAiCases } from './openai-cases.ts';
import { newOpenAiSecret, openAi, type OpenAiKind, type OpenAiState } from './openai.ts';
import { startKeySandbox, type ProviderSandbox } from './provider-sandbox.ts';
import { SandboxKeys } from './sandbox-keys.ts';
import { newSlackToken, slack, slackCases, type SlackKind, type SlackState } from './slack.ts';

export interface Sandboxes {
  /** A provider's real host to the address of its stand-in. */
  readonly providerEndpoints: Readonly<Record<string, string>>;
  /** Credentials of an organisation for every verdict; made at first use, the same after a restart. */
  cases(org: string): Promise<SandboxCases>;
  close(): Promise<void>;
}

export interface SandboxDeps {
  readonly iam: Iam;
  readonly endpoints: Pick<Endpoints, 'bigquery'>;
}

/** Stand-ins of the providers on the wire, and credentials that they know. */
export async function startSandboxes(context: ServiceContext, { iam, endpoints }: SandboxDeps): Promise<Sandboxes> {
  const store = new CaseStore(context.db);
  const standIns = await Promise.all([
    ...startKeySandboxes(context),
    startAwsSandbox(context, {
      claimsOf: (idToken) => iam.internals.signer.claims(idToken),
      trustedSubjects: () => awsSubjects(iam, context.projectId),
    }),
    startAzure(context),
    startOciSandbox(context),
  ]);
  const makers: ProviderSandbox['cases'] = {
    gcp: (org) =>
      gcpCases(org, { iam, clock: context.clock, bigQuery: endpoints.bigquery, platformProject: context.projectId }),
    ...Object.assign({}, ...standIns.map(({ cases }) => cases)),
    canva: () => ({ valid: byHand('Teams', '10.00') }),
    'chatgpt-plus': () => ({ valid: byHand('Business', '25.00') }),
  };
  return {
    providerEndpoints: Object.assign({}, ...standIns.map((standIn) => standIn.endpoints)) as Record<string, string>,
    cases: (org) => store.get(org, Object.keys(makers), (slug) => makers[slug]!(org)),
    async close() {
      await Promise.all(standIns.map((standIn) => standIn.close()));
    },
  };
}

function startKeySandboxes(context: ServiceContext): Promise<ProviderSandbox>[] {
  const { db } = context;
  return [
    startKeySandbox(
      context,
      'api.openai.com',
      openAi,
      new SandboxKeys<OpenAiKind, OpenAiState>(db, 'openai', newOpenAiSecret),
      openAiCases,
    ),
    startKeySandbox(
      context,
      'api.anthropic.com',
      anthropic,
      new SandboxKeys<AnthropicKind, AnthropicState>(db, 'anthropic', newAnthropicSecret),
      anthropicCases,
    ),
    startKeySandbox(
      context,
      'generativelanguage.googleapis.com',
      gemini,
      new SandboxKeys<GeminiKind, GeminiState>(db, 'gemini', newGeminiSecret),
      geminiCases,
    ),
    startKeySandbox(
      context,
      'api.deepseek.com',
      deepSeek,
      new SandboxKeys<'api', DeepSeekState>(db, 'deepseek', newDeepSeekSecret),
      deepSeekCases,
    ),
    startKeySandbox(
      context,
      'slack.com',
      slack,
      new SandboxKeys<SlackKind, SlackState>(db, 'slack', newSlackToken),
      (keys) => slackCases(keys, byHand('Business+', '12.50')),
    ),
  ];
}

/** What a person enters: nothing to judge. */
function byHand(plan: string, unitPrice: string): SandboxCase {
  const cycle = { billing_cycle: 'monthly', start_date: '2026-01-01' };
  const metadata = { plan, seats: 42, unit_price: unitPrice, currency: 'USD', ...cycle };
  return { metadata, expect: expectation('accepted') };
}
