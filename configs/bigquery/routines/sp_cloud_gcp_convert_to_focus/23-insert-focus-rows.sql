-- The 65 columns of FOCUS 1.3 and the x_ columns. Every part of every row of the export becomes exactly one row here.
INSERT INTO `{{project}}.{{org}}.cost_data_standard_1_3` (
  AllocatedMethodDetails,
  AllocatedMethodId,
  AllocatedResourceId,
  AllocatedResourceName,
  AllocatedTags,
  AvailabilityZone,
  BilledCost,
  BillingAccountId,
  BillingAccountName,
  BillingAccountType,
  BillingCurrency,
  BillingPeriodEnd,
  BillingPeriodStart,
  CapacityReservationId,
  CapacityReservationStatus,
  ChargeCategory,
  ChargeClass,
  ChargeDescription,
  ChargeFrequency,
  ChargePeriodEnd,
  ChargePeriodStart,
  CommitmentDiscountCategory,
  CommitmentDiscountId,
  CommitmentDiscountName,
  CommitmentDiscountQuantity,
  CommitmentDiscountStatus,
  CommitmentDiscountType,
  CommitmentDiscountUnit,
  ConsumedQuantity,
  ConsumedUnit,
  ContractApplied,
  ContractedCost,
  ContractedUnitPrice,
  EffectiveCost,
  HostProviderName,
  InvoiceId,
  InvoiceIssuerName,
  ListCost,
  ListUnitPrice,
  PricingCategory,
  PricingCurrency,
  PricingCurrencyContractedUnitPrice,
  PricingCurrencyEffectiveCost,
  PricingCurrencyListUnitPrice,
  PricingQuantity,
  PricingUnit,
  ProviderName,
  PublisherName,
  RegionId,
  RegionName,
  ResourceId,
  ResourceName,
  ResourceType,
  ServiceCategory,
  ServiceName,
  ServiceProviderName,
  ServiceSubcategory,
  SkuId,
  SkuMeter,
  SkuPriceDetails,
  SkuPriceId,
  SubAccountId,
  SubAccountName,
  SubAccountType,
  Tags,
  x_AdjustmentId,
  x_AdjustmentMode,
  x_AdjustmentType,
  x_BilledCostAsExported,
  x_ConsumptionModelDescription,
  x_ConsumptionModelId,
  x_CostType,
  x_Credits,
  x_CurrencyConversionRate,
  x_ExportTime,
  x_InvoiceMonth,
  x_ListPriceEstimated,
  x_Location,
  x_PriceEffectivePrice,
  x_PriceListPrice,
  x_PriceTierStartAmount,
  x_PricingUnit,
  x_ProjectAncestors,
  x_ProjectNumber,
  x_SellerName,
  x_ServiceId,
  x_SkuId,
  x_SourceRowHash,
  x_SplitPart,
  x_SubscriptionInstanceId,
  x_TransactionType,
  x_UnusedUnknown,
  x_UsageUnit
)
WITH
  -- The row behind each part, with what its places, prices and parties are called.
  described_parts AS (
    SELECT
      part.*,
      source.* EXCEPT (row_key, invoice_key, publisher_type, cost, cost_at_contract, pricing_unit, labels, project_labels, system_labels, tags, credits),
      source.pricing_unit AS export_pricing_unit,
      -- An invoice month runs from midnight to midnight in Pacific time, whatever daylight saving does in between.
      TIMESTAMP(DATETIME(PARSE_DATE('%Y%m', source.billing_month)), 'America/Los_Angeles') AS billing_period_start,
      TIMESTAMP(DATETIME(DATE_ADD(PARSE_DATE('%Y%m', source.billing_month), INTERVAL 1 MONTH)), 'America/Los_Angeles') AS billing_period_end,
      -- Charges of the account itself have no times of use, or an empty span.
      COALESCE(source.usage_end_time > source.usage_start_time, FALSE) AS has_charge_period,
      -- Google prices in US dollars. Without a rate a row can only be shown in its own currency.
      IF(source.currency = 'USD' OR COALESCE(source.conversion_rate > 0, FALSE), 'USD', source.currency) AS pricing_currency,
      IF(source.currency <> 'USD' AND COALESCE(source.conversion_rate > 0, FALSE), source.conversion_rate, BIGNUMERIC '1') AS pricing_rate,
      IF(STARTS_WITH(COALESCE(source.transaction_type, ''), 'THIRD_PARTY'), COALESCE(source.seller_name, 'Google Cloud'), 'Google Cloud') AS seller,
      -- What was bought, or left unused, is the commitment itself.
      balance.window_key IS NOT NULL AND part.commitment_status IS DISTINCT FROM 'Used' AS is_commitment,
      COALESCE(source.resource_global_name, source.resource_name) AS resource_id,
      REGEXP_EXTRACT(source.resource_global_name, r'^//([^/]+)/.') AS resource_host,
      REGEXP_EXTRACT(source.resource_global_name, r'/([^/]+)/[^/]+$') AS resource_collection,
      balance.commitment_id,
      balance.commitment_name,
      balance.commitment_model,
      balance.commitment_unit,
      -- The older spend-based model does not export what went unused.
      balance.commitment_model = 'spend' AND balance.committed_cost IS NULL AND balance.is_used AS is_unused_unknown,
      account.account_name,
      account.is_subaccount,
      tags.tags,
      tags.is_unused_reservation,
      -- Money for a commitment is no capacity, whatever labels its fee has.
      IF(
        tags.reservation_name IS NULL OR (balance.window_key IS NOT NULL AND part.commitment_status IS DISTINCT FROM 'Used'),
        NULL,
        CONCAT(
          'projects/', COALESCE(tags.reservation_project_id, source.project_id, '-'),
          '/zones/', COALESCE(source.zone, source.location, '-'),
          '/reservations/', tags.reservation_name
        )
      ) AS capacity_reservation_id,
      sku.sku_meter,
      sku.pricing_category AS sku_pricing_category,
      -- No account, currency or date: the same price has the same id everywhere.
      CONCAT(
        source.sku_id, '/', COALESCE(CAST(source.tier_start_amount AS STRING), '0'),
        IF(source.special_consumption_model IS NULL OR source.consumption_model_id IS NULL, '', CONCAT('/', source.consumption_model_id))
      ) AS sku_price_id,
      CONCAT(
        '{',
        IF(sku.instance_series IS NULL, '', CONCAT('"InstanceSeries":', TO_JSON_STRING(sku.instance_series), ',')),
        IF(sku.storage_class IS NULL, '', CONCAT('"StorageClass":', TO_JSON_STRING(sku.storage_class), ',')),
        IF(source.special_consumption_model IS NULL OR source.consumption_model_id IS NULL, '', CONCAT('"x_ConsumptionModelDescription":', TO_JSON_STRING(source.special_consumption_model), ',')),
        '"x_TierStartAmount":', COALESCE(CAST(source.tier_start_amount AS STRING), '0'),
        '}'
      ) AS sku_price_details,
      COALESCE(service.service_category, 'Other') AS service_category,
      COALESCE(service.service_subcategory, 'Other (Other)') AS service_subcategory
    FROM charge_parts AS part
    JOIN source_rows AS source ON source.row_key = part.row_key
    LEFT JOIN commitment_balances AS balance ON balance.window_key = part.window_key
    LEFT JOIN account_facts AS account ON account.billing_account_id = source.billing_account_id
    LEFT JOIN row_tags AS tags ON tags.row_key = part.row_key
    LEFT JOIN sku_facts AS sku ON sku.sku_description = source.sku_description
    LEFT JOIN service_facts AS service ON service.service_name = source.service_name
  ),
  named_parts AS (
    SELECT
      part.*,
      region.region_name,
      CASE
        WHEN part.is_commitment THEN 'Commitment'
        WHEN part.resource_id IS NULL THEN NULL
        WHEN known.resource_type IS NOT NULL THEN known.resource_type
        WHEN part.resource_host IS NULL OR part.resource_collection IS NULL THEN CONCAT(part.service_name, ' resource')
        -- "urlMaps" of compute.googleapis.com is compute.googleapis.com/UrlMap.
        ELSE CONCAT(
          part.resource_host, '/', UPPER(SUBSTR(part.resource_collection, 1, 1)),
          SUBSTR(REGEXP_REPLACE(REGEXP_REPLACE(part.resource_collection, r'ies$', 'ys'), r'(?:(ss|x|ch|sh)es|([^s])s)$', r'\1\2'), 2)
        )
      END AS resource_type
    FROM described_parts AS part
    LEFT JOIN `{{project}}.{{integrations}}.gcp_regions` AS region ON region.region_id = part.region_id
    LEFT JOIN `{{project}}.{{integrations}}.gcp_resource_types` AS known
      ON known.service_host = part.resource_host AND known.collection = part.resource_collection
  )
