import { googleHost } from '../../gcp/google-hosts.ts';
import { valuesAt } from '../body-match.ts';
import type { ProviderAnswer } from '../provider-http.ts';
import type { CheckResult, TestRun } from '../test-run.ts';
import { isDetailedInstead, missingColumns, tablePath, type ExportTable } from './export-tables.ts';
import { askGoogle, consumerIn, isDenied, withFacts, type Reader } from './google-api.ts';
import { unlessInEffectSoon } from './propagation.ts';
import { askForQuery, placesOf } from './query-check.ts';

const NEEDED = ['bigquery.tables.get', 'bigquery.tables.getData'] as const;
const HOST = googleHost('bigquery');
/** `EU`, `europe-west3`: what else stands there is repeated nowhere. */
const PLACE = /^[A-Za-z][A-Za-z0-9-]{1,40}$/;

/** What a table is, as far as reading it depends on it. */
interface Described {
  readonly type: string;
  readonly location: string | undefined;
  readonly columns: readonly string[];
}

export interface TableQuestion {
  readonly table: ExportTable;
  /** The region of the integration, as the user has it. */
  readonly region: string | undefined;
}

/** Whether the account may read a table: its description, and one row of it. The caller reports. */
export async function lookAtTable(
  { table, region }: TableQuestion,
  reader: Reader,
  run: TestRun,
): Promise<CheckResult> {
  const places: Record<string, string> = {
    ...placesOf(reader),
    table: tablePath(table),
    table_project: table.projectId,
    dataset: `${table.projectId}.${table.datasetId}`,
    region: region ?? '',
  };
  const look = asker(reader, table, places, run);
  const description = await look('table_access', async () => {
    const answer = await askGoogle(run.endpoints, {
      label: 'bigquery',
      path: `${pathOf(table)}?view=BASIC`,
      token: reader.token,
    });
    return withFacts(answer, shapeOf(table, region, describedIn(answer), places));
  });
  if (!description.answer) return description;
  const described = describedIn(description.answer);
  const rows =
    described.type === 'TABLE'
      ? await look('table_rows', () => askForRow(table, described, reader, run))
      : await look('table_query', () => askForQuery(reader, queryOf(table, described), run));
  return rows.outcome === 'accepted' ? description : rows;
}

/** Asks about the table; a refusal that IAM contradicts is none yet. */
function asker(reader: Reader, table: ExportTable, places: Record<string, string>, run: TestRun) {
  return async (id: string, ask: () => Promise<ProviderAnswer>): Promise<CheckResult> => {
    let answer: ProviderAnswer | undefined;
    const looked = await run.look(
      id,
      async () => {
        answer = await ask();
        places['consumer'] = consumerIn(answer) ?? reader.projectId;
        return answer;
      },
      { host: HOST, places },
    );
    if (!answer || !isDenied(answer)) return looked;
    return unlessInEffectSoon(looked, run, {
      ask: () => askForTablePermissions(table, reader, run),
      host: HOST,
      needed: NEEDED,
      places,
    });
  };
}

function askForTablePermissions(
  table: ExportTable,
  { token }: Reader,
  { endpoints }: TestRun,
): Promise<ProviderAnswer> {
  const question = { label: 'bigquery', path: `${pathOf(table)}:testIamPermissions`, token };
  return askGoogle(endpoints, { ...question, body: { permissions: NEEDED } });
}

function askForRow(
  table: ExportTable,
  { columns }: Described,
  { token }: Reader,
  { endpoints }: TestRun,
): Promise<ProviderAnswer> {
  // One column is proof enough, and keeps a wide row within the limit of an answer.
  const selected = columns.includes('billing_account_id') ? '&selectedFields=billing_account_id' : '';
  return askGoogle(endpoints, { label: 'bigquery', path: `${pathOf(table)}/data?maxResults=1${selected}`, token });
}

// Rows of a view come from a query only; the parts of the name fit the pattern of the registry, which has no backtick.
function queryOf(table: ExportTable, { location }: Described) {
  return { query: `SELECT 1 FROM \`${tablePath(table)}\` LIMIT 1`, location };
}

function pathOf({ projectId, datasetId, tableId }: ExportTable): string {
  const [project, dataset, table] = [projectId, datasetId, tableId].map(encodeURIComponent);
  return `/bigquery/v2/projects/${project}/datasets/${dataset}/tables/${table}`;
}

function describedIn({ body }: ProviderAnswer): Described {
  const text = (path: string): string | undefined =>
    valuesAt(body, path).find((value): value is string => typeof value === 'string');
  const columns = valuesAt(body, 'schema.fields[].name').filter((name) => typeof name === 'string');
  const location = text('location');
  return { type: text('type') ?? '', location: location && PLACE.test(location) ? location : undefined, columns };
}

/** Facts about the table that the registry's table of answers has rows for; their words go to the places. */
function shapeOf(
  table: ExportTable,
  region: string | undefined,
  { location, columns }: Described,
  places: Record<string, string>,
): Readonly<Record<string, unknown>> {
  const missing = missingColumns(table, columns);
  places['columns'] = missing.join(', ');
  places['location'] = location ?? '';
  const isElsewhere = region !== undefined && location !== undefined && region.toLowerCase() !== location.toLowerCase();
  return {
    lacks_columns: columns.length > 0 && missing.length > 0,
    is_detailed: isDetailedInstead(table, columns),
    is_elsewhere: isElsewhere,
  };
}
