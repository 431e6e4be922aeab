import type { BigQuery } from '@google-cloud/bigquery';

interface JobMetadata {
  readonly configuration: { readonly query: { readonly query: string } };
  readonly statistics: {
    readonly creationTime: string;
    readonly startTime: string;
    readonly endTime: string;
    readonly numChildJobs?: string;
  };
}

/** How long a statement ran, milliseconds, by BigQuery's own clock. */
export interface StatementTime {
  readonly sql: string;
  readonly ms: number;
}

/** A query job's time, and the times of its statements when it is a script or a call, in order. */
export interface QueryTime extends StatementTime {
  readonly statements: readonly StatementTime[];
}

/** Runs a query as a job and reads its times from the job's statistics, as `INFORMATION_SCHEMA.JOBS` shows them too. */
export async function timedQuery(
  bigQuery: BigQuery,
  request: { query: string; location: string; params?: object; types?: object },
): Promise<QueryTime> {
  const [job] = await bigQuery.createQueryJob(request as Parameters<BigQuery['createQueryJob']>[0]);
  await job.getQueryResults({ maxResults: 0 });
  const metadata = (await job.getMetadata())[0] as JobMetadata;
  const children = metadata.statistics.numChildJobs === undefined ? [] : await childrenOf(bigQuery, job.id!);
  return { ...timeOf(metadata), statements: children.map(timeOf) };
}

async function childrenOf(bigQuery: BigQuery, parentJobId: string): Promise<JobMetadata[]> {
  // The client's types do not know the parameter.
  const [jobs] = await bigQuery.getJobs({ parentJobId } as object);
  return jobs
    .map(({ metadata }) => metadata as JobMetadata)
    .sort((a, b) => Number(a.statistics.creationTime) - Number(b.statistics.creationTime));
}

const timeOf = ({ configuration, statistics }: JobMetadata): StatementTime => ({
  sql: configuration.query.query,
  ms: Number(statistics.endTime) - Number(statistics.startTime),
});
