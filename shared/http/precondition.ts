import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../platform/errors.ts';

/** Whether a version is the one that the caller has read; without a precondition every version is. */
export type Precondition = ((version: number) => boolean) | undefined;

const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e]{0,100}"$/;

/**
 * Reads `If-Match` (RFC 9110, 13.1.1): `*`, or a list of entity tags, of which only strong ones ever match.
 *
 * @throws ServiceError `invalid_request` when it is neither.
 */
export function ifMatch({ headers }: IncomingMessage): Precondition {
  const given = headers['if-match'];
  if (given === undefined) return undefined;
  if (given.trim() === '*') return () => true;
  const tags = given.split(',').map((tag) => tag.trim());
  if (!tags.every((tag) => ENTITY_TAG.test(tag))) {
    throw new ServiceError('invalid_request', 'If-Match takes ETags in double quotes, such as "3", or *');
  }
  return (version) => tags.includes(`"${version}"`);
}

/** @throws ServiceError `precondition_failed` */
export function checkPrecondition(precondition: Precondition, { version }: { version: number }): void {
  if (precondition && !precondition(version)) throw preconditionFailed();
}

export function preconditionFailed(): ServiceError {
  return new ServiceError(
    'precondition_failed',
    'The integration has changed since you read it; read it again and repeat the change on what it is now',
  );
}
