import { setTimeout as delay } from 'node:timers/promises';
import * as grpc from '@grpc/grpc-js';
import type { protobuf } from 'google-gax';
import { ApiError } from './api-error.ts';
import type { Caller, Fault, ServiceContext } from './contracts.ts';
import { boundTimeouts } from './grpc-timeouts.ts';
import { fromMessage, toMessage, type Message } from './protos.ts';

/** One unary method; `caller` is undefined for a trusted client that sent no authorization. */
export type UnaryMethod = (request: never, caller: Caller, signal: AbortSignal) => Promise<object> | object;
export type Duplex = grpc.ServerDuplexStream<Message, object>;
export type StreamMethod = (stream: Duplex, caller: Caller) => void;

export interface GrpcService {
  readonly type: protobuf.Service;
  readonly unary: Readonly<Record<string, UnaryMethod>>;
  readonly streams?: Readonly<Record<string, StreamMethod>>;
}

export interface GrpcServerOptions {
  /** The service's name in faults and in the journal. */
  readonly service: string;
  readonly services: readonly GrpcService[];
  /** Who calls without authorization metadata; absent: nobody may. */
  readonly trusted?: Caller;
  readonly port?: number;
  readonly maxMessageBytes?: number;
}

type Context = Pick<ServiceContext, 'auth' | 'faults' | 'journal'>;

/** What an injected `garbage` fault sends: no protobuf parser takes it. */
const GARBAGE = { garbage: true };
const GARBAGE_BYTES = Buffer.from('\u0000<garbage');

/** Starts a gRPC server on a loopback port: callers from metadata, Google's statuses, faults and a journal. */
export async function serveGrpc(
  context: Context,
  options: GrpcServerOptions,
): Promise<{ address: string; close(): Promise<void> }> {
  const server = new grpc.Server({ 'grpc.max_receive_message_length': options.maxMessageBytes ?? 4 << 20 });
  for (const service of options.services) {
    server.addService(definition(service.type), implementation(context, options, service));
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${options.port ?? 0}`, grpc.ServerCredentials.createInsecure(), (err, bound) =>
      err ? reject(err) : resolve(bound),
    );
  });
  boundTimeouts(server);
  return { address: `127.0.0.1:${port}`, close: async () => server.forceShutdown() };
}

function definition(service: protobuf.Service): grpc.ServiceDefinition {
  const path = (method: string) => `/${service.fullName.slice(1)}/${method}`;
  return Object.fromEntries(service.methodsArray.map((method) => [method.name, methodDefinition(path, method)]));
}

function methodDefinition(
  path: (name: string) => string,
  method: protobuf.Method,
): grpc.MethodDefinition<Message, object> {
  const { resolvedRequestType: request, resolvedResponseType: response } = method;
  if (!request || !response) throw new Error(`${method.fullName} has unresolved types`);
  return {
    path: path(method.name),
    requestStream: Boolean(method.requestStream),
    responseStream: Boolean(method.responseStream),
    requestSerialize: (value) => Buffer.from(request.encode(fromMessage(request, value)).finish()),
    requestDeserialize: (bytes) => toMessage(request, request.decode(bytes)),
    responseSerialize: (value) =>
      value === GARBAGE ? GARBAGE_BYTES : Buffer.from(response.encode(fromMessage(response, value)).finish()),
    responseDeserialize: (bytes) => toMessage(response, response.decode(bytes)),
  };
}

function implementation(
  context: Context,
  options: GrpcServerOptions,
  service: GrpcService,
): grpc.UntypedServiceImplementation {
  return Object.fromEntries(
    service.type.methodsArray.map((method) => {
      const stream = service.streams?.[method.name];
      return [
        method.name,
        stream
          ? streamHandler(context, options, method.name, stream)
          : unaryHandler(context, options, method.name, service.unary[method.name] ?? unimplemented(method.name)),
      ];
    }),
  );
}

/** A method that exists at Google and not here is refused by its name. */
export function unimplemented(name: string): UnaryMethod {
  return () => {
    throw new ApiError(501, `${name} is not implemented by the embedded cloud.`);
  };
}

function unaryHandler(
  context: Context,
  options: GrpcServerOptions,
  name: string,
  method: UnaryMethod,
): grpc.handleUnaryCall<Message, object> {
  return (call, callback) => {
    const abort = new AbortController();
    call.on('cancelled', () => abort.abort());
    void answerUnary(callback, options.service, () =>
      guarded(context, options, name, call, async (caller) => method(call.request as never, caller, abort.signal)),
    );
  };
}

async function answerUnary(
  callback: grpc.sendUnaryData<object>,
  service: string,
  run: () => Promise<object>,
): Promise<void> {
  try {
    callback(null, await run());
  } catch (err) {
    callback(grpcStatus(service, err));
  }
}

function streamHandler(
  context: Context,
  options: GrpcServerOptions,
  name: string,
  method: StreamMethod,
): grpc.handleBidiStreamingCall<Message, object> {
  return (stream) => {
    // Requests wait in the stream until the caller is known and the method listens.
    stream.pause();
    guarded(context, options, name, stream, async (caller) => method(stream, caller)).then(
      (answer) => (answer === GARBAGE ? stream.end(GARBAGE) : stream.resume()),
      (err: unknown) => stream.emit('error', grpcStatus(options.service, err)),
    );
  };
}

async function guarded<T>(
  context: Context,
  { service, trusted }: GrpcServerOptions,
  name: string,
  call: { metadata: grpc.Metadata; cancelled: boolean },
  run: (caller: Caller) => Promise<T>,
): Promise<T | typeof GARBAGE> {
  let email = 'anonymous';
  const record = (status: number): void => context.journal.record({ service, method: name, caller: email, status });
  try {
    if (await injected(context.faults.next(service, name), call)) {
      record(200);
      return GARBAGE;
    }
    const caller = await callerOf(context, call.metadata, trusted);
    email = caller.email;
    const result = await run(caller);
    record(200);
    return result;
  } catch (err) {
    record(err instanceof ApiError ? err.httpStatus : 500);
    throw err;
  }
}

async function callerOf(context: Context, metadata: grpc.Metadata, trusted: Caller | undefined): Promise<Caller> {
  const [authorization] = metadata.get('authorization');
  if (authorization === undefined && trusted) return trusted;
  return context.auth.authenticate(authorization?.toString());
}

/** Plays a fault; true when the answer is to be garbage. */
async function injected(fault: Fault | undefined, call: { cancelled: boolean }): Promise<boolean> {
  if (!fault) return false;
  if (fault.latency_ms) await delay(fault.latency_ms, undefined, { ref: false });
  switch (fault.kind) {
    case 'latency':
      // A caller that gave up meanwhile must not see its call carried out behind its back.
      if (call.cancelled) throw new ApiError(499, 'Cancelled on client');
      return false;
    case 'reset':
      throw new ApiError(503, 'Connection dropped');
    case 'garbage':
      return true;
    case 'error':
      throw new ApiError(fault.status ?? 503, 'Injected fault.');
  }
}

/** An error as a gRPC status; what is not an ApiError is logged and told as internal. */
export function grpcStatus(service: string, err: unknown): { code: grpc.status; details: string } {
  if (err instanceof ApiError) {
    return { code: grpc.status[err.status as keyof typeof grpc.status] ?? grpc.status.UNKNOWN, details: err.message };
  }
  console.error(`${service} failed`, err);
  return { code: grpc.status.INTERNAL, details: 'Internal error encountered.' };
}
