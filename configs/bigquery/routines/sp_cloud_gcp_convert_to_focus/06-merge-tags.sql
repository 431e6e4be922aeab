-- One flat JSON object of tags per row, keys sorted, so that equal rows give equal bytes.
--
-- Labels of the resource win over labels of its project: the nearest value is final. Resource Manager tags and system labels are
-- schemes of their own and carry a prefix each. A key that is there twice keeps its first value.
CREATE TEMP TABLE row_tags AS
WITH
  found_tags AS (
    SELECT source.row_key, label.key AS key, label.value AS value, 1 AS nearness, position
    FROM source_rows AS source
    CROSS JOIN UNNEST(source.labels) AS label WITH OFFSET AS position
    UNION ALL
    SELECT source.row_key, label.key AS key, label.value AS value, 2 AS nearness, position
    FROM source_rows AS source
    CROSS JOIN UNNEST(source.project_labels) AS label WITH OFFSET AS position
    UNION ALL
    SELECT source.row_key, CONCAT('gcp_tag/', COALESCE(tag.namespace, ''), '/', tag.key) AS key, tag.value AS value, 3 AS nearness, position
    FROM source_rows AS source
    CROSS JOIN UNNEST(source.tags) AS tag WITH OFFSET AS position
    UNION ALL
    SELECT source.row_key, CONCAT('gcp_system/', label.key) AS key, label.value AS value, 4 AS nearness, position
    FROM source_rows AS source
    CROSS JOIN UNNEST(source.system_labels) AS label WITH OFFSET AS position
  ),
  final_tags AS (
    SELECT
      row_key,
      key,
      value,
      -- A label over one of the project is no repetition.
      LEAD(nearness) OVER (PARTITION BY row_key, key ORDER BY nearness, position) = nearness AS is_repeated
    FROM found_tags
    WHERE key IS NOT NULL
    QUALIFY ROW_NUMBER() OVER (PARTITION BY row_key, key ORDER BY nearness, position) = 1
  )
SELECT
  row_key,
  -- FOCUS writes a tag without a value as true; an empty value is a value.
  CONCAT(
    '{',
    STRING_AGG(CONCAT(TO_JSON_STRING(key), ':', IF(value IS NULL, 'true', TO_JSON_STRING(value))), ',' ORDER BY key),
    '}'
  ) AS tags,
  LOGICAL_OR(key = 'goog-originating-sku-id') AS names_originating_sku,
  MIN(IF(is_repeated, key, NULL)) AS repeated_key,
  MAX(IF(key = 'gcp_system/compute.googleapis.com/is_unused_reservation', value, NULL)) AS is_unused_reservation,
  MAX(IF(key = 'gcp_system/compute.googleapis.com/reservation_name', value, NULL)) AS reservation_name,
  MAX(IF(key = 'gcp_system/compute.googleapis.com/reservation_project_id', value, NULL)) AS reservation_project_id
FROM final_tags
GROUP BY row_key;
