import type { Config } from '../platform/config.ts';
import { loadJobs, type JobDefinition } from './jobs.ts';
import { loadPipeline } from './pipeline-definition.ts';

/** A Cloud Scheduler entry as it has to be. */
export interface ScheduleEntry {
  /** Last part of its name: the pipeline's id with `-` for `/`, or the job's name where it runs none. */
  readonly id: string;
  readonly job: string;
  /** Cron with five fields. */
  readonly schedule: string;
  readonly timeZone: string;
  /** What the job's container is given. */
  readonly args: readonly string[];
}

export interface ScheduleTarget {
  readonly uri: string;
  readonly httpMethod: 'POST';
  /** JSON of Cloud Run's `jobs.run`. */
  readonly body: string;
}

const TIME_ZONE = 'Etc/UTC';

/** Every entry that there has to be: one for each pipeline, as its file says, and one for each job that runs none. */
export function scheduleEntries(jobs: readonly JobDefinition[] = loadJobs()): ScheduleEntry[] {
  return jobs.flatMap(({ job, pipelines, schedule }) => [
    ...pipelines.map((id) => pipelineEntry(job, id)),
    ...(schedule ? [{ id: job, job, schedule, timeZone: TIME_ZONE, args: [] }] : []),
  ]);
}

function pipelineEntry(job: string, pipeline: string): ScheduleEntry {
  const { schedule } = loadPipeline(pipeline);
  const id = pipeline.replaceAll('/', '-');
  return { id, job, schedule, timeZone: TIME_ZONE, args: ['--pipeline', pipeline] };
}

/** What the entry calls: `jobs.run` of Cloud Run's Admin API. */
export function targetOf(
  { job, args }: Pick<ScheduleEntry, 'job' | 'args'>,
  { projectId, location }: Pick<Config, 'projectId' | 'location'>,
): ScheduleTarget {
  const overrides = args.length > 0 ? { overrides: { containerOverrides: [{ args }] } } : {};
  return {
    uri: `https://run.googleapis.com/v2/projects/${projectId}/locations/${location}/jobs/${job}:run`,
    httpMethod: 'POST',
    body: JSON.stringify(overrides),
  };
}
