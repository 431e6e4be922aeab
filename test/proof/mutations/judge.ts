import assert from 'node:assert/strict';
import { rowsOfTable } from '../../focus/google-conversion.ts';
import type { RawRow } from '../../focus/raw-rows.ts';
import type { Cell } from '../../sql/google-values.ts';
import { plainDifferences } from '../conversions.ts';
import { brokenRules } from '../focus-rules.ts';
import { canonical } from '../marked-rows.ts';
import { amortisationFaults } from '../oracle/amortisation.ts';
import { commitmentFaults } from '../oracle/commitments.ts';
import type { FocusRow } from '../oracle/expected-parts.ts';
import { expectedFindings, reportedFindings } from '../oracle/findings.ts';
import { billedMoney, commitmentGaps, exportedMoney } from '../oracle/money.ts';
import { procedureOf, type ProcedureStep } from '../procedure-steps.ts';
import { DIRTY, FOCUS, QUALITY, RAW, type ProofWarehouse } from '../warehouse.ts';
import { brokenCases, listedCommitments } from './cases.ts';
import { LISTED_ACCOUNTS, LISTED_PRICES, listedFaults, NAMED_COMMITMENT } from './listed.ts';
import { NATIVE_ROWS, reportFaults } from './reported.ts';
import { EXPIRED, scenario, UNREADABLE, type Scenario } from './scenario.ts';
import { hashFaults } from './variants.ts';
import { brokenVectors } from './vectors.ts';

type Row = Readonly<Record<string, Cell>>;

/** Judges procedures by everything that is known of one scenario. */
export interface Judge {
  /** What is wrong with a procedure, the first thing found; undefined for one that nothing speaks against. */
  faultOf(steps: readonly ProcedureStep[]): Promise<string | undefined>;
}

