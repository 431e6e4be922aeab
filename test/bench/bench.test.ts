import assert from 'node:assert/strict';
import { benchmarks } from '../../bench/benchmarks.ts';
import { percentile, timed } from '../../bench/load.ts';
import { isKept, reportText } from '../../bench/report-text.ts';

describe('a benchmark', function () {
  this.timeout(60_000);

  it('measures both sides of each call and prints a table of them', async () => {
    const { benchmark } = await benchmarks['credential-service']!();
    const report = await benchmark.run('tiny');

    assert.deepEqual(
      report.rows.map(({ call }) => call),
      ['get', 'list', 'setup'],
    );
    for (const row of report.rows) {
      assert.deepEqual(Object.keys(row), report.columns);
      for (const [name, cell] of Object.entries(row).slice(1)) assert(Number(cell) > 0, `${row['call']} ${name}`);
    }
    const [head, rule, ...lines] = reportText(report);
    assert.match(head!, /^call +at once +p50 ms +p95 ms +per second +bare p50 ms/);
    assert.match(rule!, /^─+( +─+)+$/);
    assert.equal(lines.length, report.rows.length);
  });
});

describe('a report', () => {
  const budget = { what: 'CPU', limit: 1.5, unit: 'ms' };

  it('says which budgets were kept', () => {
    const budgets = [
      { ...budget, measured: 1.4999 },
      { ...budget, measured: 1.7 },
    ];
    assert.deepEqual(budgets.map(isKept), [true, false]);
    assert.deepEqual(reportText({ columns: ['a', 'b'], rows: [{ a: 'x', b: 1234.5 }], budgets }), [
      'a     b',
      '─  ────',
      'x  1235',
      'kept: CPU 1.50 (at most 1.5 ms)',
      'MISSED: CPU 1.70 (at most 1.5 ms)',
    ]);
  });
});

describe('a load', () => {
  it('makes every call once, and never more at a time than it was told', async () => {
    const made: number[] = [];
    let running = 0;
    const timing = await timed({ count: 20, concurrency: 3 }, async (index) => {
      made.push(index);
      running += 1;
      assert(running <= 3);
      await new Promise(setImmediate);
      running -= 1;
    });
    assert.deepEqual(
      made,
      Array.from({ length: 20 }, (_, index) => index),
    );
    assert(timing.p50 <= timing.p95 && timing.perSecond > 0);
  });

  it('fails with the first call that fails', async () => {
    await assert.rejects(
      timed({ count: 3, concurrency: 2 }, async () => assert.fail('refused')),
      /refused/,
    );
  });

  it('takes the value that so many per cent do not exceed', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    assert.deepEqual([percentile(values, 50), percentile(values, 95), percentile([7], 95)], [50, 95, 7]);
  });
});
