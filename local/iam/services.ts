import type { DatabaseSync } from 'node:sqlite';

/** Which APIs are switched off in which project; all others are on. */
export class Services {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec(`CREATE TABLE IF NOT EXISTS iam_disabled_services (
      project_id TEXT NOT NULL, service TEXT NOT NULL, PRIMARY KEY (project_id, service))`);
  }

  /** @param service - `compute.googleapis.com` */
  isEnabled(projectId: string, service: string): boolean {
    const find = this.#db.prepare('SELECT 1 FROM iam_disabled_services WHERE project_id = ? AND service = ?');
    return find.get(projectId, service) === undefined;
  }

  setEnabled(projectId: string, service: string, enabled: boolean): void {
    const statement = enabled
      ? 'DELETE FROM iam_disabled_services WHERE project_id = ? AND service = ?'
      : 'INSERT OR IGNORE INTO iam_disabled_services (project_id, service) VALUES (?, ?)';
    this.#db.prepare(statement).run(projectId, service);
  }
}
