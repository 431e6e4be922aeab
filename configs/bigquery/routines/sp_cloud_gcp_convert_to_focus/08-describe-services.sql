-- The FOCUS category of each service: by its id, else by its exact name, else by its name without Google's and Cloud's.
-- FOCUS allows one category per service name, so a name that comes with several ids takes the best match of all.
CREATE TEMP TABLE service_facts AS
WITH
  services AS (
    SELECT DISTINCT service_id, service_name FROM source_rows
  ),
  matches AS (
    SELECT services.service_name, known.service_category, known.service_subcategory, 1 AS closeness, known.service_name AS known_name
    FROM services
    JOIN `{{project}}.{{integrations}}.gcp_services` AS known ON known.service_id = services.service_id
    UNION ALL
    SELECT services.service_name, known.service_category, known.service_subcategory, 2 AS closeness, known.service_name AS known_name
    FROM services
    JOIN `{{project}}.{{integrations}}.gcp_services` AS known ON known.service_name = services.service_name
    UNION ALL
    SELECT services.service_name, known.service_category, known.service_subcategory, 3 AS closeness, known.service_name AS known_name
    FROM services
    JOIN `{{project}}.{{integrations}}.gcp_services` AS known
      ON REGEXP_REPLACE(known.service_name, r'^(?:(?:Google|Cloud) )+', '') = REGEXP_REPLACE(services.service_name, r'^(?:(?:Google|Cloud) )+', '')
  )
SELECT service_name, service_category, service_subcategory
FROM matches
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY service_name ORDER BY closeness, known_name) = 1;
