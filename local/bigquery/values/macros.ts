/**
 * GoogleSQL's rules where DuckDB's differ, as macros: division by zero and overflow are errors, NaN equals nothing.
 * A macro reads better in the emitted SQL than the expression it stands for.
 */
export const MACROS: readonly string[] = [
  `CREATE OR REPLACE MACRO f_div(a, b) AS CASE WHEN b = 0 THEN raise_double('division by zero') ELSE a / b END`,
  `CREATE OR REPLACE MACRO f_safe(x, a, b) AS CASE WHEN (isinf(x) OR isnan(x)) AND isfinite(a) AND isfinite(b) THEN raise_double('double overflow') ELSE x END`,
  `CREATE OR REPLACE MACRO f_eq(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE a = b AND NOT isnan(a) END`,
  `CREATE OR REPLACE MACRO f_ne(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE a <> b OR isnan(a) END`,
  `CREATE OR REPLACE MACRO f_lt(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE a < b AND NOT isnan(b) END`,
  `CREATE OR REPLACE MACRO f_le(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE a <= b AND NOT isnan(a) AND NOT isnan(b) END`,
  `CREATE OR REPLACE MACRO i_div(a, b) AS CASE WHEN b = 0 THEN raise_integer('division by zero') ELSE a // b END`,
  `CREATE OR REPLACE MACRO i_mod(a, b) AS CASE WHEN b = 0 THEN raise_integer('division by zero') ELSE a % b END`,
  `CREATE OR REPLACE MACRO f_int(x) AS CASE WHEN x IS NULL THEN NULL WHEN isfinite(x) AND abs(x) < 9223372036854775808 THEN CAST(CASE WHEN x < 0 THEN ceil(x - 0.5) ELSE floor(x + 0.5) END AS BIGINT) ELSE raise_integer('Illegal conversion of a floating point number to INT64') END`,
  `CREATE OR REPLACE MACRO trunc_div(a, b) AS a // b`,
  `CREATE OR REPLACE MACRO floor_div(a, b) AS CASE WHEN a % b < 0 THEN a // b - 1 ELSE a // b END`,
  // An hour that a zone has twice means the first of the two; DuckDB takes the second.
  `CREATE OR REPLACE MACRO t_instant(x, zone) AS CASE WHEN timezone(zone, timezone(zone, x) - to_hours(1)) = x THEN timezone('UTC', timezone(zone, x) - to_hours(1)) ELSE timezone('UTC', timezone(zone, x)) END`,
  `CREATE OR REPLACE MACRO t_frac(x) AS CASE WHEN date_part('microsecond', x) % 1000000 = 0 THEN '' WHEN date_part('microsecond', x) % 1000 = 0 THEN '.' || lpad(CAST(date_part('microsecond', x) % 1000000 // 1000 AS VARCHAR), 3, '0') ELSE '.' || lpad(CAST(date_part('microsecond', x) % 1000000 AS VARCHAR), 6, '0') END`,
  `CREATE OR REPLACE MACRO i_parse(x) AS CASE WHEN x IS NULL THEN NULL WHEN regexp_full_match(trim(x), '[+-]?[0-9]+') THEN CAST(trim(x) AS BIGINT) WHEN regexp_full_match(trim(x), '[+-]?0[xX][0-9a-fA-F]+') THEN CAST(x AS BIGINT) ELSE raise_integer('Bad int64 value: ' || x) END`,
  `CREATE OR REPLACE MACRO f_parse(x) AS CASE WHEN x IS NULL THEN NULL WHEN regexp_full_match(lower(trim(x)), '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[+-]?[0-9]+)?|[+-]?(inf|infinity|nan)') THEN CAST(trim(x) AS DOUBLE) ELSE raise_double('Bad double value: ' || x) END`,
  `CREATE OR REPLACE MACRO d_parse(x) AS CASE WHEN x IS NULL THEN NULL WHEN regexp_full_match(trim(x), '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}') THEN CAST(trim(x) AS DATE) ELSE raise_date('Invalid date: ' || x) END`,
  `CREATE OR REPLACE MACRO t_parse(x) AS CASE WHEN x IS NULL THEN NULL WHEN regexp_full_match(trim(x), '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}([.][0-9]{1,6})?)?[ ]*([Zz]|UTC|[+-][0-9]{2}(:[0-9]{2})?)?') THEN CAST(CAST(regexp_replace(trim(x), ' *(UTC|[Zz])$', '+00') AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS TIMESTAMP) ELSE raise_timestamp('Invalid timestamp: ' || x) END`,
  `CREATE OR REPLACE MACRO t_text(x) AS strftime(x, '%Y-%m-%d %H:%M:%S') || t_frac(x)`,
  `CREATE OR REPLACE MACRO t_json(x) AS strftime(x, '%Y-%m-%dT%H:%M:%S') || t_frac(x)`,
];