SELECT
  CAST(NULL AS STRING) AS AllocatedMethodDetails,
  CAST(NULL AS STRING) AS AllocatedMethodId,
  CAST(NULL AS STRING) AS AllocatedResourceId,
  CAST(NULL AS STRING) AS AllocatedResourceName,
  CAST(NULL AS STRING) AS AllocatedTags,
  IF(part.region_id IS NULL, NULL, zone) AS AvailabilityZone,
  billed_cost AS BilledCost,
  billing_account_id AS BillingAccountId,
  -- Where the account's name is not known its id stands in, as a project's id does for its name.
  COALESCE(account_name, billing_account_id) AS BillingAccountName,
  IF(COALESCE(is_subaccount, FALSE), 'Billing Subaccount', 'Billing Account') AS BillingAccountType,
  currency AS BillingCurrency,
  billing_period_end AS BillingPeriodEnd,
  billing_period_start AS BillingPeriodStart,
  capacity_reservation_id AS CapacityReservationId,
  CASE WHEN capacity_reservation_id IS NULL THEN NULL WHEN is_unused_reservation = 'true' THEN 'Unused' ELSE 'Used' END AS CapacityReservationStatus,
  charge_category AS ChargeCategory,
  charge_class AS ChargeClass,
  COALESCE(credit_description, IF(charge_category IN ('Adjustment', 'Credit'), adjustment_description, NULL), sku_description, adjustment_description, service_name) AS ChargeDescription,
  charge_frequency AS ChargeFrequency,
  IF(has_charge_period, usage_end_time, billing_period_end) AS ChargePeriodEnd,
  IF(has_charge_period, usage_start_time, billing_period_start) AS ChargePeriodStart,
  IF(commitment_model = 'resource', 'Usage', IF(commitment_model IS NULL, NULL, 'Spend')) AS CommitmentDiscountCategory,
  commitment_id AS CommitmentDiscountId,
  commitment_name AS CommitmentDiscountName,
  commitment_quantity AS CommitmentDiscountQuantity,
  commitment_status AS CommitmentDiscountStatus,
  IF(commitment_model = 'resource', 'Resource-based CUD', IF(commitment_model IS NULL, NULL, 'Spend-based CUD')) AS CommitmentDiscountType,
  commitment_unit AS CommitmentDiscountUnit,
  consumed_quantity AS ConsumedQuantity,
  IF(consumed_quantity IS NULL, NULL, COALESCE(consumed_name.focus_unit, 'Units')) AS ConsumedUnit,
  CAST(NULL AS STRING) AS ContractApplied,
  contracted_cost AS ContractedCost,
  contracted_unit_price AS ContractedUnitPrice,
  effective_cost AS EffectiveCost,
  seller AS HostProviderName,
  CAST(NULL AS STRING) AS InvoiceId,
  'Google Cloud' AS InvoiceIssuerName,
  list_cost AS ListCost,
  list_unit_price AS ListUnitPrice,
  CASE
    WHEN NOT is_priced THEN NULL
    WHEN commitment_status IS NOT NULL THEN 'Committed'
    WHEN is_commitment THEN 'Standard'
    ELSE COALESCE(sku_pricing_category, 'Standard')
  END AS PricingCategory,
  pricing_currency AS PricingCurrency,
  IF(pricing_rate = 1, contracted_unit_price, contracted_unit_price / pricing_rate) AS PricingCurrencyContractedUnitPrice,
  IF(pricing_rate = 1, effective_cost, effective_cost / pricing_rate) AS PricingCurrencyEffectiveCost,
  IF(pricing_rate = 1, list_unit_price, list_unit_price / pricing_rate) AS PricingCurrencyListUnitPrice,
  pricing_quantity AS PricingQuantity,
  IF(pricing_quantity IS NULL, NULL, COALESCE(pricing_name.focus_unit, 'Units')) AS PricingUnit,
  'Google Cloud' AS ProviderName,
  seller AS PublisherName,
  part.region_id AS RegionId,
  COALESCE(region_name, part.region_id) AS RegionName,
  IF(is_commitment, commitment_id, resource_id) AS ResourceId,
  IF(is_commitment, NULL, IF(resource_name = resource_id OR REGEXP_CONTAINS(resource_name, r'(?:^|/)\d+$'), NULL, resource_name)) AS ResourceName,
  resource_type AS ResourceType,
  service_category AS ServiceCategory,
  service_name AS ServiceName,
  seller AS ServiceProviderName,
  service_subcategory AS ServiceSubcategory,
  IF(is_priced, sku_id, NULL) AS SkuId,
  IF(is_priced, COALESCE(sku_meter, service_name), NULL) AS SkuMeter,
  IF(is_priced, sku_price_details, NULL) AS SkuPriceDetails,
  IF(is_priced, sku_price_id, NULL) AS SkuPriceId,
  project_id AS SubAccountId,
  IF(project_id IS NULL, NULL, COALESCE(project_name, project_id)) AS SubAccountName,
  IF(project_id IS NULL, NULL, 'Project') AS SubAccountType,
  tags AS Tags,
  adjustment_id AS x_AdjustmentId,
  adjustment_mode AS x_AdjustmentMode,
  adjustment_type AS x_AdjustmentType,
  exported_cost AS x_BilledCostAsExported,
  special_consumption_model AS x_ConsumptionModelDescription,
  consumption_model_id AS x_ConsumptionModelId,
  cost_type AS x_CostType,
  credits AS x_Credits,
  conversion_rate AS x_CurrencyConversionRate,
  export_time AS x_ExportTime,
  invoice_month AS x_InvoiceMonth,
  is_list_price_missing AS x_ListPriceEstimated,
  location AS x_Location,
  quoted_effective_price AS x_PriceEffectivePrice,
  quoted_list_price AS x_PriceListPrice,
  tier_start_amount AS x_PriceTierStartAmount,
  export_pricing_unit AS x_PricingUnit,
  project_ancestors AS x_ProjectAncestors,
  project_number AS x_ProjectNumber,
  seller_name AS x_SellerName,
  service_id AS x_ServiceId,
  sku_id AS x_SkuId,
  row_key AS x_SourceRowHash,
  split_part AS x_SplitPart,
  subscription_instance_id AS x_SubscriptionInstanceId,
  transaction_type AS x_TransactionType,
  IF(is_unused_unknown, TRUE, NULL) AS x_UnusedUnknown,
  usage_unit AS x_UsageUnit
FROM named_parts AS part
LEFT JOIN unit_names AS pricing_name ON pricing_name.export_unit = part.pricing_unit
LEFT JOIN unit_names AS consumed_name ON consumed_name.export_unit = part.consumed_unit;
