-- From here on readers see the new rows. The temporary tables go, so that one script can call the procedure several times.
COMMIT TRANSACTION;

DROP TABLE source_rows;
DROP TABLE row_credits;
DROP TABLE row_tags;
DROP TABLE sku_facts;
DROP TABLE service_facts;
DROP TABLE unit_names;
DROP TABLE charges;
DROP TABLE priced_charges;
DROP TABLE charge_parts;
DROP TABLE reconciliation;
