import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { formatDecimal, parseDecimal } from '../../local/bigquery/values/bignumeric.ts';
import { operatorBigQuery } from '../../local/provision.ts';
import { startTestCloud, type Role, type TestCloud } from '../harness/cloud.ts';
import { ACCOUNT, fillOrg, type FocusRow } from './focus-tables.ts';

const FORMULA = '=HYPERLINK("http://evil.example","costs")';
const LONG = '0.12345678901234567890123456789012345678';
const OTHER = '3333DD-4444EE-5555FF';
const FEBRUARY = 'from=2026-02-01&to=2026-03-01';

const FOCUS: readonly FocusRow[] = [
  {
    day: '2026-02-01T00:00:00Z',
    service: 'Compute Engine',
    cost: LONG,
    more: { SubAccountId: 'web', RegionId: 'us-central1' },
  },
  { day: '2026-02-28T23:59:59Z', service: 'Compute Engine', cost: '10', more: { SubAccountId: 'web' } },
  { day: '2026-02-10', service: 'Compute Engine', cost: '-0.00000000000000000000000000000000000001' },
  { day: '2026-02-10', service: 'Cloud Storage, "cold"\nline two', cost: '-2.5', currency: 'EUR', account: OTHER },
  { day: '2026-02-11', service: FORMULA, cost: '1e-7', more: { SkuId: '@SUM(A1)', SubAccountId: '+1' } },
  { day: '2026-03-01T00:00:00Z', service: 'Compute Engine', cost: '99' },
  { day: '2026-01-31T23:59:59Z', service: 'Compute Engine', cost: '77', month: '202602' },
];
/** What the export says of February and of what was billed with it. */
const RAW = [
  { day: '2026-02-10', cost: 110.123456789012, credits: [-100, 76.9] },
  { day: '2026-02-10', cost: 0, credits: [-2.5], currency: 'EUR', account: OTHER },
  { day: '2026-02-12', cost: 4.2, account: 'never-converted' },
  { day: '2026-03-05', cost: 99 },
];

const AMOUNT_COLUMNS = ['billed_cost', 'effective_cost', 'list_cost'];
const plain = (text: string): string => formatDecimal(parseDecimal(text));
const total = (rows: readonly { readonly billed_cost: string }[]): string =>
  formatDecimal(rows.reduce((sum, { billed_cost }) => sum + parseDecimal(billed_cost), 0n));

/** A parser of RFC 4180 that takes nothing else. */
function parseCsv(text: string): string[][] {
  assert(text.endsWith('\r\n'));
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/gy;
  const rows: string[][] = [[]];
  for (let match = cell.exec(text); match; match = cell.exec(text)) {
    const [whole, value = '', end] = match;
    rows.at(-1)?.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    if (end === '\r\n' && cell.lastIndex < text.length) rows.push([]);
    if (cell.lastIndex === text.length || whole === '') break;
  }
  return rows;
}

