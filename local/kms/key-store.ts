import type { DatabaseSync } from 'node:sqlite';

export type VersionState = 'ENABLED' | 'DISABLED' | 'DESTROYED' | 'DESTROY_SCHEDULED';
export type ProtectionLevel = 'SOFTWARE' | 'HSM';

export interface KeyRow {
  readonly name: string;
  readonly ring: string;
  /** Eight random bytes in every ciphertext, so that a foreign one is known at once. */
  readonly tag: Uint8Array;
  readonly protection_level: ProtectionLevel;
  readonly labels: string;
  readonly rotation_ms: number | null;
  readonly next_rotation_ms: number | null;
  readonly destroy_after_ms: number;
  readonly primary_number: number | null;
  readonly created_ms: number;
}

export interface VersionRow {
  readonly key: string;
  readonly number: number;
  readonly state: VersionState;
  /** 32 bytes; null once destroyed. */
  readonly material: Uint8Array | null;
  readonly created_ms: number;
  readonly destroy_ms: number | null;
  readonly destroyed_ms: number | null;
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS kms_key_rings (name TEXT PRIMARY KEY, created_ms INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS kms_crypto_keys (
    name TEXT PRIMARY KEY, ring TEXT NOT NULL, tag BLOB NOT NULL, protection_level TEXT NOT NULL, labels TEXT NOT NULL,
    rotation_ms INTEGER, next_rotation_ms INTEGER, destroy_after_ms INTEGER NOT NULL, primary_number INTEGER,
    created_ms INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS kms_key_versions (
    key TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL, material BLOB, created_ms INTEGER NOT NULL,
    destroy_ms INTEGER, destroyed_ms INTEGER, PRIMARY KEY (key, number)) STRICT;
`;

/** Key rings, keys and versions with their material, as rows that survive a crash. */
export class KeyStore {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    // What a row leaves behind in its page is overwritten, or destroyed key material would stay in the file.
    db.exec('PRAGMA secure_delete = ON');
    db.exec(TABLES);
  }

  ring(name: string): { name: string; created_ms: number } | undefined {
    return this.#row('SELECT * FROM kms_key_rings WHERE name = ?', name);
  }

  rings(parent: string): { name: string; created_ms: number }[] {
    return this.#rows(
      `SELECT * FROM kms_key_rings WHERE substr(name, 1, length(?1) + 10) = ?1 || '/keyRings/' ORDER BY name`,
      parent,
    );
  }

  addRing(name: string, createdMs: number): void {
    this.#run('INSERT INTO kms_key_rings VALUES (?, ?)', name, createdMs);
  }

  key(name: string): KeyRow | undefined {
    return this.#row('SELECT * FROM kms_crypto_keys WHERE name = ?', name);
  }

  keys(ring: string): KeyRow[] {
    return this.#rows('SELECT * FROM kms_crypto_keys WHERE ring = ? ORDER BY name', ring);
  }

  saveKey(key: KeyRow): void {
    this.#run(
      'INSERT OR REPLACE INTO kms_crypto_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[key.name, key.ring, key.tag, key.protection_level, key.labels, key.rotation_ms, key.next_rotation_ms],
      ...[key.destroy_after_ms, key.primary_number, key.created_ms],
    );
  }

  /** Keys whose rotation is due, and versions whose time to die has come. */
  due(nowMs: number): { keys: KeyRow[]; versions: VersionRow[] } {
    return {
      keys: this.#rows('SELECT * FROM kms_crypto_keys WHERE rotation_ms IS NOT NULL AND next_rotation_ms <= ?', nowMs),
      versions: this.#rows(
        `SELECT * FROM kms_key_versions WHERE state = 'DESTROY_SCHEDULED' AND destroy_ms <= ?`,
        nowMs,
      ),
    };
  }

  version(key: string, number: number): VersionRow | undefined {
    return this.#row('SELECT * FROM kms_key_versions WHERE key = ? AND number = ?', key, number);
  }

  versions(key: string): VersionRow[] {
    return this.#rows('SELECT * FROM kms_key_versions WHERE key = ? ORDER BY number', key);
  }

  saveVersion(version: VersionRow): void {
    this.#run(
      'INSERT OR REPLACE INTO kms_key_versions VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[version.key, version.number, version.state, version.material, version.created_ms],
      ...[version.destroy_ms, version.destroyed_ms],
    );
  }

  /** Forgets key material for good: no older copy stays in the write-ahead log either. */
  wipe(version: VersionRow, nowMs: number): void {
    this.saveVersion({ ...version, state: 'DESTROYED', material: null, destroyed_ms: nowMs });
    this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  #row<T>(sql: string, ...values: Value[]): T | undefined {
    return this.#db.prepare(sql).get(...values) as T | undefined;
  }

  #rows<T>(sql: string, ...values: Value[]): T[] {
    return this.#db.prepare(sql).all(...values) as T[];
  }

  #run(sql: string, ...values: Value[]): void {
    this.#db.prepare(sql).run(...values);
  }
}

type Value = string | number | null | Uint8Array;
