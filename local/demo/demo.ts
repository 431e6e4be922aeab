import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Cloud } from '../cloud.ts';
import { INTEGRATIONS_DATASET } from '../topology.ts';
import type { SandboxCase, SandboxCases } from '../sandbox/cases.ts';
import { BILLING_ACCOUNTS } from './customer.ts';
import { customerOwner, loadExport } from './load-export.ts';
import { balance, bold, categoryLines, periodLines, stepPrinter } from './report.ts';
import { categorySumsQuery, periodSumsQuery, type CategorySum, type PeriodSum } from './sums.ts';

export interface DemoDeps {
  readonly baseUrl: string;
  /** A bearer token of an admin of `acme`. */
  readonly token: string;
  readonly cases: (org: string) => Promise<SandboxCases>;
  readonly runJob: (job: string, args: readonly string[]) => Promise<{ exit_code: number }>;
  /** GoogleSQL as somebody who may read every project. */
  readonly query: (sql: string) => Promise<unknown[]>;
  readonly print: (line: string) => void;
  readonly cloud: Pick<Cloud, 'iam' | 'endpoints' | 'context'>;
}

const ORG = 'acme';
const DATASET = 'billing_export';

/** Plays both flows for org `acme` through the public API; does nothing when the store holds integrations already. */
export async function runDemo(deps: DemoDeps): Promise<void> {
  const { query, print, runJob } = deps;
  if (!(await isEmptyStore(deps))) return;
  print(bold('Demo: org acme connects Google Cloud and OpenAI, and its billing export becomes FOCUS 1.3'));
  print('');
  const step = stepPrinter(print);

  const { providers } = await step('sample customer', () => deps.cases(ORG), 'credentials of the sandboxes');
  const gcp = caseOf(providers, 'gcp');
  const { tables } = await step('sample export', () => loadCustomerExport(gcp, deps), loaded);
  await step('connect Google Cloud', () => connect('gcp', withTables(gcp, tables), deps), verdict);
  await step('connect OpenAI', () => connect('openai', caseOf(providers, 'openai'), deps), verdict);
  const pipelines = [
    ['billing', 'export -> raw rows'],
    ['focus', 'raw rows -> FOCUS 1.3'],
  ] as const;
  for (const [job, says] of pipelines) {
    await step(`job ${job}`, async () => succeeded(job, await runJob(job, ['--org', ORG])), says);
  }

  const sums = { exports: tables, focus: `${deps.cloud.context.projectId}.${ORG}_prod.cost_data_standard_1_3` };
  const periods = await step('sums', () => query(periodSumsQuery(sums)) as Promise<PeriodSum[]>, balance);
  const categories = (await query(categorySumsQuery(sums))) as CategorySum[];
  print('');
  for (const line of periodLines(periods)) print(line);
  print('');
  for (const line of categoryLines(categories)) print(line);
  print('');
  for (const line of recomputeLines(periodSumsQuery(sums), deps)) print(line);
}

/** The query behind the first table, and how to run it: whoever doubts a sum adds it up alone. */
function recomputeLines(sql: string, { cloud }: DemoDeps): string[] {
  const file = join(cloud.context.dataDir, 'demo-sums.sql');
  writeFileSync(file, `${sql}\n`);
  return [
    bold('The first table again, by any BigQuery client or by this line:'),
    '',
    `  npm run --silent query -- ${relative(process.cwd(), file)}`,
    '',
    ...sql.split('\n').map((line) => `  ${line}`),
    '',
  ];
}

async function isEmptyStore({ query, cloud }: DemoDeps): Promise<boolean> {
  const table = `${cloud.context.projectId}.${INTEGRATIONS_DATASET}.org_integration_credentials`;
  return (await query(`SELECT 1 FROM \`${table}\` LIMIT 1`)).length === 0;
}

function caseOf(providers: SandboxCases['providers'], slug: string): SandboxCase {
  const found = providers[slug]?.['valid'];
  if (!found) throw new Error(`The sandbox has no valid credentials for ${slug}.`);
  return found;
}

interface LoadedExport {
  readonly tables: readonly string[];
  readonly rows: number;
  readonly partitions: number;
}

/** Does what Google does for a customer who switches the export on: tables in the customer's own project. */
async function loadCustomerExport({ credentials }: SandboxCase, { cloud }: DemoDeps): Promise<LoadedExport> {
  const { project_id: projectId = '', client_email: email = '' } = credentials ?? {};
  const owner = await customerOwner(cloud.iam, cloud.endpoints.bigquery, projectId);
  const lastDay = cloud.context.clock.now().toISOString().slice(0, 10);
  const loads: number[] = [];
  // One query reads the export and the FOCUS rows, and no query spans locations.
  const dataset = { datasetId: DATASET, location: cloud.context.location };
  const tables = await loadExport(owner, dataset, { lastDay }, (rows) => loads.push(rows));
  cloud.iam.grant(`projects/${projectId}/datasets/${DATASET}`, 'roles/bigquery.dataViewer', email);
  return { tables, rows: loads.reduce((sum, rows) => sum + rows, 0), partitions: loads.length };
}

function loaded({ tables, rows, partitions }: LoadedExport): string {
  return `${rows.toLocaleString('en-US')} rows, ${partitions} day partitions, ${tables.length} billing accounts`;
}

function withTables(gcp: SandboxCase, [first, ...further]: readonly string[]): SandboxCase {
  const accounts = further.map((table, index) => ({
    name: BILLING_ACCOUNTS[index + 1]?.name,
    billing_export_table: table,
  }));
  return { ...gcp, metadata: { billing_export_table: first, additional_billing_accounts: accounts } };
}

interface Verdict {
  readonly validation_status: string;
  readonly fingerprint: string | null;
  readonly last_check?: { readonly checks?: readonly { status: string; message: string }[] } | null;
}

/** Sets a provider up as the console does, and waits for the verdict. */
async function connect(slug: string, { credentials, metadata }: SandboxCase, deps: DemoDeps): Promise<Verdict> {
  const response = await fetch(`${deps.baseUrl}/integrations/${ORG}/${slug}/setup`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${deps.token}`,
      'content-type': 'application/json',
      prefer: 'wait=20',
    },
    body: JSON.stringify({ credentials, metadata }),
  });
  if (!response.ok) throw new Error(`Setting up ${slug} was answered ${response.status}: ${await response.text()}`);
  const answer = (await response.json()) as Verdict;
  if (answer.validation_status === 'VALID') return answer;
  const failed = answer.last_check?.checks?.find(({ status }) => status === 'fail');
  throw new Error(`${slug} came to ${answer.validation_status}: ${failed?.message ?? 'no check failed'}`);
}

function verdict({ validation_status, fingerprint, last_check }: Verdict): string {
  const checks = last_check?.checks?.length ?? 0;
  return `${validation_status}${checks > 0 ? `, ${checks} checks` : ''}, fingerprint ${fingerprint}`;
}

async function succeeded(job: string, { exit_code }: { exit_code: number }): Promise<void> {
  if (exit_code !== 0) throw new Error(`Job ${job} ended with exit code ${exit_code}; its log is log/jobs.jsonl.`);
}
