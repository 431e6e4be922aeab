import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decimalText, textOf, unscaled, type Cell } from '../sql/google-values.ts';
import { startGoogleSql, type GoogleSql } from '../sql/zetasql.ts';
import { commitmentRow, sampleCommitmentRows } from './arbitrary-commitments.ts';
import { exportRow, sampleRows } from './arbitrary-rows.ts';
import { convertWithGoogle, rawRows, type Conversion } from './google-conversion.ts';
import type { RawRow } from './raw-rows.ts';

const SCALE = 38;

/** Adds decimal texts per key, exactly. */
function sums(entries: Iterable<readonly [string, Cell]>): Record<string, string> {
  const totals = new Map<string, bigint>();
  for (const [key, amount] of entries) totals.set(key, (totals.get(key) ?? 0n) + unscaled(textOf(amount ?? 0), SCALE));
  return Object.fromEntries(
    [...totals].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, total]) => [key, decimalText(total, SCALE)]),
  );
}

const keyOf = (account: Cell | undefined, month: Cell | undefined, currency: Cell | undefined) =>
  `${textOf(account)} ${textOf(month)} ${textOf(currency)}`;

function exported(rows: readonly RawRow[]): Record<string, string> {
  return sums(
    rows.flatMap((row) => {
      const key = keyOf(row['billing_account_id'], (row['invoice'] as { month: Cell }).month, row['currency']);
      const credits = row['credits'] as readonly { amount: Cell }[];
      return [[key, row['cost'] ?? null] as const, ...credits.map(({ amount }) => [key, amount] as const)];
    }),
  );
}

function billed({ focus }: Conversion): Record<string, string> {
  return sums(
    focus.map(
      (row) =>
        [
          keyOf(row['BillingAccountId'], row['x_InvoiceMonth'], row['BillingCurrency']),
          row['BilledCost'] ?? null,
        ] as const,
    ),
  );
}

/** Sums of one column over the rows of one category, per commitment, invoice month and currency. */
function perCommitment({ focus }: Conversion, category: string, column: string): Record<string, string> {
  return sums(
    focus
      .filter((row) => row['CommitmentDiscountId'] !== null)
      .map((row) => [
        keyOf(row['CommitmentDiscountId'], row['x_InvoiceMonth'], row['BillingCurrency']),
        row['ChargeCategory'] === category ? (row[column] ?? null) : '0',
      ]),
  );
}

/** All rows in one order that depends on nothing but the rows. */
const canonical = ({ focus }: Conversion) => focus.map((row) => JSON.stringify(row)).toSorted();

