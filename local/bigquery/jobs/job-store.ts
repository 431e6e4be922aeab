import type { DatabaseSync } from 'node:sqlite';
import { duplicate } from '../errors.ts';
import { fullJobId, type JobRecord, type JobRef } from './job.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS bigquery_jobs (
    project TEXT, location TEXT, id TEXT, caller TEXT NOT NULL, parent TEXT, request TEXT, state TEXT NOT NULL,
    created_ms INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (project, location, id));
  CREATE INDEX IF NOT EXISTS bigquery_jobs_by_time ON bigquery_jobs (project, created_ms);
  CREATE INDEX IF NOT EXISTS bigquery_jobs_by_request ON bigquery_jobs (request) WHERE request IS NOT NULL;`;

export interface JobFilter {
  readonly projectId: string;
  /** Only this caller's. */
  readonly caller?: string | undefined;
  readonly parentJobId?: string | undefined;
  readonly states?: readonly string[];
  readonly minCreatedMs?: number | undefined;
  readonly maxCreatedMs?: number | undefined;
}

/** Every job that a client may ask for again; an id that was used stays used. */
export class JobStore {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec(SCHEMA);
  }

  /** Takes the job's id; a 409 when it is taken. */
  insert(record: JobRecord): void {
    const { ref, caller, parentJobId, requestId, state, createdMs } = record;
    const { changes } = this.#db
      .prepare('INSERT OR IGNORE INTO bigquery_jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        ref.projectId,
        ref.location,
        ref.jobId,
        caller,
        parentJobId ?? null,
        requestId ?? null,
        state,
        createdMs,
        JSON.stringify(record),
      );
    if (changes === 0) throw duplicate(`Job ${fullJobId(ref)}`);
  }

  save(record: JobRecord): void {
    const { ref, state } = record;
    this.#db
      .prepare('UPDATE bigquery_jobs SET state = ?, record = ? WHERE project = ? AND location = ? AND id = ?')
      .run(state, JSON.stringify(record), ref.projectId, ref.location, ref.jobId);
  }

  find({
    projectId,
    jobId,
    location,
  }: Omit<JobRef, 'location'> & { location?: string | undefined }): JobRecord | undefined {
    const [row] = this.#db
      .prepare(
        'SELECT record FROM bigquery_jobs WHERE project = ? AND id = ? AND (? IS NULL OR location = ?) ORDER BY created_ms',
      )
      .all(projectId, jobId, location ?? null, location ?? null);
    return row && recordOf(row);
  }

  findRequest(requestId: string, caller: string, sinceMs: number): JobRecord | undefined {
    const row = this.#db
      .prepare('SELECT record FROM bigquery_jobs WHERE request = ? AND caller = ? AND created_ms >= ?')
      .get(requestId, caller, sinceMs);
    return row && recordOf(row);
  }

  remove({ projectId, location, jobId }: JobRef): void {
    this.#db
      .prepare('DELETE FROM bigquery_jobs WHERE project = ? AND location = ? AND (id = ? OR parent = ?)')
      .run(projectId, location, jobId, jobId);
  }

  unfinished(): JobRecord[] {
    return this.#db.prepare("SELECT record FROM bigquery_jobs WHERE state <> 'DONE'").all().map(recordOf);
  }

  /** Newest first, from `offset` on. */
  list(filter: JobFilter, limit: number, offset: number): JobRecord[] {
    const {
      projectId,
      caller,
      parentJobId,
      states = [],
      minCreatedMs = 0,
      maxCreatedMs = Number.MAX_SAFE_INTEGER,
    } = filter;
    const rows = this.#db
      .prepare(
        `SELECT record FROM bigquery_jobs WHERE project = ? AND (? IS NULL OR caller = ?)
           AND (CASE WHEN ? IS NULL THEN parent IS NULL ELSE parent = ? END)
           AND created_ms BETWEEN ? AND ? AND (? = '' OR instr(?, state) > 0)
         ORDER BY created_ms DESC, id LIMIT ? OFFSET ?`,
      )
      .all(
        projectId,
        caller ?? null,
        caller ?? null,
        parentJobId ?? null,
        parentJobId ?? null,
        minCreatedMs,
        maxCreatedMs,
        states.join(),
        states.join(),
        limit,
        offset,
      );
    return rows.map(recordOf);
  }
}

const recordOf = (row: Record<string, unknown>): JobRecord => JSON.parse(String(row['record'])) as JobRecord;
