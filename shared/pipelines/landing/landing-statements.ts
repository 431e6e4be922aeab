import type { WarehouseStatement } from '../warehouse.ts';
import { periodsOfCommitments, rememberCommitments } from './commitment-periods.ts';
import { rawTable, type RawTable } from './export-kinds.ts';

/** Every SQL statement of landing. `{{project}}`, `{{org}}` and `{{integrations}}` are filled in by code. */

/** Runs as the customer; here `{{project}}.{{org}}` is the dataset of the export. Needs `tables.get` alone and reads no row. */
export const LIST_SOURCE_PARTITIONS: WarehouseStatement = {
  name: 'source-list-partitions',
  sql: `SELECT partition_id, total_rows, last_modified_time
FROM \`{{project}}.{{org}}\`.INFORMATION_SCHEMA.PARTITIONS
WHERE table_name = @table_name AND partition_id IS NOT NULL`,
  types: { table_name: 'STRING' },
};

const LANDED = '`{{project}}.{{org}}.landed_units`';
const DIRTY = '`{{project}}.{{org}}.dirty_periods`';

/** Before there were several raw tables, units said nothing of theirs. */
export const LIST_LANDED: WarehouseStatement = {
  name: 'landing-list-landed',
  sql: `SELECT source_table, ingestion_date, source_last_modified, source_rows, is_whole, duplicate_rows, landed_at,
  IFNULL(raw_table, 'cloud_gcp_billing_raw_daily') AS raw_table
FROM ${LANDED}`,
  types: {},
};

export const FIND_LANDED: WarehouseStatement = {
  name: 'landing-find-landed',
  sql: `SELECT run_id, source_last_modified, duplicate_rows FROM ${LANDED} WHERE source_table = @source_table AND ingestion_date = @ingestion_date`,
  types: { source_table: 'STRING', ingestion_date: 'DATE' },
};

const UNIT = {
  source_table: 'STRING',
  replaced_tables: ['STRING'],
  ingestion_date: 'DATE',
  run_id: 'STRING',
  loaded_at: 'TIMESTAMP',
} as const;

const LANDING = {
  ...UNIT,
  source_last_modified: 'TIMESTAMP',
  org_slug: 'STRING',
  pipeline: 'STRING',
  credential_id: 'STRING',
} as const;

/** What a landing script is written for; every name in it was checked against BigQuery's rules. */
export interface LandingTarget {
  /** Raw table of the organisation. */
  readonly table: string;
  /** Columns that the export supplies, in the order of the raw table. */
  readonly columns: readonly string[];
  /** Table with the new rows; absent when the unit is to go. */
  readonly staging?: string | undefined;
  /** The columns as expressions over those of the staging table, where that one has others. */
  readonly translated?: Readonly<Record<string, string>> | undefined;
  /** Whether one unit holds rows of many days, which are then spread over the days when they were exported. */
  readonly isWhole: boolean;
  /** Whether other tables hold rows of the same accounts on that day, which must not count twice. */
  readonly hasTwins?: boolean | undefined;
}

/** How many rows other tables of the same export have, about the same day, for the accounts that are about to be landed. */
export function countTwins(target: LandingTarget): WarehouseStatement {
  const { table, staging = table, isWhole } = target;
  const { account } = rawTable(table);
  const rows = rowsIn(staging, target);
  return {
    name: 'landing-count-twins',
    sql: `SELECT COUNT(*) AS twins FROM \`{{project}}.{{org}}.${table}\`
WHERE ${aboutTheDay(target)}(x_source_table IN UNNEST(@other_tables) OR x_source_table IN UNNEST(@unlike_tables))
  AND ${account} IN (SELECT ${account} FROM ${rows})`,
    types: { ...(isWhole ? {} : { ingestion_date: 'DATE' }), ...TWINS },
  };
}

/** Tables whose rows can be compared with the new ones, and those of another grain, beside which an account's day is left out. */
const TWINS = { other_tables: ['STRING'], unlike_tables: ['STRING'] } as const;

