import type { ApiRequest } from '../../kit/api-server.ts';
import { pageOf } from '../../kit/paging.ts';
import { countOf } from '../requests.ts';

/** One page of a list, by `maxResults` and `pageToken` of the query string. */
export function listPage<T>(
  { query }: ApiRequest,
  items: readonly T[],
): { items: T[]; next: { nextPageToken?: string } } {
  const pageSize = countOf(query.get('maxResults'), 'maxResults');
  const pageToken = query.get('pageToken') ?? undefined;
  const page = pageOf(items, {
    ...(pageSize === undefined ? {} : { pageSize }),
    ...(pageToken === undefined ? {} : { pageToken }),
  });
  return { items: page.items, next: page.nextPageToken ? { nextPageToken: page.nextPageToken } : {} };
}