export function judgeOf(warehouse: ProofWarehouse): Judge {
  const given = scenario();
  const loaded = loadAll(warehouse, given);
  return {
    async faultOf(steps) {
      await loaded;
      warehouse.replaceProcedure(procedureOf(steps));
      await start(warehouse, given);
      const failure = await failureOf(() => warehouse.convert(given.periods));
      if (failure !== undefined) {
        await assertValid(warehouse, given, failure);
        return `the conversion fails: ${failure}`;
      }
      const focus = await warehouse.rows(FOCUS);
      for (const fault of faultsOf(warehouse, given, focus)) {
        const found = await fault();
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

async function loadAll(warehouse: ProofWarehouse, given: Scenario): Promise<void> {
  await warehouse.load(RAW, given.raw);
  for (const [table, rows] of [
    ['gcp_billing_accounts_raw', LISTED_ACCOUNTS],
    ['cloud_gcp_pricing_raw', LISTED_PRICES],
    ['cloud_gcp_cud_subscriptions_raw', [...listedCommitments(), NAMED_COMMITMENT]],
    ['cloud_gcp_focus_raw', NATIVE_ROWS],
  ] as const)
    await warehouse.load(table, rowsOfTable(table, rows));
}

/** Facts from the quickest to ask to the slowest. */
function faultsOf(
  warehouse: ProofWarehouse,
  given: Scenario,
  focus: readonly FocusRow[],
): readonly (() => Promise<string | undefined>)[] {
  const { plain, vectors } = given;
  const ours = focus.filter((row) => !isOfOthers(row));
  const values = [
    ...plain,
    ...given.others,
    ...vectors.flatMap((vector) => vector.rows.map((row) => ({ values: landed(row) }))),
  ];
  return [
    async () => named('vectors', brokenVectors(vectors, ours)),
    async () => named('oracle', plainDifferences(plain, ours)),
    async () => named('money', unequal(billedMoney(ours), exportedMoney(values.map((row) => row.values)))),
    async () =>
      named(
        'amortisation',
        given.orderly.flatMap(({ name, commitment }) => amortisationFaults(commitment, name, ours)),
      ),
    async () => named('cases', brokenCases(ours)),
    async () => named('lists', listedFaults(ours)),
    async () => named('keys', hashFaults(ours)),
    async () => named('commitments', [...Object.entries(commitmentGaps(ours)), ...commitmentFaults(ours)]),
    async () => named('rows of others', unequal(canonical(others(focus)), canonical(keptRows(given)))),
    async () =>
      named(
        'findings',
        unequal(reportedFindings(await findingsOn(warehouse, given)), expectedFindings(plain.map((row) => row.plain!))),
      ),
    async () => named('report', reportFaults(await warehouse.rows(QUALITY))),
    async () => named('marks', unequal(canonical(await warehouse.rows(DIRTY)), canonical(keptMarks(given)))),
    async () => refusalFault(warehouse, given),
    async () => named('rules', await ruleFaults(warehouse)),
  ];
}

const landed = (row: Row): Row => ({ 'invoice.month': '202602', currency: 'USD', ...row });

function named(by: string, found: readonly unknown[]): string | undefined {
  return found.length === 0 ? undefined : `${by}: ${JSON.stringify(found[0])} and ${found.length - 1} more`;
}

function unequal(found: object, expected: object): readonly string[] {
  try {
    assert.deepEqual(found, expected);
    return [];
  } catch (err) {
    return [(err as Error).message];
  }
}

/** A procedure that fails on empty tables too is no procedure: its mutation says nothing about a rule. */
async function assertValid(warehouse: ProofWarehouse, { periods, raw }: Scenario, failure: string): Promise<void> {
  for (const table of [RAW, FOCUS]) await warehouse.remove(table);
  const withoutRows = await failureOf(() => warehouse.convert(periods));
  await warehouse.load(RAW, raw);
  if (withoutRows !== undefined) throw new Error(`the mutated procedure is not valid: ${failure}`);
}

async function failureOf(action: () => Promise<void>): Promise<string | undefined> {
  try {
    await action();
    return undefined;
  } catch (err) {
    return (err as Error).message;
  }
}

// --- The tables as a conversion finds them

const FORMER = 'written before';

const focusRow = (account: Cell, month: Cell, provider: string, mark: string): Row => ({
  BillingAccountId: account,
  x_InvoiceMonth: month,
  ProviderName: provider,
  x_ProjectNumber: mark,
  ChargeDescription: FORMER,
  x_Credits: [],
  x_ProjectAncestors: [],
});

/** Rows that an earlier conversion left, of this period and others, and rows of another provider. */
function formerRows({ periods, otherPeriod }: Scenario): Row[] {
  const [first] = periods;
  const { billing_account_id: account = null, invoice_month: month = null } = first!;
  return [
    focusRow(account, month, 'Google Cloud', 'stale'),
    focusRow(account, month, 'Another Provider', 'foreign'),
    focusRow(otherPeriod['billing_account_id'] ?? null, otherPeriod['invoice_month'] ?? null, 'Google Cloud', 'kept'),
    focusRow(otherPeriod['billing_account_id'] ?? null, null, 'Google Cloud', 'kept without month'),
    focusRow(account, '202401', 'Google Cloud', 'kept of another month'),
    focusRow(UNREADABLE, '202601', 'Google Cloud', 'kept of a refused period'),
    focusRow(UNREADABLE, EXPIRED, 'Google Cloud', 'kept of a period that began to expire'),
  ];
}

/** Rows that do not come from what is converted: former ones, and those of periods that nobody named. */
const isOfOthers = (row: Row): boolean => /^(?:foreign|kept|stale)|^other$|^n\d$/.test(String(row['x_ProjectNumber']));

const keptRows = (given: Scenario): Row[] =>
  others(formerRows(given).filter((row) => row['x_ProjectNumber'] !== 'stale'));

function others(focus: readonly Row[]): Row[] {
  return focus.filter(isOfOthers).map((row) => ({
    account: row['BillingAccountId']!,
    mark: row['x_ProjectNumber']!,
    text: row['ChargeDescription']!,
  }));
}

const mark = (period: Row): RawRow => ({ ...period, run_id: 'run-1', marked_at: '2026-03-01T00:00:00Z' });
const marks = ({ periods, otherPeriod }: Scenario): RawRow[] => [
  ...periods.flatMap((period) => [mark(period), mark(period)]),
  ...keptMarks({ periods, otherPeriod }),
];
const keptMarks = ({ periods, otherPeriod }: Pick<Scenario, 'periods' | 'otherPeriod'>): RawRow[] => [
  mark(otherPeriod),
  mark({ ...otherPeriod, invoice_month: null }),
  mark({ ...periods[0]!, invoice_month: '202401' }),
];

async function start(warehouse: ProofWarehouse, given: Scenario): Promise<void> {
  for (const table of [FOCUS, DIRTY, QUALITY]) await warehouse.remove(table);
  await warehouse.load(FOCUS, formerRows(given));
  await warehouse.load(DIRTY, marks(given));
}

// --- What was found, and what was refused

/**
 * Rows of an earlier conversion are stubs, and hand-written cases call different things by one SKU: neither has to keep the
 * rules of FOCUS.
 */
async function ruleFaults(warehouse: ProofWarehouse): Promise<readonly unknown[]> {
  await warehouse.remove(
    FOCUS,
    `ChargeDescription = '${FORMER}' OR regexp_matches(BillingAccountId, '^0(?:VEC|CASE|VARI|QUAL)')`,
  );
  return Object.entries(await brokenRules(warehouse.query, `{{project}}.{{org}}.${FOCUS}`));
}

async function findingsOn(warehouse: ProofWarehouse, { plain }: Scenario): Promise<Row[]> {
  const accounts = new Set(plain.map(({ values }) => values['billing_account_id']));
  const findings = await warehouse.rows(QUALITY);
  return findings.filter(({ subject }) => accounts.has((subject as string).split(' ')[0]));
}

async function refusalFault(warehouse: ProofWarehouse, { refused }: Scenario): Promise<string | undefined> {
  for (const { period, message } of refused) {
    const failure = await failureOf(() => warehouse.convert([period]));
    if (failure === undefined || !message.test(failure))
      return `refusal: ${JSON.stringify(period)} ended with ${failure ?? 'success'}`;
  }
  return undefined;
}
