import { randomBytes } from 'node:crypto';
import { crc32c } from '@aws-crypto/crc32c';
import { ApiError } from '../kit/api-error.ts';
import type { UnaryMethod } from '../kit/grpc.ts';
import { versionName, type KeyAccess } from './key-access.ts';
import type { KeyRow, VersionRow } from './key-store.ts';
import { open, readSeal, seal } from './sealed-bytes.ts';

type Checksum = { readonly value: string } | null;

interface EncryptRequest {
  readonly name: string;
  readonly plaintext: Buffer;
  readonly additionalAuthenticatedData: Buffer;
  readonly plaintextCrc32c: Checksum;
  readonly additionalAuthenticatedDataCrc32c: Checksum;
}

interface DecryptRequest {
  readonly name: string;
  readonly ciphertext: Buffer;
  readonly additionalAuthenticatedData: Buffer;
  readonly ciphertextCrc32c: Checksum;
  readonly additionalAuthenticatedDataCrc32c: Checksum;
}

const MAX_BYTES = 64 << 10;
const MAX_HSM_BYTES = 8 << 10;
/** Room for the header around 64 KiB of sealed bytes. */
const MAX_CIPHERTEXT_BYTES = MAX_BYTES + 128;

/** Encrypt, Decrypt and GenerateRandomBytes. */
export function cipherMethods(access: KeyAccess): Record<string, UnaryMethod> {
  return {
    Encrypt(request: EncryptRequest, caller) {
      access.require(caller, 'cloudkms.cryptoKeyVersions.useToEncrypt', request.name);
      const { key, version } = encryptingVersion(access, request.name);
      verify('plaintext', request.plaintext, request.plaintextCrc32c);
      verifyAad(request);
      checkSize(key, request.plaintext, request.additionalAuthenticatedData);
      const by = { keyTag: key.tag, version: version.number };
      const ciphertext = seal(usable(version), by, request.plaintext, request.additionalAuthenticatedData);
      return {
        name: versionName(key.name, version.number),
        ciphertext,
        ciphertextCrc32c: checksum(ciphertext),
        verifiedPlaintextCrc32c: request.plaintextCrc32c !== null,
        verifiedAdditionalAuthenticatedDataCrc32c: request.additionalAuthenticatedDataCrc32c !== null,
        protectionLevel: key.protection_level,
      };
    },
    Decrypt(request: DecryptRequest, caller) {
      access.require(caller, 'cloudkms.cryptoKeyVersions.useToDecrypt', request.name);
      const key = access.key(request.name);
      verify('ciphertext', request.ciphertext, request.ciphertextCrc32c);
      verifyAad(request);
      const version = sealingVersion(access, key, request.ciphertext);
      const plaintext = open(usable(version), request.ciphertext, request.additionalAuthenticatedData);
      if (!plaintext) throw new ApiError(400, 'Decryption failed: the ciphertext is invalid.');
      return {
        plaintext,
        plaintextCrc32c: checksum(plaintext),
        usedPrimary: key.primary_number === version.number,
        protectionLevel: key.protection_level,
      };
    },
    GenerateRandomBytes({ location, lengthBytes, protectionLevel }: RandomRequest, caller) {
      access.require(caller, 'cloudkms.locations.generateRandomBytes', location);
      if (lengthBytes < 8 || lengthBytes > 1024) throw new ApiError(400, 'length_bytes must be between 8 and 1024.');
      // Google offers this call on its HSMs alone.
      if (protectionLevel !== 'HSM') throw new ApiError(400, 'protection_level must be HSM.');
      const data = randomBytes(lengthBytes);
      return { data, dataCrc32c: checksum(data) };
    },
  };
}

interface RandomRequest {
  readonly location: string;
  readonly lengthBytes: number;
  readonly protectionLevel: string;
}

/** A key's name means its primary version; a version's name that very one. */
function encryptingVersion(access: KeyAccess, name: string): { key: KeyRow; version: VersionRow } {
  if (/\/cryptoKeyVersions\/[^/]+$/.test(name)) return access.version(name);
  const key = access.key(name);
  const version = key.primary_number === null ? undefined : access.store.version(key.name, key.primary_number);
  if (!version) throw precondition(`CryptoKey ${name} has no primary version.`);
  return { key, version };
}

function sealingVersion(access: KeyAccess, key: KeyRow, ciphertext: Buffer): VersionRow {
  if (ciphertext.length > MAX_CIPHERTEXT_BYTES) throw new ApiError(400, 'ciphertext is too large.');
  const found = readSeal(ciphertext);
  if (!found) throw new ApiError(400, 'Decryption failed: the ciphertext is invalid.');
  const version = Buffer.from(found.keyTag).equals(key.tag) ? access.store.version(key.name, found.version) : undefined;
  if (!version) throw new ApiError(400, "Decryption failed: verify that 'name' refers to the correct CryptoKey.");
  return version;
}

function usable({ key, number, state, material }: VersionRow): Uint8Array {
  if (state === 'ENABLED' && material) return material;
  throw precondition(`${versionName(key, number)} is not enabled, current state is: ${state}.`);
}

function precondition(message: string): ApiError {
  return new ApiError(400, message, { status: 'FAILED_PRECONDITION' });
}

function checkSize(key: KeyRow, plaintext: Buffer, aad: Buffer): void {
  if (key.protection_level === 'HSM') {
    if (plaintext.length + aad.length <= MAX_HSM_BYTES) return;
    throw new ApiError(400, `plaintext and additional_authenticated_data together exceed ${MAX_HSM_BYTES} bytes.`);
  }
  for (const [field, { length }] of Object.entries({ plaintext, additional_authenticated_data: aad })) {
    if (length > MAX_BYTES) throw new ApiError(400, `${field} is ${length} bytes, the limit is ${MAX_BYTES} bytes.`);
  }
}

function checksum(bytes: Uint8Array): { value: string } {
  return { value: String(crc32c(bytes)) };
}

function verify(field: string, bytes: Buffer, sent: Checksum): void {
  if (sent === null || String(sent.value) === checksum(bytes).value) return;
  throw new ApiError(400, `The checksum in field ${field}_crc32c did not match the data in field ${field}.`);
}

function verifyAad(request: { additionalAuthenticatedData: Buffer; additionalAuthenticatedDataCrc32c: Checksum }) {
  const { additionalAuthenticatedData, additionalAuthenticatedDataCrc32c } = request;
  verify('additional_authenticated_data', additionalAuthenticatedData, additionalAuthenticatedDataCrc32c);
}
