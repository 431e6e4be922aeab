import type { Caller } from '../../kit/contracts.ts';
import type { TableRef } from '../contracts.ts';
import { accessDenied, tableName } from '../errors.ts';
import { anonymousDataset, jobOfAnonymous, type JobRecord } from '../jobs/job.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Json } from '../requests.ts';

/** The job whose rows an anonymous table holds; undefined for any other table. */
export function anonymousJob(jobs: Jobs, caller: Caller, ref: TableRef): JobRecord | undefined {
  const job = jobOfAnonymous(ref);
  if (!job) return undefined;
  if (ref.datasetId !== anonymousDataset(caller.email)) {
    throw accessDenied(
      `Table ${tableName(ref)}: User does not have permission to query table ${tableName(ref)}, or perhaps it does not exist.`,
    );
  }
  return jobs.visible(caller, job);
}

export function anonymousTableResource(jobs: Jobs, caller: Caller, ref: TableRef): Json | undefined {
  const record = anonymousJob(jobs, caller, ref);
  if (!record) return undefined;
  return {
    kind: 'bigquery#table',
    id: tableName(ref),
    tableReference: ref,
    type: 'TABLE',
    schema: { fields: record.outcome?.schema ?? [] },
    numRows: String(record.outcome?.stored?.count ?? 0),
    numBytes: '0',
    creationTime: String(record.createdMs),
    lastModifiedTime: String(record.endedMs ?? record.createdMs),
    location: record.ref.location,
  };
}
