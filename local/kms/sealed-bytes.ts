import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const FORMAT = 1;
const TAG_BYTES = 8;
const HEADER_BYTES = 1 + TAG_BYTES + 4;
const IV_BYTES = 12;
const MAC_BYTES = 16;

/** Which key and version sealed a ciphertext. */
export interface Seal {
  readonly keyTag: Uint8Array;
  readonly version: number;
}

/** AES-256-GCM under a random IV: header (format, key tag, version), IV, MAC, sealed bytes. */
export function seal(material: Uint8Array, by: Seal, plaintext: Uint8Array, aad: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(FORMAT);
  header.set(by.keyTag, 1);
  header.writeUInt32BE(by.version, 1 + TAG_BYTES);
  const iv = randomBytes(IV_BYTES);
  // The header is authenticated too, so a ciphertext cannot be relabelled to another version.
  const cipher = createCipheriv('aes-256-gcm', material, iv).setAAD(Buffer.concat([header, aad]));
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([header, iv, cipher.getAuthTag(), sealed]);
}

/** Reads whose a ciphertext is; undefined when it is none of ours. */
export function readSeal(ciphertext: Uint8Array): Seal | undefined {
  const bytes = Buffer.from(ciphertext);
  if (bytes.length < HEADER_BYTES + IV_BYTES + MAC_BYTES || bytes[0] !== FORMAT) return undefined;
  return { keyTag: bytes.subarray(1, 1 + TAG_BYTES), version: bytes.readUInt32BE(1 + TAG_BYTES) };
}

/** Opens a ciphertext; undefined when it, or the data it was bound to, was altered. */
export function open(material: Uint8Array, ciphertext: Uint8Array, aad: Uint8Array): Buffer | undefined {
  const bytes = Buffer.from(ciphertext);
  const iv = bytes.subarray(HEADER_BYTES, HEADER_BYTES + IV_BYTES);
  const macEnd = HEADER_BYTES + IV_BYTES + MAC_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', material, iv)
    .setAAD(Buffer.concat([bytes.subarray(0, HEADER_BYTES), aad]))
    .setAuthTag(bytes.subarray(HEADER_BYTES + IV_BYTES, macEnd));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(macEnd)), decipher.final()]);
  } catch {
    return undefined;
  }
}
