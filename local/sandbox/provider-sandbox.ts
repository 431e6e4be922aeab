import type { ServiceContext } from '../kit/contracts.ts';
import type { ProviderCases } from './cases.ts';
import { startProvider, type ApiKeyProvider } from './provider-server.ts';
import type { SandboxKey, SandboxKeys } from './sandbox-keys.ts';

/** A provider's stand-in: where it listens in place of which hosts (`*` for one label), and credentials that it knows. */
export interface ProviderSandbox {
  readonly endpoints: Readonly<Record<string, string>>;
  /** By slug, as one stand-in may serve two kinds of credential. */
  readonly cases: Readonly<Record<string, (org: string) => ProviderCases | Promise<ProviderCases>>>;
  close(): Promise<void>;
}

/** The stand-in of a provider that knows its callers by a key. */
export async function startKeySandbox<Kind extends string, State extends string>(
  context: ServiceContext,
  host: string,
  provider: ApiKeyProvider<SandboxKey<Kind, State>>,
  keys: SandboxKeys<Kind, State>,
  cases: (keys: SandboxKeys<Kind, State>) => ProviderCases,
): Promise<ProviderSandbox> {
  const { url, close } = await startProvider(provider, keys as unknown as SandboxKeys, context);
  return { endpoints: { [host]: url }, cases: { [provider.service]: () => cases(keys) }, close };
}
