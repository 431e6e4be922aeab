import { isVerdict } from '../../credentials/lifecycle.ts';
import type { Metadata } from '../format-check.ts';
import type { CheckResult, TestRun } from '../test-run.ts';
import { CAPABILITY_PERMISSIONS, lookAtCapabilities } from './capability-checks.ts';
import { discover } from './discover.ts';
import { billingAccountOf, exportTables, type ExportTable } from './export-tables.ts';
import type { Reader } from './google-api.ts';
import { lookAtPermissions, weighed } from './permission-check.ts';
import { lookAtJobUser } from './query-check.ts';
import { lookAtTable } from './table-check.ts';

/** What came of reading, and how to report it in its order. */
export interface Reading {
  readonly results: readonly CheckResult[];
  readonly discovered: Metadata;
  report(): void;
}

/** Reads what the pipelines read: what is needed, and what else there is. All of it at once, so that nobody waits for the slowest in turn. */
export async function readAll(reader: Reader, metadata: Metadata, run: TestRun): Promise<Reading> {
  const tables = exportTables(metadata);
  const billingAccount = tables.map(billingAccountOf).find((id) => id !== undefined);
  const permissions = lookAtPermissions(reader, CAPABILITY_PERMISSIONS, run);
  const [found, billing, capabilities] = await Promise.all([
    permissions,
    readExport(reader, { tables, region: regionOf(metadata) }, run),
    permissions.then(({ granted }) => lookAtCapabilities(reader, { granted, billingAccount }, run)),
  ]);
  const { job, looked, discovered } = billing;
  return {
    results: [job, ...looked],
    discovered,
    report() {
      run.report({ id: 'iam_permissions', ...weighed(found, provenBy(billing)) });
      run.report({ id: 'job_user', ...job.check });
      if (isOver(job)) return;
      if (tables.length === 0) run.report(NO_TABLE);
      for (const [index, { check: table }] of looked.entries()) {
        run.report({ id: `table_access:${tables[index]?.field}`, ...table });
      }
      for (const capability of capabilities) run.report(capability);
    },
  };
}

interface ExportReading {
  readonly job: CheckResult;
  readonly looked: readonly CheckResult[];
  readonly discovered: Metadata;
}

/** Where not even a query comes to a verdict, tables will not either, and are left alone. */
async function readExport(
  reader: Reader,
  { tables, region }: { readonly tables: readonly ExportTable[]; readonly region: string | undefined },
  run: TestRun,
): Promise<ExportReading> {
  const job = await lookAtJobUser(reader, run);
  if (isOver(job)) return { job, looked: [], discovered: {} };
  const projects = [...new Set([reader.projectId, ...tables.map(({ projectId }) => projectId)])];
  const [looked, discovered] = await Promise.all([
    Promise.all(tables.map((table) => lookAtTable({ table, region }, reader, run))),
    discover(reader, projects, run),
  ]);
  return { job, looked, discovered };
}

/** Roles whose work was seen to be done. */
function provenBy({ job, looked }: ExportReading): ReadonlySet<string> {
  const works = ({ outcome }: CheckResult): boolean => outcome === 'accepted';
  return new Set([
    ...(works(job) ? ['roles/bigquery.jobUser'] : []),
    ...(looked.length > 0 && looked.every(works) ? ['roles/bigquery.dataViewer'] : []),
  ]);
}

function isOver({ isFatal, outcome }: CheckResult): boolean {
  return isFatal && !isVerdict(outcome);
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
