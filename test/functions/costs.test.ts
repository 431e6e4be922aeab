import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { costRequestOf } from '../../functions/costs/cost-request.ts';
import { costStatement, GROUPS, LIST_BILLED_PERIODS } from '../../functions/costs/cost-statements.ts';
import { toCsv } from '../../functions/costs/csv.ts';
import { toParquet } from '../../functions/costs/parquet.ts';
import type { QueryParameterType } from '../../local/bigquery/contracts.ts';
import { preferredType } from '../../shared/http/accept.ts';
import { configuredTables, fill } from '../sql/catalog.ts';
import { startGoogleSql, type GoogleSql } from '../sql/zetasql.ts';

const NOW = new Date('2026-12-31T23:59:59Z');
const request = (search: string) => costRequestOf(new URLSearchParams(search), NOW);

describe('a request for costs', () => {
  it('is about the current month of UTC unless it says otherwise', () => {
    assert.deepEqual(request(''), { from: '2026-12-01', to: '2027-01-01', groups: [] });
    assert.deepEqual(request('from=2026-02-01'), { from: '2026-02-01', to: '2027-01-01', groups: [] });
    assert.deepEqual(request('from=2024-02-29&to=2024-03-01'), { from: '2024-02-29', to: '2024-03-01', groups: [] });
  });

  it('may name its groups in one parameter or in several', () => {
    assert.deepEqual(request('group_by=day,service').groups, ['day', 'service']);
    assert.deepEqual(request('group_by=day&group_by=service').groups, ['day', 'service']);
  });

  it('refuses a parameter that nobody knows, as a mistyped one would give other sums', () => {
    assert.throws(() => request('groupby=service'), { code: 'invalid_request' });
  });

  it('lets nothing but names of groups through', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if ((GROUPS as readonly string[]).includes(text)) return;
        assert.throws(() => request(`group_by=${encodeURIComponent(text)}`), { code: 'invalid_request' });
      }),
    );
  });
});

describe('statements of the costs', () => {
  let google: GoogleSql;
  before(async function () {
    this.timeout(30_000);
    google = await startGoogleSql();
  });
  after(() => google.close());

  const parameters = Object.entries(LIST_BILLED_PERIODS.types).map(([name, type]) => ({
    name,
    type: { type } as QueryParameterType,
  }));

  for (const groups of [[], ...GROUPS.map((group) => [group]), ['service', 'day', 'currency'] as const]) {
    it(`by ${groups.join(', ') || 'nothing'} is GoogleSQL`, async () => {
      await google.analyze(fill(costStatement(groups).sql), configuredTables(), parameters);
    });
  }

  it('that list invoices are GoogleSQL', async () => {
    await google.analyze(fill(LIST_BILLED_PERIODS.sql), configuredTables(), parameters);
  });
});

describe('the type of an answer', () => {
  const TYPES = ['application/json', 'text/csv', 'application/x-parquet'] as const;
  for (const [accept, type] of [
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['text/html, */*;q=0.1', 'application/json'],
    ['text/csv', 'text/csv'],
    ['TEXT/CSV; charset=utf-8', 'text/csv'],
    ['text/*', 'text/csv'],
    ['application/json;q=0.5, text/csv;q=0.9', 'text/csv'],
    ['text/csv;q=0, */*', 'application/json'],
    ['application/x-parquet, text/csv;q=0.9', 'application/x-parquet'],
    ['image/png', 'application/json'],
    ['text/csv;q=high', 'application/json'],
    ['', 'application/json'],
  ] as const) {
    it(`is ${type} for Accept: ${accept}`, () => assert.equal(preferredType(accept, TYPES), type));
  }
});

describe('costs as CSV', () => {
  it('quotes what RFC 4180 wants quoted and ends every line with CRLF', () => {
    const rows = [
      { service: 'a,b', billed_cost: '1' },
      { service: 'a"b', billed_cost: '2' },
      { service: 'a\nb', billed_cost: null },
    ];
    assert.equal(toCsv(['service', 'billed_cost'], rows), 'service,billed_cost\r\n"a,b",1\r\n"a""b",2\r\n"a\nb",\r\n');
  });

  for (const text of ['=1+1', '+1+1', '-1+1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1', '-', '-2-3']) {
    it(`makes ${JSON.stringify(text)} a text`, () => {
      const [, line = ''] = toCsv(['service'], [{ service: text }])
        .split('\r\n')
        .map((cell) => cell.replace(/^"/, ''));
      assert(line.startsWith("'"), line);
    });
  }

  for (const text of ['-2.5', '0', '12', '-0.00000000000000000000000000000000000001']) {
    it(`leaves ${text} a number`, () =>
      assert.equal(toCsv(['billed_cost'], [{ billed_cost: text }]), `billed_cost\r\n${text}\r\n`));
  }
});

describe('costs as Parquet', () => {
  /** Amounts as DuckDB reads them, for files that it can hold exactly. */
  async function read(file: Uint8Array): Promise<{ values: string[]; type: string }> {
    const folder = await mkdtemp(join(tmpdir(), 'parquet-'));
    await writeFile(join(folder, 'f.parquet'), file);
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const sql = `SELECT billed_cost::VARCHAR, typeof(billed_cost) FROM '${join(folder, 'f.parquet')}'`;
    const rows = (await connection.runAndReadAll(sql)).getRows();
    connection.closeSync();
    instance.closeSync();
    await rm(folder, { recursive: true });
    return { values: rows.map(([value]) => String(value)), type: String(rows[0]?.[1]) };
  }
  const fileOf = (...amounts: string[]) =>
    toParquet(
      ['billed_cost'],
      ['billed_cost'],
      amounts.map((billed_cost) => ({ billed_cost })),
    );

  it('keeps every digit of amounts up to 38 of them', async () => {
    const amounts = ['0', '-1', '12345678901234567890.123456789012345678', '-0.000000000000000001', '-128', '255'];
    const { values, type } = await read(fileOf(...amounts));
    assert.equal(type, 'DECIMAL(38,18)');
    const padded = amounts.map((text) =>
      `${text}${text.includes('.') ? '' : '.'}`.padEnd(text.split('.', 1)[0]!.length + 19, '0'),
    );
    assert.deepEqual(values, padded);
  });

  it('writes longer ones into 32 bytes, exactly', async () => {
    const file = Buffer.from(fileOf('-12345678901234567890.00000000000000000000000000000000000001', '1'));
    const unscaled = -1234567890123456789000000000000000000000000000000000000001n;
    const bytes = BigInt.asUintN(256, unscaled).toString(16).padStart(64, '0');
    assert(file.toString('hex').includes(bytes));
    assert.match((await read(file)).values[0] ?? '', /^-1\.23456789\d*e\+?19$|^-12345678901234567/);
  });

  it('refuses what is no amount rather than write another', () => {
    for (const text of ['1e-7', 'NaN', '', '1,5']) assert.throws(() => fileOf(text), text);
  });
});
