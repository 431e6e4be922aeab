/** Every SQL statement on integrations, with the types of its parameters. `{{project}}` and `{{integrations}}` are filled in by code. */

/** Columns of `org_integration_credentials`, in the order of the table. */
export const CREDENTIAL_COLUMNS = {
  org_slug: 'STRING',
  provider_key: 'STRING',
  credential_id: 'STRING',
  label: 'STRING',
  validation_status: 'STRING',
  encrypted_credentials: 'STRING',
  fingerprint: 'STRING',
  kms_key_version: 'STRING',
  credential_format: 'INT64',
  candidate_encrypted_credentials: 'STRING',
  candidate_fingerprint: 'STRING',
  candidate_kms_key_version: 'STRING',
  candidate_metadata: 'JSON',
  candidate_expires_at: 'TIMESTAMP',
  candidate_status: 'STRING',
  candidate_submitted_at: 'TIMESTAMP',
  candidate_last_check: 'JSON',
  metadata: 'JSON',
  discovered: 'JSON',
  last_check: 'JSON',
  last_validated_at: 'TIMESTAMP',
  expires_at: 'TIMESTAMP',
  version: 'INT64',
  last_request_id: 'STRING',
  created_at: 'TIMESTAMP',
  created_by: 'STRING',
  updated_at: 'TIMESTAMP',
  updated_by: 'STRING',
  deleted_at: 'TIMESTAMP',
} as const;

export const EVENT_COLUMNS = {
  event_id: 'STRING',
  org_slug: 'STRING',
  provider_key: 'STRING',
  credential_id: 'STRING',
  occurred_at: 'TIMESTAMP',
  actor: 'STRING',
  action: 'STRING',
  from_status: 'STRING',
  to_status: 'STRING',
  outcome: 'STRING',
  fingerprint: 'STRING',
  version: 'INT64',
  request_id: 'STRING',
} as const;

export type ParameterTypes = Readonly<Record<string, string>>;
export interface Statement {
  /** Travels as the label `stmt`, so that INFORMATION_SCHEMA.JOBS can be grouped by it. */
  readonly name: string;
  readonly sql: string;
  readonly types: ParameterTypes;
}

export const CREDENTIALS = '`{{project}}.{{integrations}}.org_integration_credentials`';
export const EVENTS = '`{{project}}.{{integrations}}.org_integration_events`';
const KEYS = '`{{project}}.{{integrations}}.idempotency_keys`';
const ONE_KEY = 'org_slug = @org_slug AND key_hash = @key_hash';
const PAIR = { org_slug: 'STRING', provider_key: 'STRING' } as const;
const ONE_PAIR = 'org_slug = @org_slug AND provider_key = @provider_key';

const allColumns = Object.keys(CREDENTIAL_COLUMNS);
const SECRET_COLUMNS = new Set(['encrypted_credentials', 'candidate_encrypted_credentials']);
export const openColumns = allColumns.filter((column) => !SECRET_COLUMNS.has(column)).join(', ');
const mutableColumns = allColumns.filter((column) => !['org_slug', 'provider_key', 'version'].includes(column));
const asParameters = (columns: readonly string[]) => columns.map((column) => `@${column}`).join(', ');

/** Identities that only read integrations never see a ciphertext. */
export const FIND: Statement = {
  name: 'integration-find',
  sql: `SELECT ${openColumns} FROM ${CREDENTIALS} WHERE ${ONE_PAIR}`,
  types: PAIR,
};

/** The row with its ciphertexts, for those who open or rewrite it. */
export const FIND_SEALED: Statement = {
  name: 'integration-find-sealed',
  sql: `SELECT ${allColumns.join(', ')} FROM ${CREDENTIALS} WHERE ${ONE_PAIR}`,
  types: PAIR,
};

