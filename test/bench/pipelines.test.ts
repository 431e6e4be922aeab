import assert from 'node:assert/strict';
import { benchmarks } from '../../bench/benchmarks.ts';
import { logicalBytes } from '../../bench/logical-size.ts';
import { conversionSteps, timePerStep } from '../../bench/procedure-steps.ts';
import { parseRowCount, rowCountsOf, rowCountText } from '../../bench/row-counts.ts';
import { sampleExport, windowOf } from '../../bench/sample-export.ts';
import { exportRows } from '../../local/demo/export.ts';

describe('a benchmark of the pipelines', function () {
  this.timeout(120_000);

  it('lands an export as the job does, and reads it as the client library does', async () => {
    const { benchmark } = await benchmarks['billing-landing']!();
    const report = await benchmark.run('tiny');

    assert.deepEqual(
      report.rows.map(({ rows }) => rows),
      ['none', '200', '400'],
    );
    for (const row of report.rows.slice(1)) {
      assert.deepEqual(Object.keys(row), report.columns);
      for (const [name, cell] of Object.entries(row).slice(1)) assert(Number.isFinite(cell), name);
      assert(Number(row['peak MiB']) > 10);
    }
    assert.match(report.notes!.join(), /^bytes of a row in load jobs: \d+$/);
  });

  it('converts the same rows, and gives each step its time', async () => {
    const { benchmark } = await benchmarks['focus-conversion']!();
    const report = await benchmark.run('tiny');
    const names = { project: 'p', integrations: 'i', org: 'o' };

    assert.deepEqual(
      report.rows.map(({ statements }) => statements),
      ['CREATE TABLE AS SELECT *', 'CALL', ...conversionSteps(names).map(({ name }) => name)],
    );
    const [, call, ...steps] = report.rows.map((row) => Number(row['ms at 400']));
    const ofSteps = steps.reduce((sum, ms) => sum + ms, 0);
    assert.match(report.notes!.join(), /^logical bytes a row: \d+ raw, \d+ FOCUS$/);
    assert(ofSteps > 0.5 * call! && ofSteps <= 1.05 * call!, `the steps take ${ofSteps} of ${call} ms`);
  });
});

describe('the time of a step', () => {
  const steps = [
    { name: '01-begin', sql: '-- Starts.\nBEGIN TRANSACTION;' },
    { name: '02-count', sql: 'SELECT 1;\nSELECT 2;' },
    { name: '03-end', sql: 'COMMIT TRANSACTION;' },
  ];

  it('is that of all its statements', () => {
    const statements = ['BEGIN TRANSACTION', 'SELECT 1', 'SELECT 2', 'COMMIT TRANSACTION'];
    const times = timePerStep(
      steps,
      statements.map((sql, index) => ({ sql, ms: index + 1 })),
    );
    assert.deepEqual(
      [...times],
      [
        ['01-begin', 1],
        ['02-count', 5],
        ['03-end', 4],
      ],
    );
  });

  it('is not made up for a statement of no step', () => {
    assert.throws(() => timePerStep(steps, [{ sql: 'SELECT 3', ms: 1 }]), /No step holds this statement: SELECT 3/);
  });
});

describe('the logical size of a cell', () => {
  const tags = { name: 'tags', type: 'RECORD', mode: 'REPEATED', fields: [{ name: 'key', type: 'STRING' }] };
  for (const { name, field, cell, bytes } of [
    { name: 'NULL', field: { type: 'BIGNUMERIC' }, cell: null, bytes: 0 },
    { name: 'a text', field: { type: 'STRING' }, cell: 'größe', bytes: 9 },
    { name: 'an amount', field: { type: 'BIGNUMERIC' }, cell: '0.1', bytes: 32 },
    {
      name: 'a list of records',
      field: tags,
      cell: [{ v: { f: [{ v: 'ab' }] } }, { v: { f: [{ v: null }] } }],
      bytes: 4,
    },
  ]) {
    it(`counts ${name} by BigQuery's rules`, () => assert.equal(logicalBytes(field, cell), bytes));
  }
});

describe('a number of rows', () => {
  it('is written as it is read', () => {
    for (const text of ['400', '10k', '1M', '5M']) assert.equal(rowCountText(parseRowCount(text)), text);
    for (const text of ['', '0', '5m', '1.5M', '-1', '10 k']) assert.throws(() => parseRowCount(text), /--size/);
  });

  it('comes from the size unless one is asked for, fewest first', () => {
    assert.deepEqual(rowCountsOf('quick'), [10_000, 20_000]);
    assert.deepEqual(rowCountsOf('quick', [5, 3]), [3, 5]);
  });
});

describe('the export of a benchmark', () => {
  it('is the same each time, and one invoice of each account', () => {
    const now = new Date('2026-03-31T12:00:00Z');
    const options = sampleExport(2_000, now);
    const rows = [...exportRows(options)];
    assert.deepEqual(rows, [...exportRows(sampleExport(2_000, now))]);
    assert.equal(rows.length, 2_000);
    assert.deepEqual([...new Set(rows.map(({ row }) => row.invoice.month))], ['202602']);
    assert.deepEqual([...new Set(rows.map(({ row }) => row.currency))], ['USD', 'EUR']);
    assert.deepEqual(windowOf(options), ['--from', '2026-02-12', '--to', '2026-02-16']);
  });
});
