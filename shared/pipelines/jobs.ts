import { readFileSync } from 'node:fs';
import { Type, type Static } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { parse } from 'yaml';
import { DeploymentError } from '../platform/errors.ts';

const FILE = new URL('../../configs/system/jobs.yml', import.meta.url);

const JobFile = Type.Array(
  Type.Object(
    {
      job: Type.String({ pattern: '^[a-z][a-z0-9-]*$' }),
      pipelines: Type.Array(Type.String(), { default: [] }),
      schedule: Type.Optional(Type.String({ pattern: '^[0-9*,/-]+( [0-9*,/-]+){4}$' })),
    },
    { additionalProperties: false },
  ),
);

/** A Cloud Run job: the ids of the pipelines that it runs, or its own cron in `Etc/UTC` when it runs none. */
export type JobDefinition = Static<typeof JobFile>[number];

/** Reads `configs/system/jobs.yml`. @throws DeploymentError that lists every fault of the file. */
export function loadJobs(file: URL = FILE): readonly JobDefinition[] {
  const jobs = Value.Default(JobFile, parse(readFileSync(file, 'utf8')));
  const faults = [...Value.Errors(JobFile, jobs)].map(({ path, message }) => `${path || '/'} ${message}`);
  if (faults.length > 0) throw new DeploymentError(`The list of jobs has faults:\n  ${faults.join('\n  ')}`);
  return jobs as JobDefinition[];
}

/** The job that runs a pipeline; undefined when none does. */
export function jobOf(pipeline: string, jobs: readonly JobDefinition[] = loadJobs()): string | undefined {
  return jobs.find(({ pipelines }) => pipelines.includes(pipeline))?.job;
}

/** Ids of the pipelines that a job runs. */
export function pipelinesOf(job: string, jobs: readonly JobDefinition[] = loadJobs()): readonly string[] {
  return jobs.find((known) => known.job === job)?.pipelines ?? [];
}
