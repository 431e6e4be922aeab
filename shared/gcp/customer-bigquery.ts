import { BigQuery } from '@google-cloud/bigquery';
import type { Platform } from '../platform/platform.ts';
import { serviceAccountAuth, type ServiceAccountKey } from './service-account-auth.ts';

/** Tokens that can read and nothing else: an over-granted key cannot write through us. */
const READONLY_SCOPE = 'https://www.googleapis.com/auth/bigquery.readonly';

/**
 * BigQuery as the customer: jobs run in `projectId`, with the customer's own identity and a read-only token.
 * With this scope stay on `jobs.query` (no job id), `tables.get` and `tabledata.list`.
 */
export function customerBigQuery(
  platform: Pick<Platform, 'config' | 'clock'>,
  key: ServiceAccountKey & { readonly project_id: string },
  { maxRetries = 3 } = {},
): BigQuery {
  const { googleApis } = platform.config.endpoints;
  return new BigQuery({
    projectId: key.project_id,
    authClient: serviceAccountAuth(platform, key, [READONLY_SCOPE]),
    retryOptions: { maxRetries, autoRetry: maxRetries > 0 },
    ...(googleApis['bigquery'] ? { apiEndpoint: googleApis['bigquery'] } : {}),
  });
}
