import type { IncomingHttpHeaders } from 'node:http';
import { listen } from '../../local/kit/api-server.ts';
import { until } from '../kit/until.ts';

export interface Push {
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly message: {
      readonly data?: string;
      readonly messageId: string;
      readonly message_id: string;
      readonly publishTime: string;
      readonly publish_time: string;
      readonly attributes?: Record<string, string>;
      readonly orderingKey?: string;
    };
    readonly subscription: string;
    readonly deliveryAttempt?: number;
  };
}

export interface PushTarget {
  readonly url: string;
  readonly pushes: Push[];
  /** Answers to come; 204 when there is none planned. A status of 0 leaves the push without an answer. */
  readonly answers: number[];
  received(count: number): Promise<void>;
  /** Texts of the messages as they came. */
  texts(): string[];
  close(): Promise<void>;
}

/** A small real HTTP server that takes pushes. */
export async function pushTarget(): Promise<PushTarget> {
  const pushes: Push[] = [];
  const answers: number[] = [];
  const server = await listen((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      pushes.push({ headers: req.headers, body: JSON.parse(Buffer.concat(chunks).toString()) as Push['body'] });
      const status = answers.shift() ?? 204;
      if (status > 0) res.writeHead(status).end();
    });
  });
  return {
    url: `${server.url}/push`,
    pushes,
    answers,
    received: (count) => until(`${count} pushes came`, () => pushes.length >= count),
    texts: () => pushes.map(({ body }) => Buffer.from(body.message.data ?? '', 'base64').toString()),
    close: server.close,
  };
}
