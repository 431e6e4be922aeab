import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Handout } from './deliveries.ts';
import type { SubscriptionMessage } from './settings.ts';

export interface PushRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The wrapper that Google posts to a push endpoint; ids and times stand in both spellings. */
export function pushBody(subscription: SubscriptionMessage, { message, attempt }: Handout): string {
  const { data, attributes, id, publishMs, orderingKey } = message;
  const publishTime = new Date(publishMs).toISOString();
  const wrapped = {
    ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
    ...(data.length > 0 ? { data: Buffer.from(data).toString('base64') } : {}),
    messageId: String(id),
    message_id: String(id),
    ...(orderingKey ? { orderingKey } : {}),
    publishTime,
    publish_time: publishTime,
  };
  return JSON.stringify({
    message: wrapped,
    subscription: subscription.name,
    ...(subscription.deadLetterPolicy ? { deliveryAttempt: attempt } : {}),
  });
}

/** How a push ended: the HTTP status, 503 when nobody answered, 504 when not in time. */
export interface PushOutcome {
  readonly status: number;
  /** Nobody listens there. */
  readonly isRefused?: boolean;
}

/** Posts a message to an endpoint. */
export async function postPush({ url, headers, body, timeoutMs, signal }: PushRequest): Promise<PushOutcome> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    // A new connection for each push: a kept one that the endpoint just closed would cost a whole back-off.
    const options = { method: 'POST', agent: false, headers: { 'content-type': 'application/json', ...headers } };
    const post = send(url, { ...options, signal: AbortSignal.any([timeout, signal]) });
    const fail = (err: NodeJS.ErrnoException): void =>
      resolve({ status: timeout.aborted ? 504 : 503, isRefused: err.code === 'ECONNREFUSED' });
    post.on('error', fail);
    post.on('response', (response) => {
      // The answer counts when it is whole: an endpoint that dies in the middle has not taken the message.
      response.on('error', fail).on('end', () => resolve({ status: response.statusCode ?? 503 }));
      response.resume();
    });
    post.end(body);
  });
}
