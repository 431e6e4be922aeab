import type { OAuth2Client } from 'google-auth-library';
import type { Check } from '../../credentials/integration-row.ts';
import type { Platform } from '../../platform/platform.ts';
import type { Outcome } from '../provider-spec.ts';
import type { GoogleServiceAccount } from '../service-account.ts';
import { askGoogle, failureOf, googleApi } from './google-check.ts';

interface AccountState {
  readonly disabled?: boolean;
}
interface KeyState {
  readonly disabled?: boolean;
  readonly validBeforeTime?: string;
}

export interface KeyFinding {
  readonly outcome: Outcome;
  readonly check: Check;
}

/**
 * Looks whether account and key are still switched on; a token may outlive both.
 * Few accounts may read this about themselves, and those that may not are not worse for it.
 */
export async function checkKeyState(
  auth: OAuth2Client,
  { config, clock }: Pick<Platform, 'config' | 'clock'>,
  { client_email, private_key_id }: GoogleServiceAccount,
): Promise<KeyFinding> {
  const account = `${googleApi(config.endpoints, 'iam')}/v1/projects/-/serviceAccounts/${encodeURIComponent(client_email)}`;
  try {
    const { disabled } = await askGoogle<AccountState>(auth, account);
    if (disabled)
      return failed('rejected', 'The service account is disabled.', 'Enable it under IAM > Service accounts.');
    if (!private_key_id) return passed('The service account is enabled.');
    const key = await askGoogle<KeyState>(auth, `${account}/keys/${encodeURIComponent(private_key_id)}`);
    return judge(key, clock.now());
  } catch (err) {
    const isGone = failureOf(err).status === 404;
    return isGone
      ? failed(
          'rejected',
          'The key or its service account was deleted.',
          'Create a new JSON key and replace the credential.',
        )
      : unseen();
  }
}

function judge({ disabled, validBeforeTime }: KeyState, now: Date): KeyFinding {
  if (disabled) return failed('rejected', 'The key is disabled.', 'Enable it under IAM > Service accounts > Keys.');
  if (validBeforeTime && new Date(validBeforeTime) <= now) {
    return failed('expired', 'The key has expired.', 'Create a new JSON key and replace the credential.');
  }
  return passed('The service account is enabled and the key is published.');
}

function passed(message: string): KeyFinding {
  return { outcome: 'accepted', check: { id: 'key_state', status: 'pass', message } };
}

function failed(outcome: Outcome, message: string, remedy: string): KeyFinding {
  return { outcome, check: { id: 'key_state', status: 'fail', message, remedy } };
}

function unseen(): KeyFinding {
  const message = 'The account may not read the state of its own keys; the token shows that the key works.';
  return { outcome: 'accepted', check: { id: 'key_state', status: 'skip', message } };
}
