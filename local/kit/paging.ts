import { ApiError } from './api-error.ts';

export interface PageRequest {
  readonly pageSize?: number;
  readonly pageToken?: string;
}

/** One page of a list; tokens are offsets, opaque to the caller. */
export function pageOf<T>(
  items: readonly T[],
  { pageSize, pageToken }: PageRequest,
  maxPageSize = 1000,
): { items: T[]; nextPageToken: string } {
  const start = pageToken ? offsetOf(pageToken) : 0;
  const end = start + Math.min(pageSize || 100, maxPageSize);
  const nextPageToken = end < items.length ? Buffer.from(`offset:${end}`).toString('base64url') : '';
  return { items: items.slice(start, end), nextPageToken };
}

function offsetOf(token: string): number {
  const match = /^offset:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  if (!match) throw new ApiError(400, 'The page token is invalid.');
  return Number(match[1]);
}
