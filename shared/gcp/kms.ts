import { KeyManagementServiceClient } from '@google-cloud/kms';
import type { Platform } from '../platform/platform.ts';
import { restEndpoint } from './endpoint.ts';

/** Cloud KMS over REST, so that the caller is known on every road. */
export function kmsClient({ config, auth }: Platform): KeyManagementServiceClient {
  return new KeyManagementServiceClient({
    fallback: true,
    ...(config.endpoints.kms ? restEndpoint(config.endpoints.kms) : {}),
    ...(auth ? { authClient: auth } : {}),
  });
}