describe('a converted billing period', () => {
  let google: GoogleSql;
  before(async () => {
    google = await startGoogleSql();
  });
  after(() => google.close());

  it('bills what the export cost less its credits, to the last digit, whatever the rows', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(fc.array(exportRow, { minLength: 1, maxLength: 60 }), async (values) => {
        const rows = rawRows(values);
        assert.deepEqual(billed(await convertWithGoogle(google, rows)), exported(rows));
      }),
      { numRuns: 6, seed: 1_302_611 },
    );
  });

  it('spreads what each commitment cost over its use, to the last digit, whatever the fees and the use', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(fc.array(commitmentRow, { minLength: 1, maxLength: 60 }), async (values) => {
        const rows = rawRows(values);
        const converted = await convertWithGoogle(google, rows);
        assert.deepEqual(billed(converted), exported(rows));
        assert.deepEqual(
          perCommitment(converted, 'Usage', 'EffectiveCost'),
          perCommitment(converted, 'Purchase', 'BilledCost'),
        );
      }),
      { numRuns: 6, seed: 1_302_611 },
    );
  });

  it('has one row per exported row and promotion, and parts of those that a commitment touches', async () => {
    const rows = rawRows([...sampleRows(40), ...sampleCommitmentRows(60)]);
    const { focus } = await convertWithGoogle(google, rows);
    const promotions = rows.flatMap((row) =>
      (row['credits'] as { type: Cell }[]).filter(({ type }) => type === 'PROMOTION'),
    );
    const parts = Map.groupBy(focus, (row) => textOf(row['x_SplitPart']).replace(/:.*/, ''));
    const count = (part: string) => parts.get(part)?.length ?? 0;
    const split = new Set(parts.get('covered')?.map((row) => row['x_SourceRowHash']));
    assert.equal(count('base') + split.size, rows.length);
    assert.equal(count('credit'), promotions.length);
    assert.ok(split.size > 0 && count('remainder') > 0 && count('unused') > 0);
    assert.ok(parts.get('remainder')?.every((row) => split.has(row['x_SourceRowHash'])));
  });

  it('is the same bytes over rows in any order, equal rows among them', async () => {
    const values = [...sampleRows(20), ...sampleCommitmentRows(60)];
    const once = await convertWithGoogle(google, rawRows([...values, ...values.slice(0, 10)]));
    const again = await convertWithGoogle(google, rawRows([...values.slice(0, 10), ...values.toReversed()]));
    assert.deepEqual(canonical(again), canonical(once));
    assert.equal(
      new Set(once.focus.map((row) => `${textOf(row['x_SourceRowHash'])} ${textOf(row['x_SplitPart'])}`)).size,
      once.focus.length,
    );
  });

  it('carries nothing of the run that loaded its rows', async () => {
    const values = sampleRows(20);
    const later = values.map((row) => ({
      ...row,
      x_run_id: 'run-2',
      x_loaded_at: '2026-05-05T00:00:00Z',
      x_credential_id: 'credential-2',
    }));
    assert.deepEqual(
      canonical(await convertWithGoogle(google, rawRows(later))),
      canonical(await convertWithGoogle(google, rawRows(values))),
    );
  });

  it('leaves other periods alone', async () => {
    const rows = rawRows(sampleRows(60));
    const { focus } = await convertWithGoogle(google, rows, [
      { billing_account_id: '0000AA-1111BB-2222CC', invoice_month: '202603' },
    ]);
    assert.deepEqual([...new Set(focus.map((row) => row['x_InvoiceMonth']))], ['202603']);
  });

  for (const { name, row, message } of [
    { name: 'a cost that is not a number', row: { cost: Number.NaN }, message: /cost that is not a number/ },
    { name: 'an infinite cost', row: { cost: Number.POSITIVE_INFINITY }, message: /cost that is not a number/ },
    {
      name: 'a credit that is not a number',
      row: { cost: 1, credits: [{ type: 'DISCOUNT', amount: Number.NaN }] },
      message: /credit that is not a number/,
    },
  ]) {
    it(`is refused when it holds ${name}`, async () => {
      await assert.rejects(convertWithGoogle(google, rawRows([row])), message);
    });
  }

  it('is refused when its month cannot be read', async () => {
    const rows = rawRows([{ cost: 1, 'invoice.month': '2026-02' }]);
    await assert.rejects(convertWithGoogle(google, rows), /the invoice month is not written as YYYYMM/);
  });

  it('is refused when its raw rows have begun to expire and former rows are there to lose', async () => {
    const rows = rawRows([{ cost: 1, 'invoice.month': '201501' }]);
    await convertWithGoogle(google, rows);
    const former = { BillingAccountId: '0000AA-1111BB-2222CC', x_InvoiceMonth: '201501', ProviderName: 'Google Cloud' };
    await assert.rejects(
      convertWithGoogle(google, rows, undefined, { cost_data_standard_1_3: [former] }),
      /the raw rows of the month have begun to expire, so its former rows stay/,
    );
  });

  it('shows a row without a rate in its own currency and says so', async () => {
    const { focus, quality } = await convertWithGoogle(
      google,
      rawRows([{ cost: 5, currency: 'EUR', 'sku.id': 'S', 'usage.amount': 1 }]),
    );
    assert.deepEqual([focus[0]?.['PricingCurrency'], focus[0]?.['PricingCurrencyEffectiveCost']], ['EUR', '5']);
    assert.ok(quality.some((finding) => finding['check_id'] === 'rate_missing' && finding['status'] === 'warn'));
  });

  it('counts values that nobody knows yet', async () => {
    const row = {
      cost: 5,
      cost_type: 'lease',
      'service.description': 'Time Machine',
      credits: [{ type: 'GIFT', amount: -1 }],
    };
    const { quality } = await convertWithGoogle(google, rawRows([row]));
    const observed = quality.filter(({ status }) => status === 'warn').map((finding) => finding['observed']);
    for (const expected of ['1 rows: cost_type lease', '1 rows: credits.type GIFT', '1 rows: Time Machine'])
      assert.ok(observed.includes(expected), expected);
  });
});
