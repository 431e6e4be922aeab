import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Signatures are recomputed from the secret itself, so AWS has to keep it. It is kept sealed: whoever searches the store for a
 * credential in the clear finds none.
 */
export class SealedTexts {
  readonly #key: Uint8Array;

  constructor(db: DatabaseSync) {
    db.exec('CREATE TABLE IF NOT EXISTS sandbox_aws_seal (id INTEGER PRIMARY KEY CHECK (id = 1), key BLOB NOT NULL)');
    db.prepare('INSERT OR IGNORE INTO sandbox_aws_seal (id, key) VALUES (1, ?)').run(randomBytes(32));
    this.#key = db.prepare('SELECT key FROM sandbox_aws_seal').get()?.['key'] as Uint8Array;
  }

  seal(text: string): Uint8Array {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, iv);
    return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  }

  open(sealed: Uint8Array): string {
    const bytes = Buffer.from(sealed);
    const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, IV_BYTES));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
  }
}
