import { googleHost } from '../../gcp/google-hosts.ts';
import { askForToken, ownToken, principalWish, type Keyless, type TokenWish } from '../../gcp/impersonation.ts';
import { valuesAt } from '../body-match.ts';
import { NoAnswerError } from '../provider-http.ts';
import type { TestRun } from '../test-run.ts';
import { withReasons } from './google-api.ts';
import { TEST_SCOPES } from './scopes.ts';
import type { Entry } from './token-check.ts';

/** Proves that we may act for the organisation: as its principal, and as the account behind it. Reports `token`. */
export async function checkImpersonation(keyless: Keyless, principal: string, run: TestRun): Promise<Entry> {
  const entry = await actAs(keyless, principal, run);
  run.report({ id: 'token', ...entry.result.check });
  return entry;
}

async function actAs(keyless: Keyless, principal: string, run: TestRun): Promise<Entry> {
  const { target } = keyless;
  const first = await lookForToken('principal_token', { principal, email: principal }, run, async () =>
    principalWish(run.platform, keyless, await bearer(run), TEST_SCOPES),
  );
  if (!target || first.token === undefined) return first;
  const wish = { email: target, bearer: first.token, scopes: TEST_SCOPES };
  return lookForToken('target_token', { principal, email: target }, run, async () => wish);
}

async function lookForToken(
  check: string,
  places: { readonly principal: string; readonly email: string },
  run: TestRun,
  wish: () => Promise<TokenWish>,
): Promise<Entry> {
  const ask = async () => withReasons(await askForToken(run.platform, await wish()));
  const host = googleHost('iamcredentials');
  const result = await run.look(check, ask, { host, places: { ...places, service: host } });
  return result.answer ? { result, token: String(valuesAt(result.answer.body, 'accessToken')[0]) } : { result };
}

/** That this process has no identity to show is our own trouble, and says nothing about the customer. */
async function bearer({ platform }: TestRun): Promise<string> {
  try {
    return await ownToken(platform);
  } catch (cause) {
    throw new NoAnswerError('provider_error', { cause, canHeal: true });
  }
}
