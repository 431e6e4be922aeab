import { CloudSchedulerClient, type protos } from '@google-cloud/scheduler';
import type { Platform } from '../platform/platform.ts';
import { restEndpoint } from './endpoint.ts';

/** A Cloud Scheduler entry as it stands. */
export interface FoundEntry {
  /** Last part of its name. */
  readonly id: string;
  readonly schedule: string;
  readonly timeZone: string;
  /** By a user, or by Cloud Scheduler itself after faults of its own. */
  readonly isPaused: boolean;
  readonly uri: string;
  readonly httpMethod: string;
  /** Text of the request that it makes. */
  readonly body: string;
}

type Job = protos.google.cloud.scheduler.v1.IJob;

const CALL_LIMIT_MS = 10_000;

/** All entries of our own project and location. */
export async function listScheduleEntries({ config, auth }: Platform): Promise<FoundEntry[]> {
  const client = new CloudSchedulerClient({
    fallback: true,
    ...(config.endpoints.scheduler ? restEndpoint(config.endpoints.scheduler) : {}),
    ...(auth ? { authClient: auth } : {}),
  });
  try {
    const parent = `projects/${config.projectId}/locations/${config.location}`;
    const [jobs] = await client.listJobs({ parent }, { timeout: CALL_LIMIT_MS });
    return jobs.map(toEntry);
  } finally {
    await client.close();
  }
}

function toEntry({ name, schedule, timeZone, state, httpTarget }: Job): FoundEntry {
  return {
    id: (name ?? '').split('/').at(-1) ?? '',
    schedule: schedule ?? '',
    timeZone: timeZone ?? '',
    isPaused: state === 'PAUSED' || state === 'DISABLED',
    uri: httpTarget?.uri ?? '',
    httpMethod: String(httpTarget?.httpMethod ?? ''),
    body: Buffer.from(httpTarget?.body ?? '').toString(),
  };
}
