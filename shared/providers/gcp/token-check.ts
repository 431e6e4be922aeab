import type { Check } from '../../credentials/integration-row.ts';
import { requestToken, type ServiceAccountKey, type TokenAnswer } from '../../gcp/service-account-auth.ts';
import type { Platform } from '../../platform/platform.ts';
import type { Outcome } from '../provider-spec.ts';

/** Reading is all that a test does. */
const SCOPES = [
  'https://www.googleapis.com/auth/cloud-platform.read-only',
  'https://www.googleapis.com/auth/cloud-billing.readonly',
];
const NEW_KEY = 'Create a new JSON key under IAM > Service accounts > Keys and replace the credential.';

export interface TokenFinding {
  readonly outcome: Outcome;
  readonly check: Check;
  readonly accessToken?: string;
}

/** Proves that Google knows the key: exchanges a signed assertion for a token. */
export async function checkToken(
  platform: Pick<Platform, 'config' | 'clock'>,
  key: ServiceAccountKey,
  expiresAt: string | null,
): Promise<TokenFinding> {
  let answer: TokenAnswer;
  try {
    answer = await requestToken(platform, key, SCOPES);
  } catch (err) {
    return err instanceof SyntaxError
      ? failed('provider_error', "Google's token endpoint gave no readable answer; the test is tried again.")
      : failed('unreachable', "Google's token endpoint could not be reached within 10 s; the test is tried again.");
  }
  if (answer.status === 200 && answer.body?.access_token) {
    const check = { id: 'token', status: 'pass', message: 'Google issued a token for the key.' } as const;
    return { outcome: 'accepted', check, accessToken: answer.body.access_token };
  }
  const finding = refusal(answer);
  const isExpired = finding.outcome === 'rejected' && expiresAt !== null && new Date(expiresAt) <= platform.clock.now();
  return isExpired ? failed('expired', 'Google refuses the key, and its stated expiry has passed.', NEW_KEY) : finding;
}

/** The token endpoint's texts are the only thing that tells its refusals apart. */
function refusal({ status, body }: TokenAnswer): TokenFinding {
  const { error = '', error_description: text = '' } = body ?? {};
  if (status === 429) return failed('rate_limited', 'Google limits the rate of requests; the test is tried again.');
  if (status >= 500)
    return failed('provider_error', 'Google answered with an error of its own; the test is tried again.');
  if (/reasonable timeframe|short-lived/i.test(text)) {
    return failed('provider_error', 'Our clock and that of Google differ too much; the test is tried again.');
  }
  if (error === 'disabled_client' || /disabled/i.test(text)) {
    const remedy = 'Enable the service account under IAM > Service accounts, then test again.';
    return failed('rejected', 'The service account is disabled.', remedy);
  }
  if (error === 'deleted_client' || /account not found/i.test(text)) {
    return failed('rejected', 'The service account does not exist any more.', NEW_KEY);
  }
  if (error === 'invalid_grant') {
    return failed(
      'rejected',
      'Google does not accept the key: it was deleted, or belongs to another account.',
      NEW_KEY,
    );
  }
  return failed('provider_error', 'Google gave an answer that says nothing about the key; the test is tried again.');
}

function failed(outcome: Outcome, message: string, remedy?: string): TokenFinding {
  return { outcome, check: { id: 'token', status: 'fail', message, ...(remedy ? { remedy } : {}) } };
}