/** One transaction: the unit's former rows out, the new ones in, the unit recorded, the touched billing periods marked. */
export function replaceUnit(target: LandingTarget): WarehouseStatement {
  const statements = target.staging === undefined ? removal(target) : replacement(target, target.staging);
  return {
    name: target.staging === undefined ? 'landing-remove-unit' : 'landing-replace-unit',
    sql: ['BEGIN TRANSACTION', ...statements, 'COMMIT TRANSACTION'].join(';\n') + ';',
    types: target.staging === undefined ? UNIT : { ...LANDING, ...(target.hasTwins ? TWINS : {}) },
  };
}

/** The new rows, with the columns of the raw table. */
function rowsIn(staging: string, { translated }: LandingTarget): string {
  const table = `\`{{project}}.{{org}}.${staging}\``;
  if (!translated) return table;
  const columns = Object.entries(translated).map(([column, expression]) => `${expression} AS ${column}`);
  return `(SELECT ${columns.join(', ')} FROM ${table})`;
}

function removal(target: LandingTarget): string[] {
  const former = formerRows(target);
  return marked(target, periodsOf(former), [`DELETE FROM ${former}`, forgetUnit(target)]);
}

function replacement(target: LandingTarget, staging: string): string[] {
  const former = formerRows(target);
  const rows = rowsIn(staging, target);
  return marked(target, `${periodsOf(former)}\nUNION DISTINCT\n${periodsOf(rows)}`, [
    `DELETE FROM ${former}`,
    insertRows(target, rows),
    forgetUnit(target),
    recordUnit(target, rows),
  ]);
}

/** A change of rows, with the marks of the billing periods that have to be converted again because of it. */
function marked({ table }: LandingTarget, periodsOfRows: string, change: readonly string[]): string[] {
  switch (rawTable(table).periods) {
    case 'of rows':
      return [markDirty(periodsOfRows), ...change];
    case 'of commitments':
      return [rememberCommitments(table), ...change, markDirty(periodsOfCommitments(table))];
    case 'none':
      return [...change];
  }
}

const ofDay = ({ isWhole }: LandingTarget): string => (isWhole ? '' : ' AND ingestion_date = @ingestion_date');

/** The unit's own rows, and of a day those of the table that it replaces: the standard export's by the detailed one's. */
const isReplaced = (name: string, { isWhole }: LandingTarget): string =>
  isWhole
    ? `${name} = @source_table`
    : `ingestion_date = @ingestion_date AND (${name} = @source_table OR ${name} IN UNNEST(@replaced_tables))`;

const formerRows = (target: LandingTarget): string =>
  `\`{{project}}.{{org}}.${target.table}\` WHERE ${isReplaced('x_source_table', target)}`;

const periodsOf = (rows: string): string =>
  `SELECT DISTINCT billing_account_id, invoice.month AS invoice_month FROM ${rows}`;

// Appended even when the period stands there already: a conversion that runs right now may be about to delete that row,
// and has not seen ours.
const markDirty = (found: string): string =>
  `INSERT INTO ${DIRTY} (billing_account_id, invoice_month, run_id, marked_at)
SELECT billing_account_id, invoice_month, @run_id, @loaded_at FROM (
${found}
)`;

const forgetUnit = (target: LandingTarget): string =>
  `DELETE FROM ${LANDED} WHERE ${isReplaced('source_table', target)}`;

// What stays away of the new rows because another table has it is counted, so that it can come when that one goes.
function recordUnit(target: LandingTarget, rows: string): string {
  const { table, isWhole, hasTwins = false } = target;
  const own = `\`{{project}}.{{org}}.${table}\` WHERE x_source_table = @source_table${ofDay(target)}`;
  const duplicates = hasTwins ? `COUNT(*) - (SELECT COUNT(*) FROM ${own})` : '0';
  return `INSERT INTO ${LANDED} (source_table, ingestion_date, source_last_modified, source_rows, duplicate_rows, raw_table, is_whole, run_id, landed_at)
SELECT @source_table, @ingestion_date, @source_last_modified, COUNT(*), ${duplicates}, '${table}', ${isWhole}, @run_id, @loaded_at FROM ${rows}`;
}

