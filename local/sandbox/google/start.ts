import type { Iam } from '../../iam/iam.ts';
import type { ServiceContext } from '../../kit/contracts.ts';
import { compute } from './compute.ts';
import { startGoogleApi } from './google-api.ts';
import { monitoring } from './monitoring.ts';
import { storage } from './storage.ts';

export interface CustomerApis {
  /** By the first label of the host. */
  readonly endpoints: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** The APIs of customers' projects that only inventories and metrics read. */
export async function startCustomerApis(
  context: Pick<ServiceContext, 'auth' | 'faults' | 'journal'>,
  iam: Iam,
): Promise<CustomerApis> {
  const started = await Promise.all(
    [compute, storage, monitoring].map(async (api) => [api.label, await startGoogleApi(api, context, iam)] as const),
  );
  return {
    endpoints: Object.fromEntries(started.map(([label, { url }]) => [label, url])),
    async close() {
      await Promise.all(started.map(([, server]) => server.close()));
    },
  };
}
