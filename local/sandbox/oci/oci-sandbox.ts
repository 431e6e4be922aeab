import type { ServiceContext } from '../../kit/contracts.ts';
import { REALM_DOMAINS } from '../../../shared/providers/oci/realms.ts';
import type { ProviderSandbox } from '../provider-sandbox.ts';
import { ociCases } from './oci-cases.ts';
import { OciKeys } from './oci-keys.ts';
import { startOciServer } from './oci-server.ts';

/** A stand-in of Oracle Cloud's identity and usage, in every region of every realm. */
export async function startOciSandbox(
  context: Pick<ServiceContext, 'clock' | 'db' | 'faults' | 'journal'>,
): Promise<ProviderSandbox> {
  const keys = new OciKeys(context.db);
  const { url, close } = await startOciServer(keys, context);
  const hosts = REALM_DOMAINS.flatMap((domain) => [`identity.*.oci.${domain}`, `usageapi.*.oci.${domain}`]);
  return {
    endpoints: Object.fromEntries(hosts.map((host) => [host, url])),
    cases: { oci: () => ociCases(keys) },
    close,
  };
}
