import type { Writable } from 'node:stream';
import type { Job, Table } from '@google-cloud/bigquery';

/** The client asks every 500 ms whether a job is done; jobs.get allows a thousand a second, and most loads are done sooner. */
const POLL_MS = 100;

/** A stream whose bytes become one load job into `table`; it finishes when the job has succeeded. */
export function loadStream(table: Table, load: Readonly<Record<string, unknown>>): Writable {
  const stream = table.createWriteStream(load);
  stream.once('job', (job: Job & { pollIntervalMs?: number }) => (job.pollIntervalMs = POLL_MS));
  return stream;
}
