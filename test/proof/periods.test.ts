import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RawRow } from '../focus/raw-rows.ts';
import { rawRowsOf, RUNS } from './conversions.ts';
import { generatedExport } from './generator/exports.ts';
import { canonical, periodsOf } from './marked-rows.ts';
import type { FocusRow } from './oracle/expected-parts.ts';
import { conversionSteps, procedureOf } from './procedure-steps.ts';
import { DIRTY, FOCUS, RAW, startProofWarehouse, type ProofWarehouse } from './warehouse.ts';

type Period = ReturnType<typeof periodsOf>[number];

const keyOf = (account: unknown, month: unknown): string => JSON.stringify([account, month]);
const periodKey = (period: Period): string => keyOf(period['billing_account_id'], period['invoice_month']);
const marked = (period: Period): RawRow => ({ ...period, run_id: 'run-1', marked_at: '2026-03-01T00:00:00Z' });

/** Rows of each period in an order of their own. */
function byPeriod(focus: readonly FocusRow[]): Map<string, string[]> {
  const groups = Map.groupBy(focus, (row) => keyOf(row['BillingAccountId'], row['x_InvoiceMonth']));
  return new Map([...groups].map(([key, rows]) => [key, canonical(rows)]));
}

describe('a billing period', function () {
  this.timeout(120_000);
  let warehouse: ProofWarehouse;
  before(async () => {
    warehouse = await startProofWarehouse(procedureOf(conversionSteps()));
  });
  after(() => warehouse.close());

  async function start(raw: readonly RawRow[]): Promise<void> {
    for (const table of [RAW, FOCUS, DIRTY]) await warehouse.remove(table);
    await warehouse.load(RAW, raw);
  }

  it('changes when a late partition names it, and no other does', async () => {
    const property = fc.asyncProperty(
      generatedExport({ rows: 80 }),
      generatedExport({ rows: 3 }),
      async ({ rows }, { rows: late }) => {
        const raw = rawRowsOf(rows);
        await start(raw);
        await warehouse.convert(periodsOf(raw));
        const before = byPeriod(await warehouse.rows(FOCUS));
        const arrived = rawRowsOf(late.map((row) => ({ ...row, mark: `late-${row.mark}` })));
        const named = new Set(periodsOf(arrived).map(periodKey));
        await warehouse.load(RAW, arrived);
        await warehouse.convert(periodsOf(arrived));
        const after = byPeriod(await warehouse.rows(FOCUS));
        for (const key of new Set([...before.keys(), ...after.keys()]))
          if (named.has(key)) assert.notDeepEqual(after.get(key), before.get(key), key);
          else assert.deepEqual(after.get(key), before.get(key), key);
      },
    );
    await fc.assert(property, { ...RUNS, numRuns: 3 });
  });

  it('is the same whether its partitions came at once or one after the other', async () => {
    const property = fc.asyncProperty(generatedExport({ rows: 80 }), fc.nat(), async ({ rows }, cut) => {
      const raw = rawRowsOf(rows);
      await start(raw);
      await warehouse.convert(periodsOf(raw));
      const atOnce = canonical(await warehouse.rows(FOCUS));
      const days = [raw.slice(0, cut % raw.length), raw.slice(cut % raw.length)];
      await start([]);
      for (const day of days) {
        await warehouse.load(RAW, day);
        await warehouse.convert(periodsOf(day));
      }
      assert.deepEqual(canonical(await warehouse.rows(FOCUS)), atOnce);
    });
    await fc.assert(property, { ...RUNS, numRuns: 3 });
  });

  it('keeps its former rows and its mark when a cost or credit is no number, while others convert', async () => {
    const broken = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    const property = fc.asyncProperty(
      generatedExport({ rows: 60 }),
      broken,
      fc.boolean(),
      async ({ rows }, cost, isCredit) => {
        const raw = rawRowsOf(rows);
        const periods = periodsOf(raw);
        await start(raw);
        await warehouse.convert(periods);
        const before = byPeriod(await warehouse.rows(FOCUS));
        const [first] = rows;
        const credits = [{ type: 'DISCOUNT', amount: cost }];
        const unreadable = { ...first!.values, ...(isCredit ? { credits } : { cost }) };
        await warehouse.load(RAW, rawRowsOf([{ values: unreadable, mark: 'unreadable' }]));
        await warehouse.load(DIRTY, periods.map(marked));

        const failed = periodKey(periods[0]!);
        await assert.rejects(
          warehouse.convert(periods.slice(0, 1)),
          /FOCUS check failed: the billing export holds a (?:cost|credit) that is not a number/,
        );
        await warehouse.convert(periods.slice(1));
        assert.deepEqual(byPeriod(await warehouse.rows(FOCUS)), before);
        assert.deepEqual((await warehouse.rows(DIRTY)).map(periodKey), [failed]);
      },
    );
    await fc.assert(property, { ...RUNS, numRuns: 3 });
  });
});
