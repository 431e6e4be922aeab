-- FOCUS names of the units: from a lookup, else word by word. Amounts are never rescaled, only named.
CREATE TEMP TABLE unit_names AS
WITH
  export_units AS (
    SELECT usage_unit AS export_unit FROM source_rows WHERE usage_unit IS NOT NULL
    UNION DISTINCT
    SELECT pricing_unit AS export_unit FROM source_rows WHERE pricing_unit IS NOT NULL
  ),
  -- The export writes both "gibibyte month" and "gibibyte-month", and both "per" and "/".
  plain_units AS (
    SELECT
      export_unit,
      REGEXP_REPLACE(REGEXP_REPLACE(LOWER(TRIM(export_unit)), r'[\s_-]+', ' '), r' per | ?/ ?', '/') AS plain_unit
    FROM export_units
  ),
  looked_up AS (
    SELECT plain.export_unit, plain.plain_unit, known.focus_unit
    FROM plain_units AS plain
    LEFT JOIN `{{project}}.{{integrations}}.gcp_units` AS known ON known.export_unit = plain.plain_unit
  ),
  unit_words AS (
    SELECT
      unit.export_unit,
      side_at,
      word_at,
      word,
      word_at = ARRAY_LENGTH(SPLIT(side, ' ')) - 1 AS is_last,
      COALESCE(known.is_time, FALSE) AS is_time,
      COALESCE(known.singular, CONCAT(UPPER(SUBSTR(word, 1, 1)), SUBSTR(word, 2))) AS singular,
      COALESCE(known.plural, CONCAT(UPPER(SUBSTR(word, 1, 1)), SUBSTR(word, 2), IF(REGEXP_CONTAINS(word, r's$|^\d+$'), '', 's'))) AS plural
    FROM looked_up AS unit
    CROSS JOIN UNNEST(SPLIT(unit.plain_unit, '/')) AS side WITH OFFSET AS side_at
    CROSS JOIN UNNEST(SPLIT(side, ' ')) AS word WITH OFFSET AS word_at
    LEFT JOIN `{{project}}.{{integrations}}.gcp_unit_words` AS known ON known.word = word
    WHERE unit.focus_unit IS NULL
  ),
  -- The last word is plural: "Node-Hours", "1000 Requests". After a slash a lone one is singular: "GiB/Hour", "Units/3 Months".
  spelt_out AS (
    SELECT
      export_unit,
      STRING_AGG(
        CONCAT(
          CASE WHEN word_at > 0 AND is_time AND side_at = 0 THEN '-' WHEN word_at > 0 THEN ' ' WHEN side_at > 0 THEN '/' ELSE '' END,
          IF(is_last AND (side_at = 0 OR word_at > 0), plural, singular)
        ),
        ''
        ORDER BY side_at, word_at
      ) AS focus_unit
    FROM unit_words
    GROUP BY export_unit
  )
SELECT
  unit.export_unit,
  COALESCE(
    unit.focus_unit,
    -- What no rule of FOCUS's unit format can express is counted in units; the export's own word is kept in an x_ column.
    IF(
      REGEXP_CONTAINS(
        spelt.focus_unit,
        r'^(?:\d+ )?(?:[KMGTPE]i?[Bb]|[Bb]|[A-Z][A-Za-z]*)(?: [A-Z][A-Za-z]*)*(?:-(?:Years|Months|Days|Hours|Minutes|Seconds))?(?:/(?:Year|Month|Day|Hour|Minute|Second|\d+ (?:Years|Months|Days|Hours|Minutes|Seconds)))?$'
      ),
      spelt.focus_unit,
      'Units'
    ),
    'Units'
  ) AS focus_unit,
  unit.focus_unit IS NOT NULL AS is_known
FROM looked_up AS unit
LEFT JOIN spelt_out AS spelt ON spelt.export_unit = unit.export_unit;
