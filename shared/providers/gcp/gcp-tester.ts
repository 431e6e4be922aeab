import { isVerdict } from '../../credentials/lifecycle.ts';
import { customerBigQuery } from '../../gcp/customer-bigquery.ts';
import { tokenAuth } from '../../gcp/service-account-auth.ts';
import type { Tester } from '../connection-test.ts';
import type { Outcome } from '../provider-spec.ts';
import { serviceAccountOf } from '../service-account.ts';
import { checkJobUser, checkTable, discover, type BigQueryFinding } from './bigquery-checks.ts';
import { exportTables } from './export-tables.ts';
import { checkKeyState } from './key-state-check.ts';
import { checkBillingViewer, checkIamPermissions } from './permission-checks.ts';
import { checkToken } from './token-check.ts';

/** How many tables are read at once. */
const PARALLEL_TABLES = 4;
const MAX_DISCOVERED_PROJECTS = 5;

/** Google Cloud: token, key state, permissions, a query, every configured table, and the billing account. */
export const testGcp: Tester = async ({ credentials, metadata }, run) => {
  const { platform } = run;
  const expiresAt = null;
  const report = run.report.bind(run);
  const account = serviceAccountOf(credentials);
  const token = await checkToken(platform, account, expiresAt);
  report(token.check);
  if (!token.accessToken) return { outcome: token.outcome };

  const auth = tokenAuth(token.accessToken);
  const key = await checkKeyState(auth, platform, account);
  report(key.check);
  if (key.outcome !== 'accepted') return { outcome: key.outcome };

  report(await checkIamPermissions(auth, platform, account));
  const bigQuery = customerBigQuery(platform, account, { maxRetries: 0 });
  const findings = [await checkJobUser(bigQuery, account)];
  report(findings[0]!.check);
  if (!isVerdict(findings[0]!.outcome)) return { outcome: findings[0]!.outcome };

  const tables = exportTables(metadata);
  if (tables.length === 0) report(NO_TABLE);
  for (let at = 0; at < tables.length; at += PARALLEL_TABLES) {
    const batch = tables.slice(at, at + PARALLEL_TABLES);
    const found = await Promise.all(batch.map((table) => checkTable(bigQuery, table, account)));
    for (const { check } of found) report(check);
    findings.push(...found);
  }
  report(await checkBillingViewer(auth, platform, account));

  const projects = [...new Set([account.project_id, ...tables.map(({ projectId }) => projectId)])];
  const discovered = await discover(bigQuery, projects.slice(0, MAX_DISCOVERED_PROJECTS));
  return { outcome: worst(findings), discovered };
};

const NO_TABLE = {
  id: 'table_access',
  status: 'warn',
  message: 'No billing export table is configured, so the billing pipeline has nothing to read.',
  remedy: 'Add billing_export_table to the metadata; discovered lists the tables that the account sees.',
} as const;

/** A missing right is certain and goes before what could not be found out. */
function worst(findings: readonly BigQueryFinding[]): Outcome {
  const outcomes = findings.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'accepted');
  return outcomes.find(isVerdict) ?? outcomes[0] ?? 'accepted';
}
