-- Every credit item with its exact amount. Promotions were granted afterwards and become rows of their own (FOCUS: charge category
-- Credit); all other credits lower the row they came with.
CREATE TEMP TABLE row_credits AS
SELECT
  source.row_key,
  credit_offset + 1 AS ordinal,
  credit.type = 'PROMOTION' AND credit.type IS NOT NULL AS is_promotion,
  COALESCE(CAST(CAST(credit.amount AS STRING) AS BIGNUMERIC), BIGNUMERIC '0') AS amount,
  credit.id,
  credit.full_name,
  credit.name,
  credit.type
FROM source_rows AS source
CROSS JOIN UNNEST(source.credits) AS credit WITH OFFSET AS credit_offset;
