import type { Platform } from '../platform/platform.ts';
import { kmsClient } from './kms.ts';

const CALL_LIMIT_MS = 5_000;

/** Which version of a key seals now. */
export interface PrimaryVersions {
  /** Full name of the primary version; undefined when the key has none that is enabled, or is gone. */
  primaryOf(keyName: string): Promise<string | undefined>;
}

export function primaryVersions(platform: Platform): PrimaryVersions {
  const kms = kmsClient(platform);
  return {
    async primaryOf(name) {
      const [{ primary }] = await kms.getCryptoKey({ name }, { timeout: CALL_LIMIT_MS });
      return primary?.state === 'ENABLED' ? (primary.name ?? undefined) : undefined;
    },
  };
}
