/**
 * Google's own FOCUS export in the place of a billing export, for accounts that have no other: each column of the billing's raw
 * table as an expression over the export's. What was billed and each credit are taken as they are, so that their sum is too. What
 * Google's FOCUS export does not tell (adjustments, tiers, prices as quoted) stays NULL; all else is then converted as usual.
 *
 * @see https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables
 */
export const NATIVE_ROWS: Readonly<Record<string, string>> = {
  billing_account_id: 'BillingAccountId',
  service: 'STRUCT(x_ServiceId AS id, ServiceName AS description)',
  sku: 'STRUCT(SkuId AS id, ChargeDescription AS description)',
  usage_start_time: 'ChargePeriodStart',
  usage_end_time: 'ChargePeriodEnd',
  project: `STRUCT(
    IFNULL(x_Project.Id, SubAccountId) AS id, x_Project.Number AS number, IFNULL(x_Project.Name, SubAccountName) AS name,
    ${pairsIn('x_ProjectLabels')} AS labels, x_Project.AncestryNumbers AS ancestry_numbers,
    CAST(NULL AS ARRAY<STRUCT<resource_name STRING, display_name STRING>>) AS ancestors
  )`,
  labels: pairsIn('x_Labels'),
  system_labels: pairsIn('x_SystemLabels'),
  location:
    'STRUCT(x_Location AS location, CAST(NULL AS STRING) AS country, RegionId AS region, AvailabilityZone AS zone)',
  resource:
    "STRUCT(IFNULL(ResourceName, ResourceId) AS name, IF(STARTS_WITH(ResourceId, '//'), ResourceId, NULL) AS global_name)",
  tags: `ARRAY(
    SELECT STRUCT(item.Key AS key, item.Value AS value, item.x_Inherited AS inherited, item.x_Namespace AS namespace)
    FROM UNNEST(x_Tags) AS item WITH OFFSET AS position ORDER BY position
  )`,
  export_time: 'x_ExportTime',
  cost: 'CAST(BilledCost - (SELECT IFNULL(SUM(item.Amount), 0) FROM UNNEST(x_Credits) AS item) AS FLOAT64)',
  currency: 'BillingCurrency',
  currency_conversion_rate: 'x_CurrencyConversionRate',
  usage: `STRUCT(
    CAST(ConsumedQuantity AS FLOAT64) AS amount, ConsumedUnit AS unit,
    CAST(PricingQuantity AS FLOAT64) AS amount_in_pricing_units, PricingUnit AS pricing_unit
  )`,
  credits: `ARRAY(
    SELECT STRUCT(
      item.Name AS name, CAST(item.Amount AS FLOAT64) AS amount, item.FullName AS full_name, item.Id AS id, item.Type AS type
    )
    FROM UNNEST(x_Credits) AS item WITH OFFSET AS position ORDER BY position
  )`,
  // The first midnight of the month, be it of Pacific time or of UTC, lies in the month in UTC.
  invoice: "STRUCT(FORMAT_TIMESTAMP('%Y%m', BillingPeriodStart) AS month, CAST(NULL AS STRING) AS publisher_type)",
  cost_type: 'x_CostType',
  cost_at_list: 'CAST(ListCost AS FLOAT64)',
  transaction_type: "IF(STARTS_WITH(IFNULL(PublisherName, 'Google'), 'Google'), NULL, 'THIRD_PARTY_RESELLER')",
  seller_name: "IF(STARTS_WITH(IFNULL(PublisherName, 'Google'), 'Google'), NULL, PublisherName)",
  subscription: 'STRUCT(x_SubscriptionInstanceId AS instance_id)',
  cost_at_effective_price_default: 'IFNULL(x_CostAtEffectivePriceDefault, ContractedCost)',
  cost_at_list_consumption_model: 'x_CostAtListConsumptionModel',
  consumption_model: 'STRUCT(x_ConsumptionModelId AS id, x_ConsumptionModelDescription AS description)',
};

function pairsIn(column: string): string {
  return `ARRAY(
    SELECT STRUCT(item.Key AS key, item.Value AS value) FROM UNNEST(${column}) AS item WITH OFFSET AS position ORDER BY position
  )`;
}
