import type { WarehouseStatement } from '../warehouse.ts';

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

export const LIST_LANDED: WarehouseStatement = {
  name: 'landing-list-landed',
  sql: `SELECT ingestion_date, source_last_modified, source_rows, is_whole, run_id FROM ${LANDED} WHERE source_table = @source_table`,
  types: { source_table: 'STRING' },
};

export const FIND_LANDED: WarehouseStatement = {
  name: 'landing-find-landed',
  sql: `SELECT run_id, source_last_modified FROM ${LANDED} WHERE source_table = @source_table AND ingestion_date = @ingestion_date`,
  types: { source_table: 'STRING', ingestion_date: 'DATE' },
};

const UNIT = {
  source_table: 'STRING',
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
  /** Whether one unit is the whole source, its rows then spread over the days of `export_time`. */
  readonly isWhole: boolean;
}

/** One transaction: the unit's former rows out, the new ones in, the unit recorded, the touched billing periods marked. */
export function replaceUnit(target: LandingTarget): WarehouseStatement {
  const statements = target.staging === undefined ? removal(target) : replacement(target, target.staging);
  return {
    name: target.staging === undefined ? 'landing-remove-unit' : 'landing-replace-unit',
    sql: ['BEGIN TRANSACTION', ...statements, 'COMMIT TRANSACTION'].join(';\n') + ';',
    types: target.staging === undefined ? UNIT : LANDING,
  };
}

function removal(target: LandingTarget): string[] {
  const former = formerRows(target);
  return [markDirty(periodsOf(former)), `DELETE FROM ${former}`, forgetUnit(target)];
}

function replacement(target: LandingTarget, staging: string): string[] {
  const former = formerRows(target);
  const rows = `\`{{project}}.{{org}}.${staging}\``;
  return [
    markDirty(`${periodsOf(former)}\nUNION DISTINCT\n${periodsOf(rows)}`),
    `DELETE FROM ${former}`,
    insertRows(target, rows),
    forgetUnit(target),
    `INSERT INTO ${LANDED} (source_table, ingestion_date, source_last_modified, source_rows, is_whole, run_id, landed_at)
SELECT @source_table, @ingestion_date, @source_last_modified, COUNT(*), ${target.isWhole}, @run_id, @loaded_at FROM ${rows}`,
  ];
}

const ofDay = ({ isWhole }: LandingTarget): string => (isWhole ? '' : ' AND ingestion_date = @ingestion_date');

const formerRows = (target: LandingTarget): string =>
  `\`{{project}}.{{org}}.${target.table}\` WHERE x_source_table = @source_table${ofDay(target)}`;

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
  `DELETE FROM ${LANDED} WHERE source_table = @source_table${ofDay(target)}`;

function insertRows({ table, columns, isWhole }: LandingTarget, staging: string): string {
  const names = columns.map((column) => `\`${column}\``).join(', ');
  const day = isWhole ? 'IFNULL(DATE(export_time), @ingestion_date)' : '@ingestion_date';
  return `INSERT INTO \`{{project}}.{{org}}.${table}\` (${names}, service_id, project_id, location_region, ingestion_date,
  x_source_table, x_org_slug, x_pipeline, x_run_id, x_credential_id, x_loaded_at)
SELECT ${names}, service.id, project.id, location.region, ${day},
  @source_table, @org_slug, @pipeline, @run_id, @credential_id, @loaded_at
FROM ${staging}`;
}

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
