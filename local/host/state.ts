import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** File of the control plane: keys, identities, policies, messages. Readable by its owner only, for it holds key material. */
export const STATE_FILE = 'cloud.sqlite';

/** Opens the durable state below `dataDir`; survives kill -9 and may be read by a second process. */
export function openState(dataDir: string): DatabaseSync {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, STATE_FILE);
  const db = new DatabaseSync(file);
  chmodSync(file, 0o600);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;');
  return db;
}
