import { readFileSync } from 'node:fs';
import { BigQuery } from '@google-cloud/bigquery';
import { OAuth2Client } from 'google-auth-library';
import { findServer } from '../host/server-file.ts';
import { DATA_DIR } from '../options.ts';
import { textTable } from './text-table.ts';

const USAGE = 'usage: npm run query -- FILE.sql';

interface Info {
  readonly project_id: string;
  readonly endpoints: { readonly bigquery: string };
  readonly operator: { readonly access_token: string };
}

/** Runs the GoogleSQL of a file in the running server, as anybody's BigQuery client would, and prints the rows. */
async function main(): Promise<void> {
  const [file] = process.argv.slice(2);
  if (!file) throw new Error(USAGE);
  const server = await findServer(DATA_DIR);
  if (!server) throw new Error('No server is running here; start it with npm start.');
  const {
    project_id: projectId,
    endpoints,
    operator,
  } = (await (await fetch(`${server.url}/local/info`)).json()) as Info;
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: operator.access_token });
  const bigQuery = new BigQuery({ projectId, apiEndpoint: endpoints.bigquery, authClient });
  const [rows] = await bigQuery.query(readFileSync(file, 'utf8'));
  for (const line of rowLines(rows as Record<string, unknown>[])) console.log(line);
}

function rowLines(rows: readonly Record<string, unknown>[]): string[] {
  const [first] = rows;
  if (!first) return ['no rows'];
  const columns = Object.keys(first).map((title) => ({ title, isNumber: isNumeric(first[title]) }));
  return textTable(
    columns,
    rows.map((row) => columns.map(({ title }) => cellText(row[title]))),
  );
}

/** Decimals and times of the client have a JSON form; text needs no quotes here. */
function cellText(value: unknown): string {
  return value === null || value === undefined ? '' : JSON.stringify(value).replace(/^"|"$/g, '');
}

function isNumeric(value: unknown): boolean {
  return /^-?\d+(\.\d+)?$/.test(cellText(value));
}

main().catch((err: unknown) => {
  console.error(err instanceof Error ? err.message : err);
  process.exit(1);
});
