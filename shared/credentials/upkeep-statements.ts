import { CREDENTIALS, EVENT_COLUMNS, EVENTS, openColumns, type Statement } from './statements.ts';

/** How many rows one run of upkeep takes on of a kind; the rest is for the next run. */
const BATCH = 1_000;

/** Tests that were asked for and never came: the message was lost between two writes, or given up. */
export const LIST_OVERDUE: Statement = {
  name: 'upkeep-list-overdue',
  sql: `SELECT ${openColumns} FROM ${CREDENTIALS}
WHERE deleted_at IS NULL
  AND (validation_status = 'PENDING' OR candidate_status = 'PENDING')
  AND updated_at < IF(
    JSON_VALUE(IF(candidate_status = 'PENDING', candidate_last_check, last_check), '$.given_up') = 'true',
    @day_before,
    @before)
ORDER BY updated_at
LIMIT ${BATCH}`,
  types: { before: 'TIMESTAMP', day_before: 'TIMESTAMP' },
};

/**
 * VALID credentials whose daily test is due.
 *
 * Each has its own time of day, which follows from its random id, so that tests spread over the day whenever the
 * credentials were set up and however long upkeep did not run.
 */
export const LIST_DUE: Statement = {
  name: 'upkeep-list-due',
  sql: `SELECT * EXCEPT (time_of_day) FROM (
  SELECT ${openColumns}, TIMESTAMP_ADD(
    TIMESTAMP_TRUNC(@now, DAY),
    INTERVAL DIV(COALESCE(SAFE_CAST(CONCAT('0x', SUBSTR(credential_id, 6, 4)) AS INT64), 0) * 86400, 65536) SECOND
  ) AS time_of_day
  FROM ${CREDENTIALS}
  WHERE deleted_at IS NULL
    AND validation_status = 'VALID'
    AND kms_key_version IS NOT NULL
    AND candidate_status IS DISTINCT FROM 'PENDING'
)
WHERE TIMESTAMP(JSON_VALUE(last_check, '$.at'))
  < IF(time_of_day <= @now, time_of_day, TIMESTAMP_SUB(time_of_day, INTERVAL 24 HOUR))
ORDER BY time_of_day
LIMIT ${BATCH}`,
  types: { now: 'TIMESTAMP' },
};

/** VALID credentials whose stated expiry has passed. */
export const LIST_RUN_OUT: Statement = {
  name: 'upkeep-list-run-out',
  sql: `SELECT ${openColumns} FROM ${CREDENTIALS}
WHERE deleted_at IS NULL AND validation_status = 'VALID' AND expires_at <= @now
ORDER BY expires_at
LIMIT ${BATCH}`,
  types: { now: 'TIMESTAMP' },
};

/** The key versions under which anything is sealed. */
export const LIST_KEY_VERSIONS: Statement = {
  name: 'upkeep-list-key-versions',
  sql: `SELECT DISTINCT key_version
FROM ${CREDENTIALS}, UNNEST([kms_key_version, candidate_kms_key_version]) AS key_version
WHERE deleted_at IS NULL AND key_version IS NOT NULL
ORDER BY key_version`,
  types: {},
};

/** Rows with anything sealed under a key version, those that wait longest first. */
export const LIST_SEALED_UNDER: Statement = {
  name: 'upkeep-list-sealed-under',
  sql: `SELECT ${openColumns} FROM ${CREDENTIALS}
WHERE deleted_at IS NULL AND (kms_key_version = @key_version OR candidate_kms_key_version = @key_version)
ORDER BY updated_at
LIMIT ${BATCH}`,
  types: { key_version: 'STRING' },
};

/** Adds the event of a change whose own event got lost between two writes: the write's id tells that it is missing. */
export const MEND_HISTORY: Statement = {
  name: 'upkeep-mend-history',
  sql: `INSERT INTO ${EVENTS} (${Object.keys(EVENT_COLUMNS).join(', ')})
SELECT
  changed.last_request_id, changed.org_slug, changed.provider_key, changed.credential_id, changed.updated_at,
  changed.updated_by, 'changed', CAST(NULL AS STRING),
  IF(changed.deleted_at IS NULL, changed.validation_status, 'NOT_CONFIGURED'),
  CAST(NULL AS STRING), changed.fingerprint, changed.version, CAST(NULL AS STRING)
FROM ${CREDENTIALS} AS changed
WHERE changed.updated_at BETWEEN @since AND @before
  AND NOT EXISTS (
    SELECT 1 FROM ${EVENTS} AS event
    WHERE event.occurred_at = changed.updated_at AND event.event_id = changed.last_request_id)`,
  types: { since: 'TIMESTAMP', before: 'TIMESTAMP' },
};

export const UPKEEP_STATEMENTS: readonly Statement[] = [
  LIST_OVERDUE,
  LIST_DUE,
  LIST_RUN_OUT,
  LIST_KEY_VERSIONS,
  LIST_SEALED_UNDER,
  MEND_HISTORY,
];
