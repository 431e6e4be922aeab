import { duration, timestamp } from '../kit/wire-time.ts';
import { versionName } from './key-access.ts';
import type { KeyRow, VersionRow } from './key-store.ts';

const ALGORITHM = 'GOOGLE_SYMMETRIC_ENCRYPTION';

export function ringMessage(ring: { name: string; created_ms: number }): object {
  return { name: ring.name, createTime: timestamp(ring.created_ms) };
}

/** A CryptoKey as the API shows it; never with material. */
export function keyMessage(key: KeyRow, primary: VersionRow | undefined): object {
  return {
    name: key.name,
    ...(primary ? { primary: versionMessage(key, primary) } : {}),
    purpose: 'ENCRYPT_DECRYPT',
    createTime: timestamp(key.created_ms),
    ...(key.next_rotation_ms === null ? {} : { nextRotationTime: timestamp(key.next_rotation_ms) }),
    ...(key.rotation_ms === null ? {} : { rotationPeriod: duration(key.rotation_ms) }),
    versionTemplate: { protectionLevel: key.protection_level, algorithm: ALGORITHM },
    labels: JSON.parse(key.labels) as Record<string, string>,
    destroyScheduledDuration: duration(key.destroy_after_ms),
  };
}

export function versionMessage(key: KeyRow, version: VersionRow): object {
  return {
    name: versionName(version.key, version.number),
    state: version.state,
    protectionLevel: key.protection_level,
    algorithm: ALGORITHM,
    createTime: timestamp(version.created_ms),
    generateTime: timestamp(version.created_ms),
    ...(version.destroy_ms === null ? {} : { destroyTime: timestamp(version.destroy_ms) }),
    ...(version.destroyed_ms === null ? {} : { destroyEventTime: timestamp(version.destroyed_ms) }),
  };
}
