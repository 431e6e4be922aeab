import type { BigQuery } from '@google-cloud/bigquery';
import { bigQuery, INTERACTIVE } from '../../shared/gcp/bigquery.ts';
import { preferredType } from '../../shared/http/accept.ts';
import { httpFunction, type Answer, type HttpHandler, type OrgCall } from '../../shared/http/edge.ts';
import { orgDatasetName } from '../../shared/pipelines/org-dataset.ts';
import { Warehouse } from '../../shared/pipelines/warehouse.ts';
import { bounded, unavailable } from '../../shared/platform/deadline.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { platformRegistry } from '../../shared/providers/registry.ts';
import { costRequestOf, type CostRequest } from './cost-request.ts';
import { toCsv } from './csv.ts';
import { readCosts, sumsOf, type CostRow, type CostTable } from './read-costs.ts';

const TABLE = 'cost_data_standard_1_3';
const MONEY = ['billed_cost', 'effective_cost', 'list_cost'] as const;
export const CSV = 'text/csv';
export const PARQUET = 'application/vnd.apache.parquet';
const TYPES = ['application/json', CSV, PARQUET] as const;

interface HandlerDeps {
  readonly platform: Platform;
  readonly client: BigQuery;
}

/** GET /costs/{org} */
export function create(platform: Platform): HttpHandler {
  const deps = { platform, client: bigQuery(platform, INTERACTIVE) };
  return httpFunction('costs', platform, { registry: platformRegistry(platform.config) }, [
    { path: '/costs/{org}', scope: 'org', handle: (call) => handle(call, deps) },
  ]);
}

async function handle({ org, query, request }: OrgCall, deps: HandlerDeps): Promise<Answer> {
  const wanted = costRequestOf(query, deps.platform.clock.now());
  const type = preferredType(request.headers.accept, TYPES);
  const table = await tableOf(org, deps);
  if (type === 'application/json') return { status: 200, body: await readCosts(wanted, table) };
  return download(type, { org, ...wanted }, table ? await sumsOf(wanted, table) : []);
}

async function download(
  type: typeof CSV | typeof PARQUET,
  { org, from, to, groups }: CostRequest & { readonly org: string },
  rows: readonly CostRow[],
): Promise<Answer> {
  const columns = [...groups, 'billing_currency', ...MONEY];
  const name = `costs-${org}-${from}-${to}.${type === CSV ? 'csv' : 'parquet'}`;
  const content = type === CSV ? toCsv(columns, rows) : await parquet(columns, rows);
  return {
    status: 200,
    headers: {
      'content-type': type === CSV ? `${CSV}; charset=utf-8; header=present` : type,
      'content-disposition': `attachment; filename="${name}"`,
    },
    stream: async (response) => void response.write(content),
  };
}

/** The writer takes longer to load than all else here, and few ask for its files. */
async function parquet(columns: readonly string[], rows: readonly CostRow[]): Promise<Uint8Array> {
  const { toParquet } = await import('./parquet.ts');
  return toParquet(columns, MONEY, rows);
}

/** The organisation's FOCUS table; undefined before its first pipeline has run. */
async function tableOf(org: string, { platform, client }: HandlerDeps): Promise<CostTable | undefined> {
  const { projectId: project, integrationsDataset: integrations } = platform.config;
  const dataset = orgDatasetName(org, platform.config);
  try {
    const [metadata] = await bounded('BigQuery', client.dataset(dataset).table(TABLE).getMetadata());
    const { location, lastModifiedTime } = metadata as { location: string; lastModifiedTime: string };
    const warehouse = new Warehouse(client, { project, integrations, org: dataset }, location);
    return { warehouse, changedAt: new Date(Number(lastModifiedTime)) };
  } catch (err) {
    if ((err as { code?: unknown }).code === 404) return undefined;
    throw unavailable('BigQuery', err);
  }
}
