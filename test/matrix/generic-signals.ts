import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Outcome } from '../../shared/providers/provider-spec.ts';

/** Text that stands for a provider's raw words: no answer of ours may repeat it. */
export const CANARY = 'CANARY-of-the-provider';

/** Something that can come over the wire from anybody, and says nothing about a credential. */
export interface GenericSignal {
  readonly name: string;
  readonly outcome: Outcome;
  readonly retryAfterMs?: number;
  /** The test is cut short, so that nobody waits for the real limit. */
  readonly isSlow?: true;
  play(req: IncomingMessage, res: ServerResponse): void;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const PAGE = `<!doctype html><title>${CANARY}</title><h1>Request blocked</h1>`;
const statuses = [200, 204, 400, 401, 403, 404, 407, 409, 429, 451, 500, 502, 503, 520] as const;
const outcomeOf = (status: number): Outcome => (status === 429 ? 'rate_limited' : 'provider_error');

export const GENERIC_SIGNALS: readonly GenericSignal[] = [
  ...statuses.map((status) =>
    signal(`page ${status}`, outcomeOf(status), { 'content-type': 'text/html' }, status, PAGE),
  ),
  ...statuses.map((status) => {
    return signal(`status ${status}`, outcomeOf(status), JSON_TYPE, status, JSON.stringify({ note: CANARY }));
  }),
  ...[301, 302, 303, 307, 308].map((status) => {
    return signal(`redirect ${status}`, 'provider_error', { location: 'http://127.0.0.1:9/trap' }, status, '');
  }),
  ...(
    ['[]', 'null', '""', '0', '{"error":{}}', '{"error":null}', '{"error":"denied"}', '\u0000\u0001garbage'] as const
  ).flatMap((text) =>
    [200, 400, 401, 403, 404].map((status) => {
      return signal(`${status} ${JSON.stringify(text)}`, 'provider_error', JSON_TYPE, status, text);
    }),
  ),
  {
    ...signal('Retry-After in seconds', 'rate_limited', { ...JSON_TYPE, 'retry-after': '17' }, 429, '{}'),
    retryAfterMs: 17_000,
  },
  {
    ...signal('Retry-After at an outage', 'provider_error', { ...JSON_TYPE, 'retry-after': '9' }, 503, '{}'),
    retryAfterMs: 9_000,
  },
  { name: 'reset', outcome: 'unreachable', play: (req) => void req.socket.destroy() },
  {
    name: 'cut in the middle',
    outcome: 'unreachable',
    play(req, res) {
      res.writeHead(200, { ...JSON_TYPE, 'content-length': '1000' });
      res.write('{"data":[', () => req.socket.destroy());
    },
  },
  { name: 'no HTTP', outcome: 'unreachable', play: (req) => void req.socket.end('\u0000\u0001 not HTTP\r\n\r\n') },
  { name: 'silence', outcome: 'unreachable', isSlow: true, play: () => undefined },
  {
    name: 'drops without end',
    outcome: 'unreachable',
    isSlow: true,
    play(_req, res) {
      res.writeHead(200, JSON_TYPE);
      const drip = setInterval(() => res.write(' '), 50);
      res.on('close', () => clearInterval(drip));
    },
  },
  {
    name: 'flood without end',
    outcome: 'provider_error',
    play(_req, res) {
      res.writeHead(200, JSON_TYPE);
      const more = (): void => {
        if (res.destroyed) return;
        if (res.write(' '.repeat(16_384))) setImmediate(more);
        else res.once('drain', more);
      };
      more();
    },
  },
];

function signal(
  name: string,
  outcome: Outcome,
  headers: Readonly<Record<string, string>>,
  status: number,
  text: string,
): GenericSignal {
  return {
    name,
    outcome,
    play: (_req, res) => void res.writeHead(status, headers).end(status === 204 ? undefined : text),
  };
}
