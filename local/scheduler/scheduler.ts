import { Cron } from 'croner';
import { ApiError } from '../kit/api-error.ts';
import { apiListener, listen, type ApiRequest, type ApiRoute } from '../kit/api-server.ts';
import type { ServiceContext } from '../kit/contracts.ts';

/** A Cloud Scheduler job as its REST API writes it; bodies are base64. */
export interface ScheduledJob {
  name: string;
  schedule: string;
  timeZone?: string;
  state?: 'ENABLED' | 'PAUSED';
  httpTarget?: {
    uri: string;
    httpMethod?: string | number;
    headers?: Record<string, string>;
    body?: string;
    oauthToken?: { serviceAccountEmail: string; scope?: string };
  };
  lastAttemptTime?: string;
  scheduleTime?: string;
  status?: { code?: number };
}

export interface SchedulerDeps {
  accessToken(email: string, scopes: readonly string[]): Promise<string>;
  /** Where calls to a Google host really go: `https://run.googleapis.com/v2/...` to the embedded Cloud Run. */
  reroute(uri: string): string;
}

export type SchedulerService = Awaited<ReturnType<typeof startScheduler>>;

/**
 * Cloud Scheduler v1: entries are kept, fire by cron in their time zone, and call their HTTP target as their service account.
 *
 * @see https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs
 */
export async function startScheduler(ctx: ServiceContext, deps: SchedulerDeps, options: { port?: number } = {}) {
  ctx.db.exec('CREATE TABLE IF NOT EXISTS scheduler_jobs (name TEXT PRIMARY KEY, job TEXT NOT NULL)');
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const all = (): ScheduledJob[] =>
    ctx.db
      .prepare('SELECT job FROM scheduler_jobs ORDER BY name')
      .all()
      .map((row) => JSON.parse(String(row['job'])) as ScheduledJob);
  const save = (job: ScheduledJob): ScheduledJob => {
    ctx.db
      .prepare('INSERT OR REPLACE INTO scheduler_jobs (name, job) VALUES (?, ?)')
      .run(job.name, JSON.stringify(job));
    return job;
  };
  const next = (job: ScheduledJob): Date | null =>
    new Cron(job.schedule, { timezone: job.timeZone ?? 'Etc/UTC', paused: true }).nextRun(ctx.clock.now());

  async function fire(job: ScheduledJob): Promise<void> {
    const code = job.httpTarget ? await callTarget(job.httpTarget, deps).catch(() => 14) : 3;
    const current = all().find(({ name }) => name === job.name);
    if (current)
      save({ ...current, lastAttemptTime: ctx.clock.now().toISOString(), status: code === 0 ? {} : { code } });
  }

  function due(): void {
    if (closed) return;
    const now = ctx.clock.now();
    for (const job of all()) {
      if (job.state === 'PAUSED' || !job.scheduleTime || new Date(job.scheduleTime) > now) continue;
      save({ ...job, scheduleTime: next(job)?.toISOString() ?? '' });
      fire(job).catch((err: unknown) => console.error('scheduled call failed', err));
    }
    arm();
  }

  function arm(): void {
    clearTimeout(timer);
    const times = all()
      .filter(({ state, scheduleTime }) => state !== 'PAUSED' && scheduleTime)
      .map(({ scheduleTime }) => new Date(scheduleTime ?? 0).getTime());
    if (times.length === 0 || closed) return;
    const wait = Math.max(0, Math.min(...times) - ctx.clock.now().getTime());
    timer = setTimeout(due, Math.min(wait, 2 ** 31 - 1)).unref();
  }

  function put(job: ScheduledJob): ScheduledJob {
    const checked = { state: 'ENABLED' as const, timeZone: 'Etc/UTC', ...job };
    try {
      checked.scheduleTime = next(checked)?.toISOString() ?? '';
    } catch {
      throw new ApiError(400, 'Schedule or time zone is invalid.');
    }
    save(checked);
    arm();
    return checked;
  }

  const store = {
    all,
    find(name: string): ScheduledJob {
      const job = all().find((candidate) => candidate.name === name);
      if (!job) throw new ApiError(404, 'Job not found.');
      return job;
    },
    put,
    remove(name: string): void {
      ctx.db.prepare('DELETE FROM scheduler_jobs WHERE name = ?').run(name);
      arm();
    },
    fire,
  };
  ctx.clock.onAdvance(due);
  arm();
  const server = await listen(apiListener({ service: 'scheduler', routes: routes(ctx, store), ...ctx }), options.port);
  return {
    url: server.url,
    /** Makes or replaces an entry, as `terraform apply` does: one that somebody has paused stays so. */
    ensure(job: ScheduledJob): ScheduledJob {
      const { state = 'ENABLED' } = all().find(({ name }) => name === job.name) ?? {};
      return put({ state, ...job });
    },
    list: all,
    remove: store.remove,
    async close(): Promise<void> {
      closed = true;
      clearTimeout(timer);
      await server.close();
    },
  };
}

