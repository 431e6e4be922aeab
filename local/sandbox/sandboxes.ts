import type { Endpoints } from '../cloud.ts';
import type { Iam } from '../iam/iam.ts';
import type { ServiceContext } from '../kit/contracts.ts';
import { CaseStore } from './case-store.ts';
import { expectation, type ProviderCases, type SandboxCases } from './cases.ts';
import { gcpCases } from './gcp-cases.ts';
import { openAiCases } from './openai-cases.ts';
import { startOpenAi } from './openai.ts';

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
  const openAi = await startOpenAi(context);
  const store = new CaseStore(context.db);
  const make = async (org: string): Promise<SandboxCases> => ({
    providers: {
      gcp: await gcpCases(org, { iam, clock: context.clock, bigQuery: endpoints.bigquery }),
      openai: openAiCases(openAi.keys),
      slack: SLACK,
    },
  });
  return {
    providerEndpoints: { 'api.openai.com': openAi.url },
    cases: (org) => store.get(org, () => make(org)),
    close: () => openAi.close(),
  };
}

/** Entered by hand: nothing to judge. */
const SLACK: ProviderCases = {
  valid: {
    metadata: {
      plan: 'Business+',
      seats: 42,
      unit_price: '12.50',
      currency: 'USD',
      billing_cycle: 'monthly',
      start_date: '2026-01-01',
    },
    expect: expectation('accepted'),
  },
};
