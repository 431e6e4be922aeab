import { ApiError } from '../kit/api-error.ts';
import { wireMs, type WireTime } from '../kit/wire-time.ts';
import type { KeyRow, ProtectionLevel } from './key-store.ts';

const DAY_MS = 86_400_000;

/** The parts of a CryptoKey that a caller can set. */
export interface KeyMessage {
  readonly name: string;
  readonly purpose: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly rotationPeriod: WireTime | null;
  readonly nextRotationTime: WireTime | null;
  readonly destroyScheduledDuration: WireTime | null;
  readonly importOnly: boolean;
  readonly versionTemplate: { readonly algorithm: string; readonly protectionLevel: string } | null;
}

/** The row of a new key, not yet with a version. */
export function newKey(
  { name, ring, tag, nowMs }: { name: string; ring: string; tag: Uint8Array; nowMs: number },
  wanted: KeyMessage | null,
): KeyRow {
  assertSymmetric(wanted);
  const key: KeyRow = {
    name,
    ring,
    tag,
    protection_level: protectionLevel(wanted),
    labels: JSON.stringify(wanted?.labels ?? {}),
    rotation_ms: wireMs(wanted?.rotationPeriod) ?? null,
    next_rotation_ms: wireMs(wanted?.nextRotationTime) ?? null,
    destroy_after_ms: wireMs(wanted?.destroyScheduledDuration) ?? 30 * DAY_MS,
    primary_number: null,
    created_ms: nowMs,
  };
  if (key.destroy_after_ms < DAY_MS || key.destroy_after_ms > 120 * DAY_MS) {
    throw new ApiError(400, 'destroy_scheduled_duration must be between 24 hours and 120 days.');
  }
  return checkedRotation(key, nowMs);
}

/** A key with the fields that an update mask names. */
export function applyUpdate(key: KeyRow, wanted: KeyMessage | null, paths: readonly string[], nowMs: number): KeyRow {
  if (paths.length === 0) throw new ApiError(400, 'update_mask must name at least one field.');
  const changes = paths.map((path) => changeOf(path, wanted));
  return checkedRotation(Object.assign({}, key, ...changes) as KeyRow, nowMs, paths);
}

function changeOf(path: string, wanted: KeyMessage | null): Partial<KeyRow> {
  switch (path) {
    case 'labels':
      return { labels: JSON.stringify(wanted?.labels ?? {}) };
    case 'rotation_period':
      return { rotation_ms: wireMs(wanted?.rotationPeriod) ?? null };
    case 'next_rotation_time':
      return { next_rotation_ms: wireMs(wanted?.nextRotationTime) ?? null };
    default:
      throw new ApiError(400, `The field ${path} of a CryptoKey cannot be updated.`);
  }
}

function assertSymmetric(wanted: KeyMessage | null): void {
  const purpose = wanted?.purpose ?? 'CRYPTO_KEY_PURPOSE_UNSPECIFIED';
  if (purpose === 'CRYPTO_KEY_PURPOSE_UNSPECIFIED') throw new ApiError(400, 'A CryptoKey must have a purpose.');
  const algorithm = wanted?.versionTemplate?.algorithm ?? 'GOOGLE_SYMMETRIC_ENCRYPTION';
  const isDefault = algorithm === 'CRYPTO_KEY_VERSION_ALGORITHM_UNSPECIFIED';
  if (purpose !== 'ENCRYPT_DECRYPT') throw notHere(`purpose ${purpose}`);
  if (algorithm !== 'GOOGLE_SYMMETRIC_ENCRYPTION' && !isDefault) throw notHere(`algorithm ${algorithm}`);
  if (wanted?.importOnly) throw notHere('import_only');
}

function protectionLevel(wanted: KeyMessage | null): ProtectionLevel {
  const level = wanted?.versionTemplate?.protectionLevel ?? 'SOFTWARE';
  if (level === 'SOFTWARE' || level === 'HSM') return level;
  if (level === 'PROTECTION_LEVEL_UNSPECIFIED') return 'SOFTWARE';
  throw notHere(`protection level ${level}`);
}

function notHere(what: string): ApiError {
  return new ApiError(501, `CryptoKeys with ${what} are not implemented by the embedded cloud.`);
}

function checkedRotation(key: KeyRow, nowMs: number, changed: readonly string[] = ['next_rotation_time']): KeyRow {
  if (key.rotation_ms !== null && key.rotation_ms < DAY_MS) {
    throw new ApiError(400, 'rotation_period must be at least 24 hours.');
  }
  if (key.rotation_ms !== null && key.next_rotation_ms === null) {
    throw new ApiError(400, 'next_rotation_time must be set when rotation_period is.');
  }
  const isPast = key.next_rotation_ms !== null && key.next_rotation_ms < nowMs;
  if (isPast && changed.includes('next_rotation_time'))
    throw new ApiError(400, 'next_rotation_time must be in the future.');
  return key;
}
