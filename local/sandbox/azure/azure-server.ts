import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { listen, readBody } from '../../kit/api-server.ts';
import type { ServiceContext } from '../../kit/contracts.ts';
import type { ProviderServer, SandboxAnswer } from '../provider-server.ts';
import type { AzureCall } from './azure-call.ts';

const SERVICE = 'azure';
const MAX_BODY_BYTES = 64 * 1024;

/** One host of a cloud: its methods by name, who calls, and what it answers. */
export interface AzureHost {
  /** For faults and the journal. */
  methodOf(call: AzureCall): string;
  callerOf(call: AzureCall): string | undefined;
  /** Whether the caller meets silence. */
  isUnreachable(call: AzureCall): boolean;
  answer(call: AzureCall): SandboxAnswer;
  /** An error of its own, as it words one. */
  failure(status: number): SandboxAnswer;
}

/** Serves a host on loopback, with the faults that were asked for. */
export async function startAzureHost(host: AzureHost, context: ServiceContext): Promise<ProviderServer> {
  const server = await listen((req, res) => {
    serve(req, res, host, context).catch((err: unknown) => {
      console.error(`${SERVICE} failed`, err);
      res.destroy();
    });
  });
  return { url: server.url, close: server.close };
}

async function serve(
  req: IncomingMessage,
  res: ServerResponse,
  host: AzureHost,
  { faults, journal }: ServiceContext,
): Promise<void> {
  const call = await callOf(req);
  const method = host.methodOf(call);
  const fault = faults.next(SERVICE, method);
  if (fault?.latency_ms) await delay(fault.latency_ms, undefined, { ref: false });
  const record = (status: number): void =>
    journal.record({ service: SERVICE, method, caller: host.callerOf(call) ?? 'anonymous', status });
  if (fault?.kind === 'reset' || host.isUnreachable(call)) {
    record(0);
    req.socket.destroy();
    return;
  }
  const answer = fault?.kind === 'error' ? host.failure(fault.status ?? 503) : host.answer(call);
  record(fault?.kind === 'garbage' ? (fault.status ?? 200) : answer.status);
  if (fault?.kind === 'garbage') {
    res.writeHead(fault.status ?? 200, { 'content-type': 'application/json' }).end('\u0000<garbage');
    return;
  }
  send(res, answer);
}

async function callOf(req: IncomingMessage): Promise<AzureCall> {
  const { pathname: path, searchParams: query } = new URL(req.url ?? '/', 'http://localhost');
  const body = (await readBody(req, MAX_BODY_BYTES)).toString('utf8');
  return { verb: req.method ?? 'GET', path, query, headers: req.headers, body };
}

function send(res: ServerResponse, { status, headers, body }: SandboxAnswer): void {
  if (status === 204) {
    res.writeHead(status, headers).end();
    return;
  }
  const isPage = typeof body === 'string';
  const type = isPage ? 'text/html' : 'application/json; charset=utf-8';
  res.writeHead(status, { 'content-type': type, ...headers }).end(isPage ? body : JSON.stringify(body));
}
