import { googleHost } from '../../gcp/google-hosts.ts';
import { requestToken } from '../../gcp/service-account-auth.ts';
import { valuesAt } from '../body-match.ts';
import type { Metadata } from '../format-check.ts';
import type { ProviderAnswer } from '../provider-http.ts';
import type { GoogleServiceAccount } from '../service-account.ts';
import type { CheckResult, TestRun } from '../test-run.ts';
import { askGoogle, withFacts } from './google-api.ts';
import { publishedKey, type PublishedKey } from './published-key.ts';
import { TEST_SCOPES } from './scopes.ts';

/** What a token check comes to: with the token, or with why there is none. */
export interface Entry {
  readonly result: CheckResult;
  readonly token?: string;
}

/** Proves that Google knows the key: exchanges a signed assertion for a token. Reports `token`. */
export async function checkKeyToken(account: GoogleServiceAccount, discovered: Metadata, run: TestRun): Promise<Entry> {
  const places = { email: account.client_email };
  let answer: ProviderAnswer | undefined;
  const asked = await run.look('token', async () => (answer = await requestToken(run.platform, account, TEST_SCOPES)), {
    host: googleHost('oauth2'),
    places,
  });
  const isUnknownKey = asked.outcome === 'rejected' && answer !== undefined && says(answer, /Invalid JWT Signature/i);
  const result = isUnknownKey ? ((await whyUnknown(account, discovered, run)) ?? asked) : asked;
  run.report({ id: 'token', ...result.check });
  return result.answer ? { result, token: String(valuesAt(result.answer.body, 'access_token')[0]) } : { result };
}

/**
 * The token endpoint has the same words for a key that was deleted, disabled, belongs elsewhere or is a minute old. The list of
 * the account's public keys, which anybody may read, tells them apart; undefined when it cannot be had.
 */
async function whyUnknown(
  account: GoogleServiceAccount,
  discovered: Metadata,
  run: TestRun,
): Promise<CheckResult | undefined> {
  let key: PublishedKey | undefined;
  const validBefore = discovered['key_valid_before'];
  const now = run.platform.clock.now();
  const path = `/robot/v1/metadata/x509/${encodeURIComponent(account.client_email)}`;
  const found = await run.look(
    'public_keys',
    async () => {
      const answer = await askGoogle(run.endpoints, { label: 'www', path });
      if (answer.status !== 200) return answer;
      const hasRunOut = typeof validBefore === 'string' && new Date(validBefore) <= now;
      key = hasRunOut ? 'expired' : publishedKey(answer.body, account, now);
      return withFacts(answer, { key });
    },
    { host: googleHost('www'), places: { email: account.client_email } },
  );
  return key !== undefined || found.outcome === 'rejected' ? found : undefined;
}

function says({ body }: ProviderAnswer, words: RegExp): boolean {
  return valuesAt(body, 'error_description').some((text) => typeof text === 'string' && words.test(text));
}
