import assert from 'node:assert/strict';
import { balance, categoryLines, periodLines, stepPrinter } from '../../local/demo/report.ts';
import type { PeriodSum } from '../../local/demo/sums.ts';

const period: PeriodSum = {
  account: '0F9E8D-7C6B5A-493827',
  month: '202610',
  currency: 'EUR',
  exported: '123456.789012345',
  billed: '123456.789012345',
  effective: '123456.789012345',
  difference: '0',
};

describe('report of the demo', () => {
  it('fits into 100 columns, and has no colour without a terminal', () => {
    const category = {
      category: 'AI and Machine Learning',
      currency: 'EUR',
      billed: '1.5',
      effective: '1',
    };
    const lines = [...periodLines([period]), ...categoryLines([category])];
    for (const line of lines) assert.ok(line.length <= 100, `${line.length}: ${line}`);
    assert.equal(
      lines.some((line) => line.includes('\u001b')),
      process.stdout.isTTY === true,
    );
    assert.match(lines.join('\n'), /0F9E8D-7C6B5A-493827 +2026-10 +EUR +123,456\.789012345/);
  });

  it('gives each currency columns of its own, and each category one row', () => {
    const sum = (category: string, currency: string, billed: string) => ({
      category,
      currency,
      billed,
      effective: '1',
    });
    const lines = categoryLines([sum('Compute', 'USD', '3'), sum('Storage', 'USD', '2'), sum('Storage', 'EUR', '1.5')]);
    assert.deepEqual(
      lines.slice(2).map((line) => line.split(/ {2,}/)),
      [
        ['Compute', '3.00', '1.00'],
        ['Storage', '2.00', '1.00', '1.50', '1.00'],
      ],
    );
    assert.match(lines[0] ?? '', /Service category +Billed USD +Effective USD +Billed EUR +Effective EUR/);
  });

  it('says whether every period is equal', () => {
    assert.match(balance([period]), /^1 billing periods, all equal/);
    assert.match(balance([period, { ...period, difference: '0.000000001' }]), /^1 periods DIFFER/);
  });

  it('prints a step when it is done, with what came of it, and hands on what it made', async () => {
    const lines: string[] = [];
    const step = stepPrinter((line) => lines.push(line));
    const made = await step(
      'count',
      async () => 3,
      (count) => `${count} things`,
    );
    assert.equal(made, 3);
    assert.match(lines.join('\n'), /count +3 things +\d+\.\d\d s/);
  });

  it('prints nothing for a step that fails', async () => {
    const lines: string[] = [];
    const step = stepPrinter((line) => lines.push(line));
    await assert.rejects(
      step('break', () => Promise.reject(new Error('broken')), ''),
      /broken/,
    );
    assert.deepEqual(lines, []);
  });
});
