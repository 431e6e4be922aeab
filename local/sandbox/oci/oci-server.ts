import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { listen, readBody } from '../../kit/api-server.ts';
import type { ServiceContext } from '../../kit/contracts.ts';
import type { ProviderServer, SandboxAnswer } from '../provider-server.ts';
import { answerTo, failure, newRequestId, notAuthenticated, operationAt } from './oci-answers.ts';
import type { OciKey, OciKeys } from './oci-keys.ts';
import { isAuthentic, signatureIn, type ArrivedRequest } from './oci-signature.ts';

const SERVICE = 'oci';
const MAX_BODY_BYTES = 1 << 20;

type Context = Pick<ServiceContext, 'clock' | 'faults' | 'journal'>;

/** Serves Oracle's identity and usage on loopback: every signature is recomputed, and the clock is Oracle's own. */
export async function startOciServer(keys: OciKeys, context: Context): Promise<ProviderServer> {
  const server = await listen((req, res) => {
    serve(req, res, keys, context).catch((err: unknown) => {
      if (!req.destroyed) console.error(`${SERVICE} failed`, err); // who hangs up is nobody's failure
      res.destroy();
    });
  });
  return { url: server.url, close: server.close };
}

async function serve(req: IncomingMessage, res: ServerResponse, keys: OciKeys, context: Context): Promise<void> {
  const { clock, faults, journal } = context;
  const method = operationAt(new URL(req.url ?? '/', 'http://localhost').pathname);
  const fault = faults.next(SERVICE, method);
  if (fault?.latency_ms) await delay(fault.latency_ms, undefined, { ref: false });
  const request = await arrived(req);
  const key = callerOf(request, keys, clock.now());
  const record = (status: number): void => journal.record({ service: SERVICE, method, caller: nameOf(key), status });
  if (fault?.kind === 'reset' || key?.state === 'unreachable') {
    record(0);
    req.socket.destroy();
    return;
  }
  const answer = fault && fault.kind !== 'latency' ? faulty(fault) : answerFor(request, key);
  record(answer.status);
  send(res, answer, clock.now());
}

async function arrived(req: IncomingMessage): Promise<ArrivedRequest> {
  const body = await readBody(req, MAX_BODY_BYTES);
  return { method: req.method ?? 'GET', target: req.url ?? '/', headers: req.headers, body };
}

/** Whose signature it is; a key that was deleted is like one that never was. */
function callerOf(request: ArrivedRequest, keys: OciKeys, now: Date): OciKey | undefined {
  const signature = signatureIn(request);
  const key = signature && keys.find(signature.keyId);
  if (!key || key.state === 'deleted') return undefined;
  return isAuthentic(request, signature, key, now) ? key : undefined;
}

function answerFor({ method, target, body }: ArrivedRequest, key: OciKey | undefined): SandboxAnswer {
  return key ? answerTo({ method, url: new URL(target, 'http://localhost'), body, key }) : notAuthenticated();
}

function faulty({ kind, status }: { kind: string; status?: number }): SandboxAnswer {
  if (kind === 'garbage') return { status: status ?? 200, body: '\u0000<garbage' };
  return failure(status ?? 503, 'ServiceUnavailable', 'The service is currently unavailable.');
}

function nameOf(key: OciKey | undefined): string {
  return key?.user ?? 'anonymous';
}

function send(res: ServerResponse, { status, headers = {}, body }: SandboxAnswer, now: Date): void {
  const isPage = typeof body === 'string';
  const type = isPage ? 'text/html' : 'application/json';
  const common = { 'content-type': type, date: now.toUTCString(), 'opc-request-id': newRequestId() };
  res.writeHead(status, { ...common, ...headers }).end(isPage ? body : JSON.stringify(body));
}