export const FIND_WITH_HISTORY: Statement = {
  name: 'integration-find-with-history',
  sql: `SELECT ${openColumns}, ARRAY(
  SELECT AS STRUCT occurred_at, actor, action, from_status, to_status, outcome, fingerprint, request_id
  FROM ${EVENTS}
  WHERE ${ONE_PAIR}
  ORDER BY occurred_at DESC, version DESC
  LIMIT 100
) AS history FROM ${CREDENTIALS} WHERE ${ONE_PAIR}`,
  types: PAIR,
};

export const LIST: Statement = {
  name: 'integration-list',
  sql: `SELECT ${openColumns} FROM ${CREDENTIALS} WHERE org_slug = @org_slug AND deleted_at IS NULL`,
  types: { org_slug: 'STRING' },
};

/** Runs under a job id that is accepted once, which makes it the lock of the first creation. */
export const CREATE: Statement = {
  name: 'integration-create',
  sql: `INSERT INTO ${CREDENTIALS} (${allColumns.join(', ')})
SELECT ${asParameters(allColumns)}
FROM (SELECT 1 AS one)
WHERE NOT EXISTS (SELECT 1 FROM ${CREDENTIALS} WHERE ${ONE_PAIR})`,
  types: CREDENTIAL_COLUMNS,
};

/** The only way a row changes: everything at once, if nobody changed it in between. */
export const REPLACE: Statement = {
  name: 'integration-replace',
  sql: `UPDATE ${CREDENTIALS}
SET ${mutableColumns.map((column) => `${column} = @${column}`).join(', ')}, version = version + 1
WHERE ${ONE_PAIR} AND version = @version`,
  types: CREDENTIAL_COLUMNS,
};

/** Appends an event unless an earlier try did. */
export const APPEND_EVENT: Statement = {
  name: 'integration-append-event',
  sql: `INSERT INTO ${EVENTS} (${Object.keys(EVENT_COLUMNS).join(', ')})
SELECT ${asParameters(Object.keys(EVENT_COLUMNS))}
FROM (SELECT 1 AS one)
WHERE NOT EXISTS (SELECT 1 FROM ${EVENTS} WHERE occurred_at = @occurred_at AND event_id = @event_id)`,
  types: EVENT_COLUMNS,
};

const KEY_TYPES = { org_slug: 'STRING', key_hash: 'STRING' } as const;

export const FIND_KEY: Statement = {
  name: 'idempotency-find',
  sql: `SELECT request_hash, status, response, created_at FROM ${KEYS}
WHERE ${ONE_KEY} AND created_at > @since
ORDER BY created_at DESC
LIMIT 1`,
  types: { ...KEY_TYPES, since: 'TIMESTAMP' },
};

/** Runs under a job id that is accepted once a day, as first creations do. */
export const CLAIM_KEY: Statement = {
  name: 'idempotency-claim',
  sql: `INSERT INTO ${KEYS} (org_slug, key_hash, request_hash, response, created_at)
SELECT @org_slug, @key_hash, @request_hash, @response, @created_at
FROM (SELECT 1 AS one)
WHERE NOT EXISTS (SELECT 1 FROM ${KEYS} WHERE ${ONE_KEY} AND created_at > @since)`,
  types: { ...KEY_TYPES, request_hash: 'STRING', response: 'JSON', created_at: 'TIMESTAMP', since: 'TIMESTAMP' },
};

/** Only whoever holds the claim, or knows that it came to nothing, can change it. */
export const CHANGE_KEY: Statement = {
  name: 'idempotency-change',
  sql: `UPDATE ${KEYS}
SET request_hash = @request_hash, status = @status, response = @response, created_at = @created_at
WHERE ${ONE_KEY} AND JSON_VALUE(response, '$.claim') = @claim`,
  types: {
    ...KEY_TYPES,
    request_hash: 'STRING',
    status: 'INT64',
    response: 'JSON',
    created_at: 'TIMESTAMP',
    claim: 'STRING',
  },
};

export const STATEMENTS: readonly Statement[] = [
  FIND,
  FIND_SEALED,
  FIND_WITH_HISTORY,
  LIST,
  CREATE,
  REPLACE,
  APPEND_EVENT,
  FIND_KEY,
  CLAIM_KEY,
  CHANGE_KEY,
];
