import type { DatabaseSync } from 'node:sqlite';

/** Runs `work`, which must not wait for anything, as one transaction: all of it is on disk when this returns, or none. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  if (db.isTransaction) return work();
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (err) {
    db.exec('ROLLBACK');
    throw err;
  }
}