describe('costs', function () {
  this.timeout(60_000);
  let cloud: TestCloud;
  before(async () => {
    cloud = await startTestCloud();
    await fillOrg(cloud, 'acme', { focus: FOCUS, raw: RAW });
  });
  afterEach(() => cloud.cloud.context.faults.remove());
  after(() => cloud.close());

  const costs = async (search: string, as?: Record<string, Role>, org = 'acme') => {
    const { status, body } = await cloud.call('GET', `/costs/${org}?${search}`, as ? { as } : {});
    return { status, body };
  };
  const rowsOf = async (search: string): Promise<Record<string, string | null>[]> => (await costs(search)).body.rows;
  const download = async (search: string, accept: string) => {
    const authorization = `Bearer ${await cloud.token({ acme: 'viewer' })}`;
    const response = await fetch(`${cloud.url}/costs/acme?${search}`, { headers: { authorization, accept } });
    return { response, bytes: Buffer.from(await response.arrayBuffer()) };
  };

  it('are summed to the last digit, per currency, from the first day to before the last', async () => {
    assert.deepEqual(await rowsOf(FEBRUARY), [
      { billing_currency: 'EUR', ...money('-2.5') },
      { billing_currency: 'USD', ...money('10.12345688901234567890123456789012345677') },
    ]);
  });

  it('are grouped by up to three things, absent ones as null', async () => {
    const rows = await rowsOf(`${FEBRUARY}&group_by=service,project,day`);
    assert.deepEqual(Object.keys(rows[0] ?? {}), ['service', 'project', 'day', 'billing_currency', ...AMOUNT_COLUMNS]);
    assert.deepEqual(
      rows.map(({ service, project, day, billed_cost }) => [service, project, day, billed_cost]),
      [
        ['Cloud Storage, "cold"\nline two', null, '2026-02-10', '-2.5'],
        [FORMULA, '+1', '2026-02-11', '0.0000001'],
        ['Compute Engine', null, '2026-02-10', '-0.00000000000000000000000000000000000001'],
        ['Compute Engine', 'web', '2026-02-01', LONG],
        ['Compute Engine', 'web', '2026-02-28', '10'],
      ].toSorted(([a], [b]) => (String(a) < String(b) ? -1 : Number(a !== b))),
    );
  });

  for (const group of [
    ...['service', 'category', 'charge_category', 'project', 'account', 'provider', 'region', 'sku', 'currency'],
    ...['day', 'month'],
  ]) {
    it(`by ${group} add up to the same`, async () => {
      const rows = (await rowsOf(`from=2025-01-01&to=2027-01-01&group_by=${group}`)) as { billed_cost: string }[];
      assert.equal(
        total(rows),
        total(FOCUS.map(({ cost }) => ({ billed_cost: cost === '1e-7' ? '0.0000001' : cost }))),
      );
      assert(rows.every((row) => group in row));
    });
  }

  it('are those of the current month when no days are named', async () => {
    const now = cloud.cloud.context.clock.now().toISOString();
    await fillOrg(cloud, 'monthly', { focus: [{ day: now.slice(0, 10), service: 'X', cost: '5' }, ...FOCUS] });
    const { body } = await costs('group_by=month', undefined, 'monthly');
    assert.deepEqual(body.rows, [{ month: now.slice(0, 7), billing_currency: 'USD', ...money('5') }]);
  });

  it('say when they were changed last', async () => {
    const { body } = await costs(FEBRUARY);
    const ageMs = cloud.cloud.context.clock.now().getTime() - Date.parse(body.as_of);
    assert(ageMs >= 0 && ageMs < 120_000, body.as_of);
  });

  it('are reconciled with the export by whole invoices, gaps and all', async () => {
    assert.deepEqual((await costs(FEBRUARY)).body.reconciliation, [
      {
        ...{ billing_account_id: ACCOUNT, invoice_month: '202602', currency: 'USD' },
        source: '87.023456789012',
        focus: '87.12345688901234567890123456789012345677',
        difference: '0.10000010000034567890123456789012345677',
      },
      {
        ...{ billing_account_id: OTHER, invoice_month: '202602', currency: 'EUR' },
        ...{ source: '-2.5', focus: '-2.5', difference: '0' },
      },
      {
        ...{ billing_account_id: 'never-converted', invoice_month: '202602', currency: 'USD' },
        ...{ source: '4.2', focus: '0', difference: '-4.2' },
      },
    ]);
    const march = (await costs('from=2026-03-01&to=2026-04-01')).body.reconciliation;
    assert.deepEqual(
      march.map(({ invoice_month, difference }: Record<string, string>) => [invoice_month, difference]),
      [['202603', '0']],
    );
  });

  it('of an organisation without a bill are none', async () => {
    const { status, body } = await costs(FEBRUARY, undefined, 'globex');
    assert.deepEqual([status, body], [200, { rows: [], as_of: null, reconciliation: [] }]);
  });

  it('are for those whom the token lets see them', async () => {
    assert.equal((await costs(FEBRUARY, { acme: 'viewer' })).status, 200);
    assert.equal((await costs(FEBRUARY, { globex: 'admin' })).status, 403);
    assert.equal((await fetch(`${cloud.url}/costs/acme`)).status, 401);
    assert.equal((await cloud.call('POST', '/costs/acme', { as: { acme: 'viewer' } })).status, 405);
  });

  for (const search of [
    'group_by=ServiceName',
    'group_by=service;DROP TABLE x',
    'group_by=service`,(SELECT 1)',
    'group_by=service,service',
    'group_by=service,day,project,sku',
    'group_by=',
    'group_by=constructor',
    'from=2026-02-30',
    'from=2026-02-01T00:00:00Z',
    "from=2026-02-01' OR 1=1",
    'from=0000-01-01&to=0001-01-01',
    'from=2026-03-01&to=2026-02-01',
    'from=2026-03-01&to=2026-03-01',
    'from=2026-01-01&from=2026-01-02',
    'from=1900-01-01&to=2026-01-01',
  ]) {
    it(`are refused for ?${search}`, async () => {
      const { status, body } = await costs(search.replaceAll(' ', '%20').replaceAll(';', '%3B'));
      assert.deepEqual([status, body.code], [400, 'invalid_request']);
    });
  }

  it('are refused when they are too many rows, with what to do', async () => {
    await fillOrg(cloud, 'many', {});
    const columns = ['BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost'];
    const texts = { BillingAccountId: 'A', BillingCurrency: 'USD', ChargeCategory: 'Usage', InvoiceIssuerName: 'G' };
    const more = {
      ProviderName: 'G',
      PublisherName: 'G',
      ServiceProviderName: 'G',
      ServiceCategory: 'C',
      ServiceName: 'S',
    };
    const times = ['BillingPeriodStart', 'BillingPeriodEnd', 'ChargePeriodStart', 'ChargePeriodEnd'];
    const named = { ...texts, ...more };
    await operatorBigQuery(cloud.cloud).query(`INSERT INTO many_prod.cost_data_standard_1_3
      (${[...columns, ...Object.keys(named), ...times, 'SkuId'].join(', ')})
      SELECT ${columns.map(() => "BIGNUMERIC '1'").join(', ')}, ${Object.values(named)
        .map((text) => `'${text}'`)
        .join(', ')},
        ${times.map(() => "TIMESTAMP '2026-02-02T00:00:00Z'").join(', ')}, CAST(n AS STRING)
      FROM UNNEST(GENERATE_ARRAY(1, 10001)) AS n`);
    const { status, body } = await costs(`${FEBRUARY}&group_by=sku`, undefined, 'many');
    assert.deepEqual([status, body.code], [400, 'invalid_request']);
    assert.match(body.detail, /more than 10000 rows; ask for fewer days/);
    assert.equal((await costs(`${FEBRUARY}&group_by=service`, undefined, 'many')).body.rows.length, 1);
  });

  it('ask to come back when BigQuery does not answer', async () => {
    cloud.cloud.context.faults.add({ service: 'bigquery', kind: 'error', status: 503 });
    const { status, body } = await costs(FEBRUARY);
    assert.deepEqual([status, body.code], [503, 'backend_unavailable']);
  });

  it('are downloaded as CSV, the same as in JSON', async () => {
    const search = `${FEBRUARY}&group_by=service,sku`;
    const { response, bytes } = await download(search, 'text/csv');
    assert.match(response.headers.get('content-type') ?? '', /^text\/csv/);
    assert.equal(
      response.headers.get('content-disposition'),
      'attachment; filename="costs-acme-2026-02-01-2026-03-01.csv"',
    );
    const [head = [], ...lines] = parseCsv(bytes.toString());
    const unmarked = (text: string): string | null => (text === '' ? null : text.replace(/^'/, ''));
    const rows = lines.map((line) => Object.fromEntries(head.map((name, at) => [name, unmarked(line[at] ?? '')])));
    assert.deepEqual(rows, await rowsOf(search));
  });

  it('hold no formula that a spreadsheet would carry out, and keep negative amounts', async () => {
    const { bytes } = await download(`${FEBRUARY}&group_by=service,sku,project`, 'text/csv');
    const cells = parseCsv(bytes.toString()).flat();
    assert.deepEqual(
      cells.filter((text) => /^[=+@\t\r-]/.test(text) && !/^-\d/.test(text)),
      [],
    );
    assert(
      cells.includes(`'${FORMULA}`) && cells.includes("'@SUM(A1)") && cells.includes("'+1") && cells.includes('-2.5'),
    );
  });

  it('are downloaded as Parquet with exact decimals, the same as in JSON', async () => {
    const search = `from=2025-01-01&to=2027-01-01&group_by=service,day,project`;
    const { response, bytes } = await download(search, 'application/vnd.apache.parquet, application/json;q=0.5');
    assert.equal(response.headers.get('content-type'), 'application/vnd.apache.parquet');
    const { rows, types } = await readParquet(bytes);
    assert.match(types['billed_cost'] ?? '', /DECIMAL\(38,|DOUBLE/);
    assert.equal(rows.length, (await rowsOf(search)).length);
    // 40 digits are more than the reader has; those of each row alone it reads exactly.
    const exact = `${FEBRUARY}&group_by=service,currency`;
    const short = await readParquet((await download(`${exact.replace('2026-02-01', '2026-02-11')}`, PARQUET)).bytes);
    assert.equal(short.types['billed_cost'], 'DECIMAL(38,7)');
    assert.deepEqual(short.rows, await rowsOf(exact.replace('2026-02-01', '2026-02-11')));
  });

  it('of an organisation without a bill are a file without rows', async () => {
    const authorization = `Bearer ${await cloud.token({ globex: 'viewer' })}`;
    const get = (accept: string) => fetch(`${cloud.url}/costs/globex`, { headers: { authorization, accept } });
    assert.equal(await (await get('text/csv')).text(), 'billing_currency,billed_cost,effective_cost,list_cost\r\n');
    const { rows } = await readParquet(Buffer.from(await (await get(PARQUET)).arrayBuffer()));
    assert.deepEqual(rows, []);
  });
});

const PARQUET = 'application/vnd.apache.parquet';
const money = (text: string) => Object.fromEntries(AMOUNT_COLUMNS.map((column) => [column, text]));

/** Reads a file with DuckDB: amounts as plain decimal text, and the types of the columns. */
async function readParquet(bytes: Buffer) {
  const folder = await mkdtemp(join(tmpdir(), 'parquet-'));
  const file = join(folder, 'costs.parquet');
  await writeFile(file, bytes);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM '${file}'`);
  const read = await connection.runAndReadAll(`SELECT COLUMNS(*)::VARCHAR FROM '${file}'`);
  const types = Object.fromEntries(described.getRows().map(([name, type]) => [String(name), String(type)]));
  const rows = read
    .getRowObjects()
    .map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          types[name]?.startsWith('DECIMAL') ? plain(String(value)) : (value as string | null),
        ]),
      ),
    );
  connection.closeSync();
  instance.closeSync();
  await rm(folder, { recursive: true });
  return { rows, types };
}
