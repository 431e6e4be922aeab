import { BigQuery } from '@google-cloud/bigquery';
import type { Platform } from '../platform/platform.ts';

/** For functions: what an HTTP request can wait for, milliseconds. */
export const INTERACTIVE = { requestTimeoutMs: 4_500 } as const;

/**
 * BigQuery of our own project, as this function or job.
 * The client's own retries (4 requests, about 16 s) outlast a request: one retry is what a caller can wait for.
 */
export function bigQuery(
  { config, auth }: Platform,
  { maxRetries = 1, requestTimeoutMs }: { maxRetries?: number; requestTimeoutMs?: number } = {},
): BigQuery {
  const client = new BigQuery({
    projectId: config.projectId,
    retryOptions: { maxRetries },
    ...(config.endpoints.bigquery ? { apiEndpoint: config.endpoints.bigquery } : {}),
    ...(auth ? { authClient: auth } : {}),
  });
  // The options have no name for it. A request that is given up is cut off, so that it is not carried out unseen later.
  if (requestTimeoutMs !== undefined) client.timeout = requestTimeoutMs;
  return client;
}
