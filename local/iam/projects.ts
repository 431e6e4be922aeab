import type { DatabaseSync } from 'node:sqlite';
import { randomInt } from 'node:crypto';
import type { Clock } from '../kit/contracts.ts';

export interface Project {
  readonly projectId: string;
  /** Twelve digits, as text. */
  readonly number: string;
  readonly createdMs: number;
}

/** Projects that have been used; each got its number when it came into being. */
export class Projects {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;

  constructor(db: DatabaseSync, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    db.exec(`CREATE TABLE IF NOT EXISTS iam_projects (
      project_id TEXT PRIMARY KEY, number TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL)`);
  }

  find(idOrNumber: string): Project | undefined {
    const row = this.#db
      .prepare('SELECT project_id, number, created_ms FROM iam_projects WHERE project_id = ? OR number = ?')
      .get(idOrNumber, idOrNumber);
    return row && fromRow(row);
  }

  ensure(projectId: string): Project {
    this.#db
      .prepare('INSERT OR IGNORE INTO iam_projects (project_id, number, created_ms) VALUES (?, ?, ?)')
      .run(projectId, String(randomInt(1e11, 1e12 - 1)), this.#clock.now().getTime());
    return this.find(projectId)!;
  }
}

function fromRow(row: Record<string, unknown>): Project {
  return {
    projectId: String(row['project_id']),
    number: String(row['number']),
    createdMs: Number(row['created_ms']),
  };
}

export function isProjectId(text: string): boolean {
  return /^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(text);
}
