import { ApiError } from '../kit/api-error.ts';
import type { NewMessage } from './message-store.ts';

/** Largest publish request, bytes: Google's 10 MB. */
export const MAX_PUBLISH_BYTES = 10_000_000;
const MAX_MESSAGES = 1000;
const MAX_ATTRIBUTES = 100;

/** Refuses a publish request that Google would refuse. */
export function checkMessages(messages: readonly NewMessage[]): void {
  if (messages.length === 0) throw new ApiError(400, 'The request contains no messages.');
  if (messages.length > MAX_MESSAGES) throw tooLarge('message_count', messages.length, MAX_MESSAGES);
  for (const message of messages) checkMessage(message);
  const bytes = messages.reduce((sum, message) => sum + sizeOf(message), 0);
  if (bytes > MAX_PUBLISH_BYTES) throw tooLarge('request_size', bytes, MAX_PUBLISH_BYTES);
}

function checkMessage({ data, attributes, orderingKey }: NewMessage): void {
  const entries = Object.entries(attributes);
  if (data.length === 0 && entries.length === 0) {
    throw new ApiError(
      400,
      'One or more messages in the publish request is empty. Each message must contain either non-empty data, or at least one attribute.',
    );
  }
  if (entries.length > MAX_ATTRIBUTES) throw tooLarge('attributes', entries.length, MAX_ATTRIBUTES);
  for (const [key, value] of entries) {
    if (key === '' || key.startsWith('goog'))
      throw new ApiError(400, `The attribute key '${key}' is reserved or empty.`);
    if (byteLength(key) > 256) throw tooLarge('attribute key length', byteLength(key), 256);
    if (byteLength(value) > 1024) throw tooLarge('attribute value length', byteLength(value), 1024);
  }
  if (byteLength(orderingKey) > 1024) throw tooLarge('ordering_key length', byteLength(orderingKey), 1024);
}

function sizeOf({ data, attributes, orderingKey }: NewMessage): number {
  const attributeBytes = Object.entries(attributes).map(([key, value]) => byteLength(key) + byteLength(value));
  return attributeBytes.reduce((sum, bytes) => sum + bytes, data.length + byteLength(orderingKey));
}

function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

function tooLarge(what: string, value: number, most: number): ApiError {
  return new ApiError(
    400,
    `The value for ${what} is too large. You passed ${value} in the request, but the maximum value is ${most}.`,
  );
}
