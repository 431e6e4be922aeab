import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { appendFile, rm, stat, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { ApiError } from '../../kit/api-error.ts';
import type { ApiRequest, ApiResponse, ApiRoute } from '../../kit/api-server.ts';
import { requireScope } from '../access.ts';
import { invalid, unsupported } from '../errors.ts';
import { jsonBody, parseJson, type Json } from '../requests.ts';
import type { Services } from '../services.ts';
import { insertJob } from './job-routes.ts';
import { MultipartUpload } from './multipart.ts';
import { baseUrl, param } from './route.ts';

const PATH = '/projects/(?<projectId>[^/]+)/jobs';
const PATTERN = new RegExp(`^(?:/resumable)?/upload/bigquery/v2${PATH}$`);

/** A session that nobody goes on with is given up, milliseconds. */
const SESSION_MS = 24 * 3_600_000;

/** A resumable upload: what it is for, and how much of it is here. */
interface Session {
  readonly id: string;
  readonly caller: string;
  readonly body: Json;
  readonly file: string;
  readonly createdMs: number;
  size: number;
  answer?: ApiResponse;
  /** Pieces of one upload come one after the other. */
  turn: Promise<unknown>;
}

/** Load jobs with their rows: in one request, or piece by piece. */
export function uploadRoutes(services: Services): ApiRoute[] {
  const sessions = new Map<string, Session>();
  const route = (verb: string, handle: (request: ApiRequest) => Promise<ApiResponse>): ApiRoute => ({
    verb,
    pattern: PATTERN,
    name: 'jobs.insert',
    handle(request) {
      requireScope(request, 'write');
      return handle(request);
    },
  });
  return [
    route('POST', async (request) => {
      // Go's client sends its pieces by POST.
      if (request.query.has('upload_id')) return proceed(services, sessions, request);
      services.access.requireProject(request.caller, 'bigquery.jobs.create', param(request, 'projectId'));
      const type = request.query.get('uploadType') ?? '';
      if (type === 'multipart') return multipart(services, request);
      if (type === 'resumable') return begin(services, sessions, request);
      throw unsupported(`The upload type "${type}"`);
    }),
    route('PUT', async (request) => proceed(services, sessions, request)),
  ];
}

async function multipart(services: Services, request: ApiRequest): Promise<ApiResponse> {
  const file = services.rowWriter.newFile();
  try {
    const upload = new MultipartUpload(request.headers['content-type'] ?? '');
    await pipeline(request.raw, upload.rows(), createWriteStream(file, { mode: 0o600 }));
    return await insertJob(services, request, parseJson(upload.metadata()), file);
  } catch (err) {
    // A job that was started takes its file away itself.
    await rm(file, { force: true });
    throw err;
  }
}

async function begin(services: Services, sessions: Map<string, Session>, request: ApiRequest): Promise<ApiResponse> {
  const now = services.catalog.nowMs;
  for (const [id, { createdMs, file }] of sessions) {
    if (now - createdMs < SESSION_MS) continue;
    sessions.delete(id);
    await rm(file, { force: true });
  }
  const id = randomUUID();
  const file = services.rowWriter.newFile();
  const body = await jsonBody(request);
  await writeFile(file, '', { mode: 0o600 });
  sessions.set(id, { id, caller: request.caller.email, body, file, createdMs: now, size: 0, turn: Promise.resolve() });
  const location = `${baseUrl(request)}${request.path}?uploadType=resumable&upload_id=${id}`;
  return { headers: { location, 'x-guploader-uploadid': id } };
}

async function proceed(services: Services, sessions: Map<string, Session>, request: ApiRequest): Promise<ApiResponse> {
  const session = sessions.get(request.query.get('upload_id') ?? '');
  if (!session || session.caller !== request.caller.email)
    throw new ApiError(404, 'The upload session does not exist.', { reason: 'notFound' });
  const turn = session.turn.then(() => receive(services, session, request));
  session.turn = turn.catch(() => undefined);
  return turn;
}

/** Takes a piece: `bytes 0-99/*`, `bytes 100-199/200`, or the question `bytes *\/200`. */
async function receive(services: Services, session: Session, request: ApiRequest): Promise<ApiResponse> {
  if (session.answer) return session.answer;
  const range = request.headers['content-range'];
  const [, from, , total] = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(range ?? 'bytes 0-0/*') ?? [];
  if (range !== undefined && total === undefined) throw invalid(`Invalid Content-Range: ${range}`);
  if (range === undefined || from !== undefined) {
    // What a lost answer made the client send twice is here already.
    if (Number(from ?? 0) > session.size) throw invalid(`A piece of the upload is missing before byte ${from}.`);
    await append(session, request, session.size - Number(from ?? 0));
  }
  const isWhole = range === undefined || (total !== '*' && session.size >= Number(total));
  if (!isWhole) return incomplete(session, request);
  session.answer = await insertJob(services, request, session.body, session.file);
  return session.answer;
}

async function append(session: Session, { raw }: ApiRequest, skip: number): Promise<void> {
  let left = skip;
  try {
    for await (const chunk of raw as AsyncIterable<Buffer>) {
      const fresh = chunk.subarray(Math.min(left, chunk.length));
      left -= chunk.length - fresh.length;
      if (fresh.length > 0) await appendFile(session.file, fresh);
    }
  } finally {
    session.size = (await stat(session.file)).size;
  }
}

function incomplete({ size }: Session, { headers }: ApiRequest): ApiResponse {
  const range: Record<string, string> = size > 0 ? { range: `bytes=0-${size - 1}` } : {};
  // Go's client cannot tell 308 from a redirect.
  const isHidden = headers['x-guploader-no-308'] === 'yes';
  return isHidden
    ? { status: 200, headers: { ...range, 'x-http-status-code-override': '308' } }
    : { status: 308, headers: range };
}
