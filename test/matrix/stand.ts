import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import type { Step, WireReply } from './expected-file.ts';

/** Answers one of the steps otherwise than well. */
export interface Deviation {
  readonly step: Step;
  /** Answers of other steps by name. */
  readonly given?: Readonly<Record<string, WireReply>> | undefined;
  play(req: IncomingMessage, res: ServerResponse): void;
}

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  /** The step that it was recognised as. */
  readonly check: string | undefined;
}

/** A provider that answers every step well, but for one. */
export interface Stand {
  readonly asked: readonly Asked[];
  /** Real host to address; hosts share one server and are told apart by the path's first part. */
  readonly endpoints: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function startStand(steps: readonly Step[], deviation?: Deviation): Promise<Stand> {
  const hosts = [...new Set(steps.map(({ asks }) => asks.host))];
  const asked: Asked[] = [];
  const server = createServer((req, res) => {
    readBody(req).then(
      (body) => {
        const [, index = '', path = ''] = /^\/h(\d+)(.*)$/s.exec(req.url ?? '') ?? [];
        const host = hosts[Number(index)];
        const step = steps.find((candidate) => isAsked(candidate, host, req.method ?? '', path, body));
        asked.push({ method: req.method ?? '', url: `${host}${path}`, body, check: step?.check });
        if (step && step === deviation?.step) deviation.play(req, res);
        else
          reply(
            res,
            deviation?.given?.[step?.name ?? ''] ?? step?.well ?? { status: 599, text: 'nobody expected this request' },
          );
      },
      () => req.socket.destroy(),
    );
  });
  const url = await listening(server);
  return {
    asked,
    endpoints: Object.fromEntries(hosts.map((host, index) => [host, `${url}/h${index}`])),
    close: () => closed(server, () => server.closeAllConnections()),
  };
}

function isAsked({ asks }: Step, host: string | undefined, method: string, path: string, body: string): boolean {
  if (asks.host !== host || asks.method !== method) return false;
  return new RegExp(asks.path, 'u').test(path) && (!asks.body || new RegExp(asks.body, 'u').test(body));
}

export function reply(res: ServerResponse, { status, headers = {}, body, text }: WireReply): void {
  const type = text === undefined ? { 'content-type': 'application/json' } : {};
  res.writeHead(status, { ...type, ...headers }).end(text ?? (body === undefined ? undefined : JSON.stringify(body)));
}

/** A host that speaks no TLS where TLS is spoken to it. */
export async function startPlainPort(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
      socket.destroySoon();
    });
  });
  const url = await listening(server);
  return { url: url.replace('http:', 'https:'), close: () => closed(server) };
}

async function readBody(req: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closed(server: Server, endConnections = (): void => undefined): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  endConnections();
  await ended;
}
