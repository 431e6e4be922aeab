import { randomUUID } from 'node:crypto';
import type { BigQuery } from '@google-cloud/bigquery';
import { customerCall } from './customer-call.ts';
import type { Page, ReadOptions } from './page-reader.ts';
import { dayParameters, rowsQuery, type SourceQuery } from './source-queries.ts';
import type { SourceUnit } from './source-units.ts';

/** How long one request waits for a query, milliseconds; the next one goes on waiting. */
const WAIT_MS = 30_000;
const FORMAT = { useInt64Timestamp: true };

interface QueryAnswer extends Page {
  readonly jobComplete?: boolean;
  readonly jobReference?: { readonly jobId: string; readonly location?: string };
}

type Exchange = Parameters<BigQuery['request']>[0];

/** Pages of one query as the customer. Its rows are one snapshot, however long the reading takes. */
export function queryPages(
  customer: BigQuery,
  { source, day, until }: SourceUnit,
  where: 'all' | 'day' | 'no day',
  { pageRows, columns, signal }: ReadOptions,
): (pageToken?: string) => Promise<Page> {
  const query = rowsQuery(source, columns, where);
  const params = dayParameters(query, day, until);
  const requestId = randomUUID();
  let job: QueryAnswer['jobReference'];

  const start = (): Promise<QueryAnswer> =>
    exchange(customer, {
      method: 'POST',
      uri: '/queries',
      json: {
        ...bodyOf(query, params),
        requestId,
        location: source.location,
        maxResults: pageRows,
        timeoutMs: WAIT_MS,
        formatOptions: FORMAT,
      },
    });
  const more = (pageToken?: string): Promise<QueryAnswer> =>
    exchange(customer, {
      uri: `/queries/${encodeURIComponent(job?.jobId ?? '')}`,
      qs: {
        location: job?.location ?? source.location,
        maxResults: pageRows,
        timeoutMs: WAIT_MS,
        'formatOptions.useInt64Timestamp': true,
        ...(pageToken ? { pageToken } : {}),
      },
    });
  return (pageToken) =>
    customerCall(source.name, async () => {
      let answer = await (pageToken === undefined ? start() : more(pageToken));
      job ??= answer.jobReference;
      while (answer.jobComplete === false) {
        signal.throwIfAborted();
        answer = await more();
      }
      return answer;
    });
}

function bodyOf({ name, sql, types }: SourceQuery, params: Record<string, string>): object {
  return {
    query: sql,
    useLegacySql: false,
    labels: { stmt: name },
    parameterMode: 'NAMED',
    queryParameters: Object.entries(params).map(([parameter, value]) => ({
      name: parameter,
      parameterType: { type: types[parameter] },
      parameterValue: { value },
    })),
  };
}

function exchange(customer: BigQuery, request: Exchange): Promise<QueryAnswer> {
  return new Promise((resolve, reject) => {
    customer.request(request, (err: Error | null, answer: unknown) => {
      if (err) reject(err);
      else resolve(answer as QueryAnswer);
    });
  });
}
