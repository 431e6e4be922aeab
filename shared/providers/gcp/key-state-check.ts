import { isVerdict } from '../../credentials/lifecycle.ts';
import { googleHost } from '../../gcp/google-hosts.ts';
import { valuesAt } from '../body-match.ts';
import type { Metadata } from '../format-check.ts';
import type { GoogleServiceAccount } from '../service-account.ts';
import type { CheckResult, TestRun } from '../test-run.ts';
import { askGoogle, withFacts } from './google-api.ts';

export interface KeyFinding {
  readonly check: CheckResult['check'];
  /** Set when the key or its account is certainly switched off, which ends the test. */
  readonly refused?: CheckResult;
  readonly discovered: Metadata;
}

/** `9999-12-31T23:59:59Z`: a key without an end. */
const NEVER = /^9999-/;

/**
 * Looks whether account and key are still switched on; a token may outlive both. The caller reports.
 * Few accounts may read this about themselves, and those that may not, or cannot now, are not worse for it.
 */
export async function lookAtKeyState(
  { client_email, private_key_id }: GoogleServiceAccount,
  token: string,
  run: TestRun,
): Promise<KeyFinding> {
  const path = `/v1/projects/-/serviceAccounts/${encodeURIComponent(client_email)}`;
  const options = { host: googleHost('iam'), places: { email: client_email } };
  const account = await run.look(
    'account_state',
    () => askGoogle(run.endpoints, { label: 'iam', path, token }),
    options,
  );
  if (!private_key_id || account.outcome !== 'accepted' || account.check.status === 'skip') {
    return finding(account, {});
  }
  const now = run.platform.clock.now();
  const key = await run.look(
    'key_state',
    async () => {
      const question = { label: 'iam', path: `${path}/keys/${encodeURIComponent(private_key_id)}`, token };
      const answer = await askGoogle(run.endpoints, question);
      const end = validBefore(answer.body);
      return withFacts(answer, { has_run_out: end !== undefined && new Date(end) <= now });
    },
    options,
  );
  const end = validBefore(key.answer?.body);
  return finding(key, end === undefined || NEVER.test(end) ? {} : { key_valid_before: end });
}

function finding(result: CheckResult, discovered: Metadata): KeyFinding {
  const isRefused = result.isFatal && isVerdict(result.outcome);
  const isUnknown = result.isFatal && !isRefused;
  const check = isUnknown ? { ...result.check, status: 'skip' as const } : result.check;
  return { check, ...(isRefused ? { refused: result } : {}), discovered };
}

function validBefore(body: unknown): string | undefined {
  const [end] = valuesAt(body, 'validBeforeTime');
  return typeof end === 'string' && !Number.isNaN(Date.parse(end)) ? end : undefined;
}
