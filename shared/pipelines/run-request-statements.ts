import { ENQUEUE_RUN, RUNS, SAME_WINDOW, STEPS } from './run-statements.ts';
import type { Statement } from '../credentials/statements.ts';

/** Every SQL statement by which users ask for runs, look at them and call them off. */

const OPEN_COLUMNS = `run_id, pipeline, state, requested_by, window_from, window_to, \`rows\`, bytes, error_code, error_message,
  created_at, started_at, finished_at`;

const withSteps = (runs: string): string => `WITH run AS (
${runs}
)
SELECT run.*, ARRAY(
  SELECT AS STRUCT step_id, state, \`rows\`, attempts, error_code, error_message, remedy
  FROM ${STEPS} AS step
  WHERE step.org_slug = @org_slug AND step.run_id = run.run_id
  ORDER BY position
) AS steps
FROM run
ORDER BY created_at DESC, run_id DESC`;

export const LIST_RUNS: Statement = {
  name: 'pipeline-list-runs',
  sql: withSteps(`  SELECT ${OPEN_COLUMNS} FROM ${RUNS}
  WHERE org_slug = @org_slug AND (@pipeline IS NULL OR pipeline = @pipeline) AND (@state IS NULL OR state = @state)
  ORDER BY created_at DESC, run_id DESC
  LIMIT @limit`),
  types: { org_slug: 'STRING', pipeline: 'STRING', state: 'STRING', limit: 'INT64' },
};

export const GET_RUN: Statement = {
  name: 'pipeline-get-run',
  sql: withSteps(`  SELECT ${OPEN_COLUMNS} FROM ${RUNS}
  WHERE org_slug = @org_slug AND run_id = @run_id`),
  types: { org_slug: 'STRING', run_id: 'STRING' },
};

/** The run of these days that is under way, else the newest that was; a start that came to nothing does not hold them. */
export const FIND_LIVE: Statement = {
  name: 'pipeline-find-live-run',
  sql: `SELECT other.run_id,
  (other.state = 'QUEUED' AND other.created_at > @queued_since)
    OR (other.state = 'RUNNING' AND other.lease_until > @now) AS is_live
FROM ${RUNS} AS other
WHERE other.org_slug = @org_slug AND other.pipeline = @pipeline
      AND ${SAME_WINDOW}
ORDER BY is_live DESC, other.created_at DESC, other.run_id DESC
LIMIT 1`,
  types: {
    org_slug: 'STRING',
    pipeline: 'STRING',
    window_from: 'DATE',
    window_to: 'DATE',
    queued_since: 'TIMESTAMP',
    now: 'TIMESTAMP',
  },
};

/** Runs under a job id that is accepted once: two requests for the same days make one run. */
export const QUEUE_RUN: Statement = { ...ENQUEUE_RUN, types: ENQUEUE_RUN.types as Statement['types'] };

export const CANCEL_RUN: Statement = {
  name: 'pipeline-cancel-run',
  sql: `UPDATE ${RUNS}
SET state = 'CANCELLED', error_code = 'cancelled', error_message = @error_message, finished_at = @now, updated_at = @now
WHERE org_slug = @org_slug AND run_id = @run_id AND state IN ('QUEUED', 'RUNNING')`,
  types: { org_slug: 'STRING', run_id: 'STRING', error_message: 'STRING', now: 'TIMESTAMP' },
};

/** A run whose job could not be started; one that has begun all the same is left alone. */
export const WITHDRAW_RUN: Statement = {
  name: 'pipeline-withdraw-run',
  sql: `UPDATE ${RUNS}
SET state = 'FAILED', error_code = 'not_started', error_message = @error_message, finished_at = @now, updated_at = @now
WHERE org_slug = @org_slug AND run_id = @run_id AND state = 'QUEUED'`,
  types: { org_slug: 'STRING', run_id: 'STRING', error_message: 'STRING', now: 'TIMESTAMP' },
};

/** What nobody will carry on: queued without a job, or running without a process. */
export const CLOSE_LOST: Statement = {
  name: 'pipeline-close-lost-runs',
  sql: `UPDATE ${RUNS}
SET error_code = IF(state = 'QUEUED', 'not_started', 'interrupted'),
  error_message = IF(state = 'QUEUED', 'Its job never began.', 'The process that ran it ended without a word.'),
  state = 'FAILED', lease_until = NULL, finished_at = @now, updated_at = @now
WHERE (state = 'QUEUED' AND created_at <= @queued_before) OR (state = 'RUNNING' AND lease_until <= @lease_before)`,
  types: { queued_before: 'TIMESTAMP', lease_before: 'TIMESTAMP', now: 'TIMESTAMP' },
};

export const RUN_REQUEST_STATEMENTS: readonly Statement[] = [
  LIST_RUNS,
  GET_RUN,
  FIND_LIVE,
  QUEUE_RUN,
  CANCEL_RUN,
  WITHDRAW_RUN,
  CLOSE_LOST,
];