function insertRows(target: LandingTarget, staging: string): string {
  const raw = rawTable(target.table);
  const names = target.columns.map((column) => `\`${column}\``);
  const flat = Object.entries(raw.flat);
  const day = dayOf(raw, target);
  const [first, from] = target.hasTwins ? withoutTwins(raw, target, staging) : ['', `FROM ${staging}`];
  return `INSERT INTO \`{{project}}.{{org}}.${target.table}\` (${[...names, ...flat.map(([column]) => column)].join(', ')}, ingestion_date,
  x_source_table, x_org_slug, x_pipeline, x_run_id, x_credential_id, x_loaded_at)
${first}SELECT ${[...names, ...flat.map(([, path]) => path)].join(', ')}, ${day},
  @source_table, @org_slug, @pipeline, @run_id, @credential_id, @loaded_at
${from}`;
}

/** What makes two rows the same charge, whichever columns a view over an export leaves out. */
const CHARGE = `TO_JSON_STRING(STRUCT(billing_account_id, sku.id AS sku_id, project.id AS project_id, usage_start_time, usage_end_time,
    export_time, cost, currency, invoice.month AS invoice_month,
    ARRAY(SELECT CAST(credit.amount AS STRING) FROM UNNEST(credits) AS credit ORDER BY 1) AS credit_amounts))`;

/**
 * Leaves out the charges that other tables have landed for the same day. Within one table equal rows are rows of their own, so
 * of a charge that both have as many times as the one that has it more often come to stand.
 */
function withoutTwins(raw: RawTable, target: LandingTarget, staging: string): [first: string, from: string] {
  const others = `\`{{project}}.{{org}}.${target.table}\` WHERE ${aboutTheDay(target)}x_source_table IN UNNEST`;
  const daysOf = (day: string): string => `CONCAT(IFNULL(${raw.account}, ''), ' ', CAST(${day} AS STRING))`;
  const unlike = (tables: string): string =>
    `${daysOf(dayOf(raw, target))} NOT IN (SELECT ${daysOf('ingestion_date')} FROM ${others}(${tables}))`;
  if (raw.comparedBy === 'accounts') {
    return ['', `FROM ${staging}\nWHERE ${unlike('@unlike_tables')} AND ${unlike('@other_tables')}`];
  }
  const first = `WITH held AS (
  SELECT x_charge, COUNT(*) AS x_held FROM (SELECT ${CHARGE} AS x_charge FROM ${others}(@other_tables))
  GROUP BY x_charge
),
charges AS (
  SELECT *, ${CHARGE} AS x_charge FROM ${staging}
  WHERE ${unlike('@unlike_tables')}
),
numbered AS (SELECT *, ROW_NUMBER() OVER (PARTITION BY x_charge) AS x_copy FROM charges)
`;
  return [first, 'FROM numbered LEFT JOIN held USING (x_charge)\nWHERE x_copy > IFNULL(x_held, 0)'];
}

const dayOf = (raw: RawTable, { isWhole }: LandingTarget): string =>
  isWhole && raw.exportedAt ? `IFNULL(DATE(${raw.exportedAt}), @ingestion_date)` : '@ingestion_date';

// A copy made by a view goes by the time of export, which may lie on another day than the partition.
const aboutTheDay = ({ isWhole }: LandingTarget): string =>
  isWhole
    ? ''
    : 'ingestion_date BETWEEN DATE_SUB(@ingestion_date, INTERVAL 1 DAY) AND DATE_ADD(@ingestion_date, INTERVAL 1 DAY) AND ';

export const APPEND_QUALITY_RESULT: WarehouseStatement = {
  name: 'quality-append-result',
  sql: `INSERT INTO \`{{project}}.{{org}}.data_quality_results\` (run_id, pipeline, check_id, subject, status, observed, expected, message, checked_at)
VALUES (@run_id, @pipeline, @check_id, @subject, @status, @observed, @expected, @message, @checked_at)`,
  types: {
    run_id: 'STRING',
    pipeline: 'STRING',
    check_id: 'STRING',
    subject: 'STRING',
    status: 'STRING',
    observed: 'STRING',
    expected: 'STRING',
    message: 'STRING',
    checked_at: 'TIMESTAMP',
  },
};
