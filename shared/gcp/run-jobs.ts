import type { JobsClient } from '@google-cloud/run';
import { bounded, unavailable } from '../platform/deadline.ts';
import { ServiceError } from '../platform/errors.ts';
import type { Platform } from '../platform/platform.ts';
import { restEndpoint } from './endpoint.ts';

/** Starts executions of our own Cloud Run jobs. */
export interface JobStarter {
  /**
   * Answers when the execution is made, which is long before it ends.
   *
   * @param args - What the container is given in place of its own arguments.
   * @throws ServiceError `backend_unavailable`; the execution may have been made all the same.
   */
  start(job: string, args: readonly string[]): Promise<void>;
}

/** It is part of an HTTP request, milliseconds. */
const CALL_LIMIT_MS = 3_000;

export function jobStarter(platform: Platform): JobStarter {
  const { projectId, location } = platform.config;
  let client: Promise<JobsClient> | undefined;
  return {
    async start(job, args) {
      client ??= connect(platform);
      const name = `projects/${projectId}/locations/${location}/jobs/${job}`;
      const request = { name, overrides: { containerOverrides: [{ args: [...args] }] } };
      try {
        const call = client.then((jobs) => jobs.runJob(request, { timeout: CALL_LIMIT_MS }));
        await bounded('Cloud Run', call, CALL_LIMIT_MS);
      } catch (err) {
        throw err instanceof ServiceError ? err : unavailable('Cloud Run', err);
      }
    },
  };
}

/** The client takes longer to load than all else that a function needs, and reads do not need it. */
async function connect({ config, auth }: Platform): Promise<JobsClient> {
  const { JobsClient } = await import('@google-cloud/run');
  return new JobsClient({
    fallback: true,
    ...(config.endpoints.run ? restEndpoint(config.endpoints.run) : {}),
    ...(auth ? { authClient: auth } : {}),
  });
}
