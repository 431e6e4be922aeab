import type { WarehouseStatement } from './warehouse.ts';

/** Every SQL statement on runs, steps and organisations. `{{project}}` and `{{integrations}}` are filled in by code. */

const RUNS = '`{{project}}.{{integrations}}.pipeline_runs`';
const STEPS = '`{{project}}.{{integrations}}.pipeline_run_steps`';
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
  sql: `SELECT run_id, state, error_code, lease_until FROM ${RUNS}
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

/**
 * Takes the lease of (org, pipeline, window). The table has one partition, so of two claims at once BigQuery lets one
 * commit and runs the other again on the new snapshot, where it sees the winner and changes nothing.
 * A run that ended well or was cancelled by a user is never taken up again; one that was interrupted is.
 */
export const CLAIM_RUN: WarehouseStatement = {
  name: 'pipeline-claim-run',
  sql: `UPDATE ${RUNS}
SET state = 'RUNNING', attempts = attempts + 1, started_at = IFNULL(started_at, @now), finished_at = NULL,
  error_code = NULL, error_message = NULL, lease_until = @lease_until, updated_at = @now
WHERE org_slug = @org_slug AND run_id = @run_id
  AND (state NOT IN ('SUCCEEDED', 'CANCELLED') OR error_code = 'interrupted')
  AND NOT EXISTS (
    SELECT 1 FROM ${RUNS} AS other
    WHERE other.org_slug = @org_slug AND other.pipeline = @pipeline AND other.run_id != @run_id
      AND IFNULL(other.window_from, DATE '0001-01-01') = IFNULL(@window_from, DATE '0001-01-01')
      AND IFNULL(other.window_to, DATE '9999-12-31') = IFNULL(@window_to, DATE '9999-12-31')
      AND other.state = 'RUNNING' AND other.lease_until > @now
  )`,
  types: {
    run_id: 'STRING',
    org_slug: 'STRING',
    pipeline: 'STRING',
    window_from: 'DATE',
    window_to: 'DATE',
    lease_until: 'TIMESTAMP',
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
WHERE org_slug = @org_slug AND run_id = @run_id AND state = 'RUNNING'`,
  types: {
    org_slug: 'STRING',
    run_id: 'STRING',
    rows: 'INT64',
    bytes: 'INT64',
    lease_until: 'TIMESTAMP',
    now: 'TIMESTAMP',
  },
};

export const FINISH_RUN: WarehouseStatement = {
  name: 'pipeline-finish-run',
  sql: `UPDATE ${RUNS}
SET state = @state, \`rows\` = @rows, bytes = @bytes, error_code = @error_code, error_message = @error_message,
  lease_until = NULL, finished_at = @now, updated_at = @now
WHERE org_slug = @org_slug AND run_id = @run_id AND state = 'RUNNING'`,
  types: {
    org_slug: 'STRING',
    run_id: 'STRING',
    state: 'STRING',
    rows: 'INT64',
    bytes: 'INT64',
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
  sql: `INSERT INTO ${STEPS} (${columns.join(', ')}) VALUES (${Object.keys(STEP)
    .map((name) => `@${name}`)
    .join(', ')})`,
  types: STEP,
};

export const UPDATE_STEP: WarehouseStatement = {
  name: 'pipeline-update-step',
  sql: `UPDATE ${STEPS}
SET state = @state, \`rows\` = @rows, bytes = @bytes, attempts = @attempts, error_code = @error_code,
  error_message = @error_message, remedy = @remedy, started_at = @started_at, finished_at = @finished_at
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
  INSERT_STEP,
  UPDATE_STEP,
  FORGET_STEPS,
];
