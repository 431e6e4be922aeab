-- The export's rows of the periods, flat, with a key and exact decimals.
--
-- The export has no row id and equal rows can be genuine. The key is the hash of the row's columns as JSON (columns of the export
-- only, so that loading it again changes nothing) and an ordinal among equal rows; which of two equal rows is called the first
-- makes no difference to any result.
--
-- The export's money is FLOAT64. Its text, 15 digits where they read the same number back and 17 where they do not, is the number that
-- Google wrote; read as BIGNUMERIC it has no binary tail.
-- Amounts that only inform (not cost, not credits) are read leniently: what is not a number counts as absent.
CREATE TEMP TABLE source_rows AS
WITH
  hashed_rows AS (
    SELECT
      export.*,
      TO_HEX(SHA256(ARRAY_TO_STRING([
        TO_JSON_STRING(export.billing_account_id),
        TO_JSON_STRING(export.service),
        TO_JSON_STRING(export.sku),
        TO_JSON_STRING(export.usage_start_time),
        TO_JSON_STRING(export.usage_end_time),
        TO_JSON_STRING(export.project),
        TO_JSON_STRING(export.labels),
        TO_JSON_STRING(export.system_labels),
        TO_JSON_STRING(export.location),
        TO_JSON_STRING(export.resource),
        TO_JSON_STRING(export.tags),
        TO_JSON_STRING(export.price),
        TO_JSON_STRING(export.export_time),
        TO_JSON_STRING(export.cost),
        TO_JSON_STRING(export.currency),
        TO_JSON_STRING(export.currency_conversion_rate),
        TO_JSON_STRING(export.usage),
        TO_JSON_STRING(export.credits),
        TO_JSON_STRING(export.invoice),
        TO_JSON_STRING(export.cost_type),
        TO_JSON_STRING(export.adjustment_info),
        TO_JSON_STRING(export.cost_at_list),
        TO_JSON_STRING(export.transaction_type),
        TO_JSON_STRING(export.seller_name),
        TO_JSON_STRING(export.subscription),
        TO_JSON_STRING(export.cost_at_effective_price_default),
        TO_JSON_STRING(export.cost_at_list_consumption_model),
        TO_JSON_STRING(export.consumption_model)
      ], ','))) AS row_hash
    FROM `{{project}}.{{org}}.cloud_gcp_billing_raw_daily` AS export
    WHERE
      EXISTS (
        SELECT 1
        FROM UNNEST(periods) AS period
        WHERE period.billing_account_id = export.billing_account_id AND period.invoice_month IS NOT DISTINCT FROM export.invoice.month
      )
  )
SELECT
  CONCAT(row_hash, '-', CAST(ROW_NUMBER() OVER (PARTITION BY row_hash) AS STRING)) AS row_key,
  billing_account_id,
  invoice.month AS invoice_month,
  -- The same as a key to join by, also where there is none.
  COALESCE(invoice.month, '') AS invoice_key,
  -- Exports of before 2018 name no invoice month; they were invoiced with the month of use.
  COALESCE(
    invoice.month,
    FORMAT_TIMESTAMP('%Y%m', COALESCE(usage_start_time, export_time, TIMESTAMP(ingestion_date)), 'America/Los_Angeles')
  ) AS billing_month,
  -- XXX is ISO 4217's code for no currency: the row stays, and the quality report names it.
  IF(TRIM(currency) = '', 'XXX', COALESCE(currency, 'XXX')) AS currency,
  SAFE_CAST(CAST(currency_conversion_rate AS STRING) AS BIGNUMERIC) AS conversion_rate,
  cost IS NULL AS is_cost_missing,
  COALESCE(CAST(CAST(cost AS STRING) AS BIGNUMERIC), BIGNUMERIC '0') AS cost,
  SAFE_CAST(CAST(cost_at_list AS STRING) AS BIGNUMERIC) AS cost_at_list,
  CAST(cost_at_effective_price_default AS BIGNUMERIC) AS cost_at_contract,
  SAFE_CAST(CAST(usage.amount AS STRING) AS BIGNUMERIC) AS usage_amount,
  IF(TRIM(usage.unit) = '', NULL, usage.unit) AS usage_unit,
  SAFE_CAST(CAST(usage.amount_in_pricing_units AS STRING) AS BIGNUMERIC) AS priced_amount,
  IF(TRIM(usage.pricing_unit) = '', NULL, usage.pricing_unit) AS pricing_unit,
  price.effective_price AS quoted_effective_price,
  price.effective_price_default AS quoted_contract_price,
  price.list_price AS quoted_list_price,
  price.pricing_unit_quantity AS quoted_per_units,
  price.tier_start_amount AS tier_start_amount,
  cost_type,
  adjustment_info.id AS adjustment_id,
  adjustment_info.type AS adjustment_type,
  adjustment_info.mode AS adjustment_mode,
  IF(TRIM(adjustment_info.description) = '', NULL, adjustment_info.description) AS adjustment_description,
  usage_start_time,
  usage_end_time,
  export_time,
  IF(TRIM(service.id) = '', NULL, service.id) AS service_id,
  -- Charges without a service are made on the invoice itself; Google's own name for that service is Invoice.
  COALESCE(IF(TRIM(service.description) = '', NULL, service.description), IF(TRIM(service.id) = '', NULL, service.id), 'Invoice')
    AS service_name,
  IF(TRIM(sku.id) = '', NULL, sku.id) AS sku_id,
  IF(TRIM(sku.description) = '', NULL, sku.description) AS sku_description,
  IF(TRIM(project.id) = '', NULL, project.id) AS project_id,
  IF(TRIM(project.name) = '', NULL, project.name) AS project_name,
  project.number AS project_number,
  project.ancestors AS project_ancestors,
  project.labels AS project_labels,
  labels,
  system_labels,
  tags,
  credits,
  IF(TRIM(location.location) = '', NULL, location.location) AS location,
  IF(TRIM(location.country) = '', NULL, location.country) AS country,
  -- A zone names its region; a place that is neither a region nor a listed multi-region (a country, global) is no region.
  COALESCE(
    IF(TRIM(location.region) = '' OR location.region = 'global', NULL, location.region),
    REGEXP_EXTRACT(location.zone, r'^(.+)-[a-z0-9]+$'),
    REGEXP_EXTRACT(location.location, r'^([a-z]+-[a-z]+\d+)-[a-z]$'),
    IF(
      place.region_id IS NOT NULL OR (LOWER(location.location) <> 'global' AND REGEXP_CONTAINS(location.location, r'\d$|-')),
      location.location,
      NULL
    )
  ) AS region_id,
  IF(TRIM(location.zone) = '', NULL, location.zone) AS zone,
  IF(TRIM(resource.name) = '', NULL, resource.name) AS resource_name,
  IF(TRIM(resource.global_name) = '', NULL, resource.global_name) AS resource_global_name,
  IF(TRIM(subscription.instance_id) = '', NULL, subscription.instance_id) AS subscription_instance_id,
  consumption_model.id AS consumption_model_id,
  IF(TRIM(consumption_model.description) = '' OR consumption_model.description = 'Default', NULL, consumption_model.description)
    AS special_consumption_model,
  invoice.publisher_type AS publisher_type,
  transaction_type,
  IF(TRIM(seller_name) = '', NULL, seller_name) AS seller_name
FROM hashed_rows
LEFT JOIN `{{project}}.{{integrations}}.gcp_regions` AS place ON place.region_id = hashed_rows.location.location;
