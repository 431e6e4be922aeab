import { isVerdict } from '../../credentials/lifecycle.ts';
import { isOwnAccount, orgPrincipal } from '../../gcp/org-principal.ts';
import type { Tester } from '../connection-test.ts';
import type { Credentials, Metadata } from '../format-check.ts';
import { isKeyless, serviceAccountOf } from '../service-account.ts';
import { worst, type CheckResult, type TestRun } from '../test-run.ts';
import { CAPABILITY_PERMISSIONS, lookAtCapabilities } from './capability-checks.ts';
import { discover } from './discover.ts';
import { billingAccountOf, exportTables } from './export-tables.ts';
import type { Reader } from './google-api.ts';
import { checkImpersonation } from './impersonation-check.ts';
import { checkKeyState } from './key-state-check.ts';
import { checkPermissions } from './permission-check.ts';
import { checkJobUser } from './query-check.ts';
import { lookAtTable } from './table-check.ts';
import { checkKeyToken } from './token-check.ts';

/** Google Cloud: token, key state, permissions, a query, every configured table, and what else the account may see. */
export const testGcp: Tester = async ({ org, credentials, metadata, discovered = {} }, run) => {
  const entry = isKeyless(credentials)
    ? await enterWithoutKey(org, credentials, run)
    : await enterWithKey(credentials, discovered, run);
  if (!('reader' in entry)) return endOf([entry.refused]);
  const { reader } = entry;

  const granted = await checkPermissions(reader, CAPABILITY_PERMISSIONS, run);
  const job = await checkJobUser(reader, run);
  if (job.isFatal && !isVerdict(job.outcome)) return endOf([job]);

  const tables = exportTables(metadata);
  if (tables.length === 0) run.report(NO_TABLE);
  const billingAccount = tables.map(billingAccountOf).find((id) => id !== undefined);
  const projects = [...new Set([reader.projectId, ...tables.map(({ projectId }) => projectId)])];
  const [looked, capabilities, found] = await Promise.all([
    Promise.all(tables.map((table) => lookAtTable({ table, region: regionOf(metadata) }, reader, run))),
    lookAtCapabilities(reader, { granted, billingAccount }, run),
    discover(reader, projects, run),
  ]);
  for (const [index, { check }] of looked.entries())
    run.report({ id: `table_access:${tables[index]?.field}`, ...check });
  for (const check of capabilities) run.report(check);
  return { ...endOf([job, ...looked]), discovered: { ...found, ...entry.discovered } };
};

type Entered = { readonly reader: Reader; readonly discovered: Metadata } | { readonly refused: CheckResult };

async function enterWithKey(credentials: Credentials, known: Metadata, run: TestRun): Promise<Entered> {
  const account = serviceAccountOf(credentials);
  const { result, token } = await checkKeyToken(account, known, run);
  if (token === undefined) return { refused: result };
  const { refused, discovered } = await checkKeyState(account, token, run);
  if (refused) return { refused };
  return { reader: { email: account.client_email, projectId: account.project_id, token }, discovered };
}

async function enterWithoutKey(org: string, credentials: Credentials, run: TestRun): Promise<Entered> {
  const { project_id: projectId = '', service_account: target } = credentials;
  const own = run.platform.config.projectId;
  const principal = orgPrincipal(org, own);
  // The format check refuses it as well: nobody acts as an account of ours by naming it.
  if (target && isOwnAccount(target, own)) {
    run.report({ id: 'token', ...OWN_ACCOUNT.check });
    return { refused: OWN_ACCOUNT };
  }
  const { result, token } = await checkImpersonation({ org, target }, principal, run);
  if (token === undefined) return { refused: result };
  run.report(NO_KEY);
  return { reader: { email: target ?? principal, projectId, token }, discovered: { principal } };
}

function endOf(results: readonly CheckResult[]) {
  const { outcome = 'accepted', retryAfterMs } = worst(results) ?? {};
  return { outcome, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) } as const;
}

function regionOf({ region }: Metadata): string | undefined {
  return typeof region === 'string' ? region : undefined;
}

const NO_TABLE = {
  id: 'table_access',
  status: 'warn',
  message: 'No billing export table is configured, so the billing pipeline has nothing to read.',
  remedy: 'Add billing_export_table to the metadata; discovered lists the tables that the account sees.',
} as const;

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

const NO_KEY = { id: 'key_state', status: 'pass', message: 'There is no key that could run out or leak.' } as const;
