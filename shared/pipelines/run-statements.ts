import type { WarehouseStatement } from './warehouse.ts';

/** Every SQL statement on runs, steps and organisations. `{{project}}` and `{{integrations}}` are filled in by code. */

export const RUNS = '`{{project}}.{{integrations}}.pipeline_runs`';
export const STEPS = '`{{project}}.{{integrations}}.pipeline_run_steps`';
/** What BigQuery bills for queries on demand, 6.25 USD a TiB; with reserved slots it is what they would have cost. */
const COST_USD = "CAST(@bytes_billed AS BIGNUMERIC) * BIGNUMERIC '6.25' / BIGNUMERIC '1099511627776'";
const CREDENTIALS = '`{{project}}.{{integrations}}.org_integration_credentials`';

/** Organisations whose credential can be used now, and those that have none which could. */
export const LIST_ORGS: WarehouseStatement = {
  name: 'pipeline-list-orgs',
  sql: `SELECT org_slug, validation_status FROM ${CREDENTIALS}
WHERE provider_key = @provider_key AND deleted_at IS NULL
ORDER BY org_slug`,
  types: { provider_key: 'STRING' },
};

/** This run if it is known, and all that hold or held a lease of the same pipeline. */
export const FIND_RUNS: WarehouseStatement = {
  name: 'pipeline-find-runs',
  sql: `SELECT run_id, state, error_code, lease_until, lease_owner FROM ${RUNS}
WHERE org_slug = @org_slug AND pipeline = @pipeline AND (run_id = @run_id OR state = 'RUNNING')`,
  types: { org_slug: 'STRING', pipeline: 'STRING', run_id: 'STRING' },
};

export const ENQUEUE_RUN: WarehouseStatement = {
  name: 'pipeline-enqueue-run',
  sql: `INSERT INTO ${RUNS} (run_id, org_slug, pipeline, state, requested_by, window_from, window_to, \`rows\`, bytes, attempts, created_at, updated_at)
VALUES (@run_id, @org_slug, @pipeline, 'QUEUED', @requested_by, @window_from, @window_to, 0, 0, 0, @now, @now)`,
  types: {
    run_id: 'STRING',
    org_slug: 'STRING',
    pipeline: 'STRING',
    requested_by: 'STRING',
    window_from: 'DATE',
    window_to: 'DATE',
    now: 'TIMESTAMP',
  },
};

/** Whether the row `other` is about the days that are asked for; open ends are days as well. */
export const SAME_WINDOW = `IFNULL(other.window_from, DATE '0001-01-01') = IFNULL(@window_from, DATE '0001-01-01')
      AND IFNULL(other.window_to, DATE '9999-12-31') = IFNULL(@window_to, DATE '9999-12-31')`;

/**
 * Takes the lease of (org, pipeline, window). The table has one partition, so of two claims at once BigQuery lets one
 * commit and runs the other again on the new snapshot, where it sees the winner and changes nothing.
 * A run that ended well, was cancelled by a user or whose start was given up is never taken up again; one that was
 * interrupted is. Another execution with the same run id gets nothing: starting a job may happen twice.
 * A run that was cancelled holds its window until its process has let go.
 */
export const CLAIM_RUN: WarehouseStatement = {
  name: 'pipeline-claim-run',
  sql: `UPDATE ${RUNS}
SET state = 'RUNNING', attempts = attempts + 1, started_at = IFNULL(started_at, @now), finished_at = NULL,
  error_code = NULL, error_message = NULL, lease_until = @lease_until, lease_owner = @lease_owner, updated_at = @now
WHERE org_slug = @org_slug AND run_id = @run_id
  AND (state NOT IN ('SUCCEEDED', 'CANCELLED') OR error_code = 'interrupted')
  AND IFNULL(error_code, '') != 'not_started'
  AND (state != 'RUNNING' OR lease_until <= @now OR lease_owner = @lease_owner)
  AND NOT EXISTS (
    SELECT 1 FROM ${RUNS} AS other
    WHERE other.org_slug = @org_slug AND other.pipeline = @pipeline AND other.run_id != @run_id
      AND ${SAME_WINDOW}
      AND other.lease_until > @now
  )`,
  types: {
    run_id: 'STRING',
    org_slug: 'STRING',
    pipeline: 'STRING',
    window_from: 'DATE',
    window_to: 'DATE',
    lease_until: 'TIMESTAMP',
    lease_owner: 'STRING',
    now: 'TIMESTAMP',
  },
};

/** A process that was killed leaves its run RUNNING with a lease that nobody renews. */
export const CLOSE_ABANDONED: WarehouseStatement = {
  name: 'pipeline-close-abandoned',
  sql: `UPDATE ${RUNS}
SET state = 'FAILED', error_code = 'interrupted', error_message = 'The process that ran it ended without a word.',
  finished_at = @now, updated_at = @now
WHERE org_slug = @org_slug AND pipeline = @pipeline AND run_id != @run_id AND state = 'RUNNING' AND lease_until <= @now`,
  types: { org_slug: 'STRING', pipeline: 'STRING', run_id: 'STRING', now: 'TIMESTAMP' },
};

