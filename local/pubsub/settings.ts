import { ApiError } from '../kit/api-error.ts';
import type { Message } from '../kit/protos.ts';
import { duration, wireMs, type WireTime } from '../kit/wire-time.ts';

export interface TopicMessage extends Message {
  readonly name: string;
}

export interface PushConfig extends Message {
  readonly pushEndpoint: string;
  readonly oidcToken?: { readonly serviceAccountEmail: string; readonly audience: string } | null;
}

/** A google.pubsub.v1.Subscription with its defaults filled in. */
export interface SubscriptionMessage extends Message {
  readonly name: string;
  readonly topic: string;
  readonly pushConfig: PushConfig | null;
  readonly ackDeadlineSeconds: number;
  readonly messageRetentionDuration: WireTime;
  readonly enableMessageOrdering: boolean;
  readonly deadLetterPolicy: { readonly deadLetterTopic: string; readonly maxDeliveryAttempts: number } | null;
  readonly retryPolicy: { readonly minimumBackoff: WireTime; readonly maximumBackoff: WireTime } | null;
}

/** What Google offers and this Pub/Sub does not: refused by name, since ignoring it would deliver wrongly. */
const NOT_HERE = ['bigqueryConfig', 'cloudStorageConfig', 'bigtableConfig', 'filter', 'retainAckedMessages'];
const NOT_HERE_EITHER = [
  'enableExactlyOnceDelivery',
  'messageTransforms',
  'schemaSettings',
  'ingestionDataSourceSettings',
];

const DAY_MS = 86_400_000;

/** Checks a topic as a caller wants it. */
export function checkedTopic(wanted: Message & { readonly name: string }): TopicMessage {
  refuseUnsupported(wanted);
  checkRange(
    'message_retention_duration',
    wireMs(wanted['messageRetentionDuration'] as WireTime),
    600_000,
    31 * DAY_MS,
  );
  return { ...wanted, state: 'ACTIVE' };
}

/** Checks a subscription as a caller wants it and fills in Google's defaults. */
export function checkedSubscription(wanted: Message): SubscriptionMessage {
  const given = wanted as unknown as SubscriptionMessage;
  refuseUnsupported(given);
  if (given.pushConfig?.['noWrapper']) throw notHere('push_config.no_wrapper');
  const subscription: SubscriptionMessage = {
    ...given,
    pushConfig: checkedPush(given.pushConfig),
    ackDeadlineSeconds: given.ackDeadlineSeconds || 10,
    messageRetentionDuration: given.messageRetentionDuration ?? duration(7 * DAY_MS),
    expirationPolicy: given['expirationPolicy'] ?? { ttl: duration(31 * DAY_MS) },
    deadLetterPolicy: given.deadLetterPolicy && {
      ...given.deadLetterPolicy,
      maxDeliveryAttempts: given.deadLetterPolicy.maxDeliveryAttempts || 5,
    },
    retryPolicy: given.retryPolicy && {
      minimumBackoff: given.retryPolicy.minimumBackoff ?? duration(10_000),
      maximumBackoff: given.retryPolicy.maximumBackoff ?? duration(600_000),
    },
    state: 'ACTIVE',
  };
  checkRanges(subscription);
  return subscription;
}

function refuseUnsupported(message: Message): void {
  for (const field of [...NOT_HERE, ...NOT_HERE_EITHER]) {
    const value = message[field];
    if (Array.isArray(value) ? value.length > 0 : value) throw notHere(snake(field));
  }
}

function notHere(field: string): ApiError {
  return new ApiError(501, `${field} is not implemented by the embedded Pub/Sub.`);
}

function snake(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** An empty push config means pull. */
export function checkedPush(push: PushConfig | null): PushConfig | null {
  if (!push?.pushEndpoint) return null;
  const url = URL.parse(push.pushEndpoint);
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return push;
  throw new ApiError(400, `Invalid push endpoint given (endpoint=${push.pushEndpoint}).`);
}

function checkRanges(subscription: SubscriptionMessage): void {
  const { ackDeadlineSeconds, messageRetentionDuration, deadLetterPolicy, retryPolicy } = subscription;
  checkRange('ack_deadline_seconds', ackDeadlineSeconds, 10, 600);
  checkRange('message_retention_duration', wireMs(messageRetentionDuration), 600_000, 31 * DAY_MS);
  checkRange('max_delivery_attempts', deadLetterPolicy?.maxDeliveryAttempts, 5, 100);
  checkRange('minimum_backoff', wireMs(retryPolicy?.minimumBackoff), 0, 600_000);
  checkRange('maximum_backoff', wireMs(retryPolicy?.maximumBackoff), 0, 600_000);
}

function checkRange(field: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (value >= least && value <= most)) return;
  throw new ApiError(400, `Invalid ${field} given: ${value} is not between ${least} and ${most}.`);
}

/** How long a message rests after its nth failed delivery; undefined without a retry policy. */
export function backoffMs({ retryPolicy }: SubscriptionMessage, attempts: number): number | undefined {
  if (!retryPolicy) return undefined;
  const least = wireMs(retryPolicy.minimumBackoff) ?? 0;
  const most = wireMs(retryPolicy.maximumBackoff) ?? least;
  // The exponent is capped, as 2 ** 1100 is no number of milliseconds.
  return Math.max(least, Math.min(most, least * 2 ** Math.min(attempts - 1, 40)));
}
