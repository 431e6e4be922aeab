import { BigQuery } from '@google-cloud/bigquery';
import type { Platform } from '../platform/platform.ts';

/**
 * BigQuery of our own project, as this function or job.
 * The client's own retries (4 requests, about 16 s) outlast a request: one retry is what a caller can wait for.
 */
export function bigQuery({ config, auth }: Platform, { maxRetries = 1 } = {}): BigQuery {
  return new BigQuery({
    projectId: config.projectId,
    retryOptions: { maxRetries },
    ...(config.endpoints.bigquery ? { apiEndpoint: config.endpoints.bigquery } : {}),
    ...(auth ? { authClient: auth } : {}),
  });
}