/** Changes no row when the run was cancelled or taken over: then its process has to stop. */
export const RENEW_RUN: WarehouseStatement = {
  name: 'pipeline-renew-run',
  sql: `UPDATE ${RUNS}
SET lease_until = @lease_until, \`rows\` = @rows, bytes = @bytes, updated_at = @now
WHERE org_slug = @org_slug AND run_id = @run_id AND state = 'RUNNING' AND lease_owner = @lease_owner`,
  types: {
    org_slug: 'STRING',
    run_id: 'STRING',
    rows: 'INT64',
    bytes: 'INT64',
    lease_until: 'TIMESTAMP',
    lease_owner: 'STRING',
    now: 'TIMESTAMP',
  },
};

/** Ends the run and lets go of its window. One that was cancelled meanwhile stays so, with what it had done by then. */
export const FINISH_RUN: WarehouseStatement = {
  name: 'pipeline-finish-run',
  sql: `UPDATE ${RUNS}
SET \`rows\` = @rows, bytes = @bytes, bytes_billed = @bytes_billed, cost_usd = ${COST_USD},
  error_code = IF(state = 'RUNNING', @error_code, error_code),
  error_message = IF(state = 'RUNNING', @error_message, error_message),
  state = IF(state = 'RUNNING', @state, state),
  lease_until = NULL, finished_at = @now, updated_at = @now
WHERE org_slug = @org_slug AND run_id = @run_id AND lease_owner = @lease_owner AND lease_until IS NOT NULL`,
  types: {
    org_slug: 'STRING',
    run_id: 'STRING',
    state: 'STRING',
    rows: 'INT64',
    bytes: 'INT64',
    bytes_billed: 'INT64',
    error_code: 'STRING',
    error_message: 'STRING',
    lease_owner: 'STRING',
    now: 'TIMESTAMP',
  },
};

/** A run whose window was taken all the time has not begun, and will not. */
export const GIVE_UP_RUN: WarehouseStatement = {
  name: 'pipeline-give-up-run',
  sql: `UPDATE ${RUNS}
SET state = @state, error_code = @error_code, error_message = @error_message, finished_at = @now, updated_at = @now
WHERE org_slug = @org_slug AND run_id = @run_id AND state = 'QUEUED'`,
  types: {
    org_slug: 'STRING',
    run_id: 'STRING',
    state: 'STRING',
    error_code: 'STRING',
    error_message: 'STRING',
    now: 'TIMESTAMP',
  },
};

const STEP = {
  run_id: 'STRING',
  org_slug: 'STRING',
  step_id: 'STRING',
  position: 'INT64',
  state: 'STRING',
  rows: 'INT64',
  bytes: 'INT64',
  bytes_billed: 'INT64',
  attempts: 'INT64',
  error_code: 'STRING',
  error_message: 'STRING',
  remedy: 'STRING',
  started_at: 'TIMESTAMP',
  finished_at: 'TIMESTAMP',
} as const;
const columns = Object.keys(STEP).map((name) => `\`${name}\``);

export const INSERT_STEP: WarehouseStatement = {
  name: 'pipeline-insert-step',
  sql: `INSERT INTO ${STEPS} (${columns.join(', ')}, cost_usd) VALUES (${Object.keys(STEP)
    .map((name) => `@${name}`)
    .join(', ')}, ${COST_USD})`,
  types: STEP,
};

export const UPDATE_STEP: WarehouseStatement = {
  name: 'pipeline-update-step',
  sql: `UPDATE ${STEPS}
SET state = @state, \`rows\` = @rows, bytes = @bytes, bytes_billed = @bytes_billed, cost_usd = ${COST_USD},
  attempts = @attempts, error_code = @error_code, error_message = @error_message, remedy = @remedy,
  started_at = @started_at, finished_at = @finished_at
WHERE org_slug = @org_slug AND run_id = @run_id AND step_id = @step_id`,
  types: Object.fromEntries(Object.entries(STEP).filter(([name]) => name !== 'position')),
};

/** A run that is taken up again writes its steps anew. */
export const FORGET_STEPS: WarehouseStatement = {
  name: 'pipeline-forget-steps',
  sql: `DELETE FROM ${STEPS} WHERE org_slug = @org_slug AND run_id = @run_id`,
  types: { org_slug: 'STRING', run_id: 'STRING' },
};

export const RUN_STATEMENTS: readonly WarehouseStatement[] = [
  LIST_ORGS,
  FIND_RUNS,
  ENQUEUE_RUN,
  CLAIM_RUN,
  CLOSE_ABANDONED,
  RENEW_RUN,
  FINISH_RUN,
  GIVE_UP_RUN,
  INSERT_STEP,
  UPDATE_STEP,
  FORGET_STEPS,
];
