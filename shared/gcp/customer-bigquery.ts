import { BigQuery } from '@google-cloud/bigquery';
import type { Platform } from '../platform/platform.ts';
import { customerAuth, type CustomerCredential } from './customer-auth.ts';

/** Tokens that can read and nothing else: an over-granted key cannot write through us. */
const READONLY_SCOPE = 'https://www.googleapis.com/auth/bigquery.readonly';

/**
 * BigQuery as the customer: jobs run in the credential's project, with the customer's own identity and a read-only token.
 * With this scope stay on `jobs.query` (no job id), `tables.get` and `tabledata.list`.
 */
export function customerBigQuery(
  platform: Pick<Platform, 'config' | 'clock'> & Partial<Pick<Platform, 'auth'>>,
  customer: CustomerCredential,
  { maxRetries = 3 } = {},
): BigQuery {
  const { googleApis } = platform.config.endpoints;
  return new BigQuery({
    projectId: customer.credentials['project_id'] ?? '',
    authClient: customerAuth(platform, customer, [READONLY_SCOPE]),
    retryOptions: { maxRetries, autoRetry: maxRetries > 0 },
    ...(googleApis['bigquery'] ? { apiEndpoint: googleApis['bigquery'] } : {}),
  });
}