interface Store {
  all(): ScheduledJob[];
  find(name: string): ScheduledJob;
  put(job: ScheduledJob): ScheduledJob;
  remove(name: string): void;
  fire(job: ScheduledJob): Promise<void>;
}

function routes(ctx: ServiceContext, store: Store): ApiRoute[] {
  const parent = '/v1/(?<parent>projects/[^/]+/locations/[^/]+)/jobs';
  const named = '/v1/(?<name>projects/[^/]+/locations/[^/]+/jobs/[^/:]+)';
  const route = (
    verb: string,
    pattern: string,
    method: string,
    handle: (request: ApiRequest) => unknown,
  ): ApiRoute => ({
    verb,
    pattern: new RegExp(`^${pattern}$`),
    name: `jobs.${method}`,
    handle: async (request) => {
      const project = /^\/v1\/(projects\/[^/]+)/.exec(request.path)?.[1] ?? '';
      const permission = `cloudscheduler.jobs.${method}`;
      if (!ctx.policy.allows(request.caller, permission, project)) {
        throw new ApiError(403, `The principal lacks IAM permission "${permission}" for the resource "${project}".`);
      }
      return { body: await handle(request) };
    },
  });
  const name = (request: ApiRequest): string => request.params['name'] ?? '';
  const withState = (state: 'ENABLED' | 'PAUSED') => (request: ApiRequest) =>
    store.put({ ...store.find(name(request)), state });
  return [
    route('GET', parent, 'list', ({ params }) => ({
      jobs: store.all().filter((job) => job.name.startsWith(`${params['parent']}/jobs/`)),
    })),
    route('POST', parent, 'create', async (request) => {
      const job = await request.json<ScheduledJob>();
      if (store.all().some((known) => known.name === job.name)) throw new ApiError(409, 'Job already exists.');
      return store.put(job);
    }),
    route('GET', named, 'get', (request) => store.find(name(request))),
    route('PATCH', named, 'update', async (request) =>
      store.put({
        ...store.find(name(request)),
        ...(await request.json<Partial<ScheduledJob>>()),
        name: name(request),
      }),
    ),
    route('DELETE', named, 'delete', (request) => {
      store.find(name(request));
      store.remove(name(request));
      return {};
    }),
    route('POST', `${named}:pause`, 'pause', withState('PAUSED')),
    route('POST', `${named}:resume`, 'enable', withState('ENABLED')),
    route('POST', `${named}:run`, 'run', async (request) => {
      const job = store.find(name(request));
      await store.fire(job);
      return store.find(job.name);
    }),
  ];
}

/** gRPC status of a call: 0 when the target answered 2xx. */
async function callTarget(target: NonNullable<ScheduledJob['httpTarget']>, deps: SchedulerDeps): Promise<number> {
  const { uri, headers = {}, body, oauthToken } = target;
  const scope = oauthToken?.scope ?? 'https://www.googleapis.com/auth/cloud-platform';
  const token = oauthToken ? await deps.accessToken(oauthToken.serviceAccountEmail, [scope]) : undefined;
  const response = await fetch(deps.reroute(uri), {
    method: typeof target.httpMethod === 'string' ? target.httpMethod : 'POST',
    headers: { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}) },
    ...(body ? { body: Buffer.from(body, 'base64') } : {}),
    redirect: 'error',
    signal: AbortSignal.timeout(180_000),
  });
  await response.arrayBuffer();
  return response.ok ? 0 : 13;
}
