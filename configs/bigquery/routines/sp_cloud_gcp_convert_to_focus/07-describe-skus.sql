-- What the text of each SKU tells, by the patterns of a lookup: per attribute the first pattern that matches.
-- Patterns meet each distinct text once, not each row.
CREATE TEMP TABLE sku_facts AS
WITH
  sku_texts AS (
    SELECT DISTINCT sku_description FROM source_rows WHERE sku_description IS NOT NULL
  ),
  first_matches AS (
    SELECT
      text.sku_description,
      pattern.attribute,
      COALESCE(NULLIF(pattern.value, ''), REGEXP_EXTRACT(text.sku_description, pattern.pattern)) AS value
    FROM sku_texts AS text
    CROSS JOIN `{{project}}.{{integrations}}.gcp_sku_patterns` AS pattern
    WHERE REGEXP_CONTAINS(text.sku_description, pattern.pattern)
    QUALIFY ROW_NUMBER() OVER (PARTITION BY text.sku_description, pattern.attribute ORDER BY pattern.rank) = 1
  )
SELECT
  text.sku_description,
  -- A text without a known word is its own meter, less the place where it runs.
  COALESCE(
    MAX(IF(found.attribute = 'sku_meter', found.value, NULL)),
    REGEXP_REPLACE(text.sku_description, r' (?:running )?in [A-Z].*$', '')
  ) AS sku_meter,
  MAX(IF(found.attribute = 'pricing_category', found.value, NULL)) AS pricing_category,
  MAX(IF(found.attribute = 'charge_frequency', found.value, NULL)) AS charge_frequency,
  MAX(IF(found.attribute = 'commitment_fee', found.value, NULL)) AS commitment_fee,
  MAX(IF(found.attribute = 'commitment_plan', found.value, NULL)) AS commitment_plan,
  MAX(IF(found.attribute = 'commitment_resource', found.value, NULL)) AS commitment_resource,
  MAX(IF(found.attribute = 'commitment_series', found.value, NULL)) AS commitment_series,
  MAX(IF(found.attribute = 'storage_class', found.value, NULL)) AS storage_class,
  MAX(IF(found.attribute = 'instance_series', found.value, NULL)) AS instance_series
FROM sku_texts AS text
LEFT JOIN first_matches AS found ON found.sku_description = text.sku_description
GROUP BY text.sku_description;
