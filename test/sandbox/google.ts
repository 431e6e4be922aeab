import type { IncomingMessage } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { startIamApi } from '../../local/iam/iam-api.ts';
import { createIam, type Iam } from '../../local/iam/iam.ts';
import { startOAuth } from '../../local/iam/oauth.ts';
import { startCustomerApis } from '../../local/sandbox/google/start.ts';
import { listen, readBody } from '../../local/kit/api-server.ts';
import type { ServiceContext } from '../../local/kit/contracts.ts';

/** The embedded IAM for real, with as much of BigQuery as the making of cases and a connection test need. */
export interface Google {
  readonly context: ServiceContext;
  readonly iam: Iam;
  readonly bigQuery: string;
  /** As `GOOGLE_API_ENDPOINTS` names them. */
  readonly googleApis: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function startGoogle(file: string): Promise<Google> {
  const db = new DatabaseSync(file);
  const clock = { now: () => new Date(), onAdvance: () => undefined };
  const iam = await createIam({ db, clock, projectId: 'ours' });
  const silent = { faults: { next: () => undefined }, journal: { record: () => undefined } };
  const place = { dataDir: '', projectId: 'ours', location: 'us-central1' };
  const context: ServiceContext = { db, clock, auth: iam, policy: iam, ...silent, ...place };
  const oauth = await startOAuth(context, iam);
  const api = await startIamApi(context, iam);
  const customerApis = await startCustomerApis(context, iam);
  const bigQuery = await listen((req, res) => {
    void answer(req, iam).then(({ status = 200, body }) => {
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  return {
    context,
    iam,
    bigQuery: bigQuery.url,
    googleApis: {
      oauth2: oauth.url,
      iam: api.url,
      cloudresourcemanager: api.url,
      cloudbilling: api.url,
      iamcredentials: api.url,
      www: api.url,
      bigquery: bigQuery.url,
      ...customerApis.endpoints,
    },
    async close() {
      for (const server of [bigQuery, customerApis, api, oauth]) await server.close();
      db.close();
    },
  };
}

interface Answer {
  readonly status?: number;
  readonly body: object;
}

const DENIED: Answer = { status: 403, body: { error: { code: 403, errors: [{ reason: 'accessDenied' }] } } };
const NOT_FOUND: Answer = { status: 404, body: { error: { code: 404, errors: [{ reason: 'notFound' }] } } };
const ONE_ROW = {
  jobComplete: true,
  queryId: 'query',
  totalRows: '1',
  schema: { fields: [{ name: 'one', type: 'INTEGER' }] },
  rows: [{ f: [{ v: '1' }] }],
};

async function answer(req: IncomingMessage, iam: Iam): Promise<Answer> {
  const text = (await readBody(req, 1 << 22)).toString();
  const caller = await iam.authenticate(req.headers.authorization);
  const path = (req.url ?? '').split('?')[0] ?? '';
  const [, project = '', dataset = '', table = ''] =
    /projects\/([^/]+)(?:\/datasets\/([^/]+)\/tables\/([^/]+))?/.exec(path) ?? [];
  if (path.startsWith('/upload/')) return { body: done(text.split(/\r?\n/).find((line) => line.startsWith('{'))) };
  if (path.includes('/jobs/')) return { body: done('{}') };
  if (path.endsWith(':testIamPermissions')) return { body: {} };
  if (path.endsWith('/queries')) {
    return iam.allows(caller, 'bigquery.jobs.create', `projects/${project}`) ? { body: ONE_ROW } : DENIED;
  }
  if (req.method === 'POST') return { body: JSON.parse(text) as object };
  if (!table) return { body: {} };
  if (!iam.allows(caller, 'bigquery.tables.getData', `projects/${project}/datasets/${dataset}`)) return DENIED;
  if (table.endsWith('_not_there_yet')) return NOT_FOUND;
  return { body: path.endsWith('/data') ? { totalRows: '0' } : { type: 'TABLE', schema: { fields: [] } } };
}

function done(job = '{}'): object {
  return { ...(JSON.parse(job) as object), status: { state: 'DONE' } };
}
