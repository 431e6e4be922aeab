import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { listen, readBody } from '../../kit/api-server.ts';
import type { Fault, ServiceContext } from '../../kit/contracts.ts';
import type { ProviderServer } from '../provider-server.ts';
import { AwsError, failure, Silence } from './aws-error.ts';
import type { AwsAnswer, AwsService } from './aws-service.ts';
import type { SignedCall } from './signature.ts';

const MAX_BODY_BYTES = 128 * 1024;

type Context = Pick<ServiceContext, 'faults' | 'journal'>;

/** Serves a service of AWS on loopback, with the faults that were asked for. */
export async function startAwsService(service: AwsService, context: Context): Promise<ProviderServer> {
  const server = await listen((req, res) => {
    serve(req, res, service, context).catch((err: unknown) => {
      if (!req.destroyed) console.error(`${service.name} failed`, err); // who hangs up is nobody's failure
      res.destroy();
    });
  });
  return { url: server.url, close: server.close };
}

async function serve(req: IncomingMessage, res: ServerResponse, service: AwsService, context: Context): Promise<void> {
  const call = await received(req);
  const method = service.methodOf(call);
  const slug = slugOf(call, method);
  const fault = context.faults.next(slug, method);
  if (fault?.latency_ms) await delay(fault.latency_ms, undefined, { ref: false });
  const answer = await answered(service, call, fault);
  context.journal.record({ service: slug, method, caller: keyIdIn(call), status: answer?.status ?? 0 });
  if (!answer) return void req.socket.destroy();
  res.writeHead(answer.status, { 'content-type': answer.type, 'x-amzn-requestid': randomUUID() }).end(answer.text);
}

async function received(req: IncomingMessage): Promise<SignedCall> {
  const [path = '/', ...query] = (req.url ?? '/').split('?');
  const body = await readBody(req, MAX_BODY_BYTES);
  return { method: req.method ?? 'GET', path, query: query.join('?'), headers: req.headersDistinct, body };
}

/** Undefined: the connection breaks off. */
async function answered(
  service: AwsService,
  call: SignedCall,
  fault: Fault | undefined,
): Promise<AwsAnswer | undefined> {
  if (fault?.kind === 'reset') return undefined;
  if (fault?.kind === 'garbage') return { status: fault.status ?? 200, type: 'text/xml', text: '\u0000<garbage' };
  try {
    if (fault?.kind === 'error') throw failure(fault.status ?? 503);
    return await service.answer(call);
  } catch (err) {
    if (err instanceof Silence) return undefined;
    if (err instanceof AwsError) return service.refusal(err, call);
    throw err;
  }
}

/** Faults and the journal know providers by their slug: a role is asked for, and then spoken for by temporary keys. */
function slugOf(call: SignedCall, method: string): string {
  const isSession = method !== 'GetCallerIdentity' && keyIdIn(call).startsWith('ASIA');
  return isSession || method.startsWith('AssumeRole') ? 'aws-iam' : 'aws-keys';
}

function keyIdIn({ headers }: SignedCall): string {
  return /Credential=(\w{16,128})\//.exec(headers['authorization']?.[0] ?? '')?.[1] ?? 'anonymous';
}
