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
  `CREATE OR REPLACE MACRO i_mod(a, b) AS CASE WHEN b = 0 THEN raise_integer('division by zero') WHEN b = -1 THEN a - a ELSE a % b END`,
  `CREATE OR REPLACE MACRO f_int(x) AS CASE WHEN x IS NULL THEN NULL WHEN x >= -9223372036854775808 AND x < 9223372036854775808 THEN CAST(CASE WHEN abs(x - trunc(x)) >= 0.5 THEN trunc(x) + sign(x) ELSE trunc(x) END AS BIGINT) ELSE raise_integer('Illegal conversion of a floating point number to INT64') END`,
  `CREATE OR REPLACE MACRO trunc_div(a, b) AS a // b`,
  `CREATE OR REPLACE MACRO floor_div(a, b) AS CASE WHEN a % b < 0 THEN a // b - 1 ELSE a // b END`,
  // An hour that a zone has twice means the first of the two; DuckDB takes the second.
  `CREATE OR REPLACE MACRO t_instant(x, zone) AS CASE WHEN timezone(zone, timezone(zone, x) - to_hours(1)) = x THEN timezone('UTC', timezone(zone, x) - to_hours(1)) ELSE timezone('UTC', timezone(zone, x)) END`,
  // DuckDB counts further than GoogleSQL's calendar, which goes from the year 1 to 9999.
  `CREATE OR REPLACE MACRO d_check(x) AS CASE WHEN x < DATE '0001-01-01' OR x > DATE '9999-12-31' THEN raise_date('Date is out of range') ELSE x END`,
  `CREATE OR REPLACE MACRO t_check(x) AS CASE WHEN x < TIMESTAMP '0001-01-01 00:00:00' OR x >= TIMESTAMP '10000-01-01 00:00:00' THEN raise_timestamp('Timestamp is out of range') ELSE x END`,
  `CREATE OR REPLACE MACRO t_frac(x) AS CASE WHEN date_part('microsecond', x) % 1000000 = 0 THEN '' WHEN date_part('microsecond', x) % 1000 = 0 THEN '.' || lpad(CAST(date_part('microsecond', x) % 1000000 // 1000 AS VARCHAR), 3, '0') ELSE '.' || lpad(CAST(date_part('microsecond', x) % 1000000 AS VARCHAR), 6, '0') END`,
  `CREATE OR REPLACE MACRO i_parse(x) AS CASE WHEN x IS NULL THEN NULL WHEN regexp_full_match(trim(x), '[+-]?[0-9]+') THEN CAST(trim(x) AS BIGINT) WHEN regexp_full_match(trim(x), '[+-]?0[xX][0-9a-fA-F]+') THEN CASE WHEN starts_with(trim(x), '-') THEN -CAST(substring(trim(x), 2) AS BIGINT) ELSE CAST(ltrim(trim(x), '+') AS BIGINT) END ELSE raise_integer('Bad int64 value: ' || x) END`,
  `CREATE OR REPLACE MACRO f_parse(x) AS CASE WHEN x IS NULL THEN NULL WHEN regexp_full_match(lower(trim(x)), '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[+-]?[0-9]+)?|[+-]?(inf|infinity|nan)') THEN CAST(trim(x) AS DOUBLE) ELSE raise_double('Bad double value: ' || x) END`,
  `CREATE OR REPLACE MACRO d_parse(x) AS CASE WHEN x IS NULL THEN NULL WHEN regexp_full_match(trim(x), '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}') THEN d_check(CAST(trim(x) AS DATE)) ELSE raise_date('Invalid date: ' || x) END`,
  `CREATE OR REPLACE MACRO t_parse(x) AS CASE WHEN x IS NULL THEN NULL WHEN regexp_full_match(trim(x), '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}([.][0-9]{1,6})?)?[ ]*([Zz]|UTC|[+-][0-9]{2}(:[0-9]{2})?)?') THEN CAST(CAST(regexp_replace(trim(x), ' *(UTC|[Zz])$', '+00') AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS TIMESTAMP) ELSE raise_timestamp('Invalid timestamp: ' || x) END`,
  `CREATE OR REPLACE MACRO time_text(x) AS left(CAST(x AS VARCHAR), 8) || t_frac(x)`,
  `CREATE OR REPLACE MACRO t_text(x) AS strftime(x, '%Y-%m-%d %H:%M:%S') || t_frac(x)`,
  // The few characters that DuckDB writes otherwise than Google.
  String.raw`CREATE OR REPLACE MACRO x_json(x) AS CASE WHEN regexp_matches(CAST(to_json(x) AS VARCHAR), '\\u|[\x{2028}\x{2029}]') THEN json_respelt(CAST(to_json(x) AS VARCHAR)) ELSE CAST(to_json(x) AS VARCHAR) END`,
  `CREATE OR REPLACE MACRO t_json(x) AS strftime(x, '%Y-%m-%dT%H:%M:%S') || t_frac(x)`,
];
