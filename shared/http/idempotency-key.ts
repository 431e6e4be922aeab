import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../platform/errors.ts';

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * The key under which a caller may repeat a request without doing it twice; undefined without the header.
 *
 * @throws ServiceError `invalid_request`
 */
export function idempotencyKeyOf({ headers }: IncomingMessage): string | undefined {
  const given = headers['idempotency-key'];
  if (given === undefined) return undefined;
  if (typeof given === 'string' && KEY.test(given)) return given;
  throw new ServiceError('invalid_request', 'Idempotency-Key takes 1 to 255 visible ASCII characters, such as a UUID');
}
