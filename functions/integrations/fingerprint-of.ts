import { fingerprint } from '../../shared/credentials/fingerprint.ts';
import type { CheckedInput } from '../../shared/providers/format-check.ts';

/** Names what was submitted; a manual entry is known by what it says. */
export function fingerprintOf({ credentials, metadata }: Pick<CheckedInput, 'credentials' | 'metadata'>): string {
  return fingerprint(credentials ? credentials.reveal() : JSON.parse(JSON.stringify(metadata)));
}
