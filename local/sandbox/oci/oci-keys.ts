import { createPublicKey, type KeyObject } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

/** What Oracle can hold against a key, its user or its tenancy. */
export type OciState =
  | 'active'
  | 'deleted'
  | 'user_not_found'
  | 'user_locked'
  | 'user_disabled'
  | 'no_tenancy_policy'
  | 'no_usage_policy'
  | 'sign_up_required'
  | 'incorrect_state'
  | 'rate_limited'
  | 'provider_error'
  | 'unavailable'
  | 'unreachable';

/** An API key as its owner registered it: the public half alone. */
export interface OciKey {
  readonly tenancy: string;
  readonly user: string;
  readonly fingerprint: string;
  readonly publicKey: KeyObject;
  readonly homeRegion: string;
  /** Subscribed beside the home region. */
  readonly otherRegions: readonly string[];
  readonly state: OciState;
}

/** The name that a signature gives its key. */
export function keyIdOf({ tenancy, user, fingerprint }: Pick<OciKey, 'tenancy' | 'user' | 'fingerprint'>): string {
  return `${tenancy}/${user}/${fingerprint}`;
}

/** The API keys that the stand-in of Oracle Cloud knows. */
export class OciKeys {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec(`CREATE TABLE IF NOT EXISTS sandbox_oci_keys (
      key_id TEXT PRIMARY KEY, public_key TEXT NOT NULL, home_region TEXT NOT NULL, other_regions TEXT NOT NULL, state TEXT NOT NULL)`);
  }

  register(key: OciKey): void {
    const { publicKey, homeRegion, otherRegions, state } = key;
    const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
    this.#db
      .prepare('INSERT INTO sandbox_oci_keys VALUES (?, ?, ?, ?, ?)')
      .run(keyIdOf(key), pem, homeRegion, JSON.stringify(otherRegions), state);
  }

  setState(keyId: string, state: OciState): void {
    const { changes } = this.#db.prepare('UPDATE sandbox_oci_keys SET state = ? WHERE key_id = ?').run(state, keyId);
    if (changes === 0) throw new Error(`There is no key ${keyId}.`);
  }

  find(keyId: string): OciKey | undefined {
    const row = this.#db.prepare('SELECT * FROM sandbox_oci_keys WHERE key_id = ?').get(keyId);
    if (!row) return undefined;
    const [tenancy = '', user = '', fingerprint = ''] = keyId.split('/');
    return {
      ...{ tenancy, user, fingerprint },
      publicKey: createPublicKey(row['public_key'] as string),
      homeRegion: row['home_region'] as string,
      otherRegions: JSON.parse(row['other_regions'] as string) as string[],
      state: row['state'] as OciState,
    };
  }
}
