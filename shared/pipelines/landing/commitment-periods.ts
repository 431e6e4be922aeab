/**
 * Which billing periods a change of Google's list of commitments reaches. The list comes anew every day and hardly ever differs,
 * so periods are marked by what it says of each commitment, not by its rows.
 */

const BILLING = '`{{project}}.{{org}}.cloud_gcp_billing_raw_daily`';

/** What the newest list says of each commitment; the conversion reads no more of it. */
const terms = (table: string): string => `SELECT
  billing_account_id,
  start_time,
  TO_JSON_STRING(STRUCT(subscription.instance_id AS id, subscription.display_name AS display_name, consumption_model, region,
    commitment_amount, commitent_amount, start_time, end_time)) AS terms
FROM \`{{project}}.{{org}}.${table}\`
WHERE subscription.instance_id IS NOT NULL
QUALIFY RANK() OVER (PARTITION BY billing_account_id, subscription.instance_id ORDER BY ingestion_date DESC) = 1`;

/** Taken before the rows change, to be compared with what is there afterwards. */
export const rememberCommitments = (table: string): string =>
  `CREATE TEMP TABLE former_commitments AS\n${terms(table)}`;

/** Periods of the bills from the month on in which a commitment began that is new, gone, or has other terms now. */
export const periodsOfCommitments = (table: string): string =>
  `WITH current_commitments AS (
${terms(table)}
),
changed AS (
  SELECT billing_account_id, start_time FROM current_commitments
  WHERE terms NOT IN (SELECT terms FROM former_commitments)
  UNION ALL
  SELECT billing_account_id, start_time FROM former_commitments
  WHERE terms NOT IN (SELECT terms FROM current_commitments)
),
reached AS (
  SELECT billing_account_id, MIN(IFNULL(FORMAT_TIMESTAMP('%Y%m', start_time), '')) AS first_month
  FROM changed GROUP BY billing_account_id
)
SELECT DISTINCT bill.billing_account_id, bill.invoice.month AS invoice_month
FROM ${BILLING} AS bill
JOIN reached ON reached.billing_account_id = bill.billing_account_id
WHERE bill.invoice.month >= reached.first_month`;
