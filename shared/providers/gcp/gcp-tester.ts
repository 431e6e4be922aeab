import { isOwnAccount, orgPrincipal } from '../../gcp/org-principal.ts';
import type { Tester } from '../connection-test.ts';
import type { Credentials, Metadata } from '../format-check.ts';
import { isKeyless, serviceAccountOf } from '../service-account.ts';
import { worst, type CheckResult, type TestRun } from '../test-run.ts';
import type { Reader } from './google-api.ts';
import { checkImpersonation } from './impersonation-check.ts';
import { lookAtKeyState, type KeyFinding } from './key-state-check.ts';
import { readAll } from './reader-checks.ts';
import { checkKeyToken } from './token-check.ts';

/** Google Cloud: a token first; then the state of the key, permissions, a query, every configured table, and what else may be read. */
export const testGcp: Tester = async ({ org, credentials, metadata, discovered = {} }, run) => {
  const entry = isKeyless(credentials)
    ? await enterWithoutKey(org, credentials, run)
    : await enterWithKey(credentials, discovered, run);
  if (!('reader' in entry)) return endOf([entry.refused]);

  const [key, reading] = await Promise.all([entry.key, readAll(entry.reader, metadata, run)]);
  run.report({ id: 'key_state', ...key.check });
  if (key.refused) return endOf([key.refused]);
  reading.report();
  return { ...endOf(reading.results), discovered: { ...reading.discovered, ...key.discovered } };
};

type Entered = { readonly reader: Reader; readonly key: Promise<KeyFinding> | KeyFinding } | Refused;
interface Refused {
  readonly refused: CheckResult;
}

async function enterWithKey(credentials: Credentials, known: Metadata, run: TestRun): Promise<Entered> {
  const account = serviceAccountOf(credentials);
  const { result, token } = await checkKeyToken(account, known, run);
  if (token === undefined) return { refused: result };
  const reader = { email: account.client_email, projectId: account.project_id, token };
  return { reader, key: lookAtKeyState(account, token, run) };
}

async function enterWithoutKey(org: string, credentials: Credentials, run: TestRun): Promise<Entered> {
  const { project_id: projectId = '', service_account: target } = credentials;
  const own = run.platform.config.projectId;
  // The format check refuses it as well: nobody acts as an account of ours by naming it.
  if (target && isOwnAccount(target, own)) {
    run.report({ id: 'token', ...OWN_ACCOUNT.check });
    return { refused: OWN_ACCOUNT };
  }
  const principal = orgPrincipal(org, own);
  const { result, token } = await checkImpersonation({ org, target }, principal, run);
  if (token === undefined) return { refused: result };
  return {
    reader: { email: target ?? principal, projectId, token },
    key: { check: NO_KEY, discovered: { principal } },
  };
}

function endOf(results: readonly CheckResult[]) {
  const { outcome = 'accepted', retryAfterMs } = worst(results) ?? {};
  return { outcome, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) } as const;
}

const OWN_ACCOUNT: CheckResult = {
  outcome: 'rejected',
  canHeal: false,
  isFatal: true,
  check: {
    status: 'fail',
    message: 'service_account is an account of this platform itself.',
    remedy: 'Name a service account of your own project, or leave service_account out.',
  },
};

const NO_KEY = { status: 'pass', message: 'There is no key that could run out or leak.' } as const;
