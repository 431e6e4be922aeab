-- From here on readers see the new rows. The temporary tables go, so that one script can call the procedure several times.
COMMIT TRANSACTION;

DROP TABLE source_rows;
DROP TABLE row_credits;
DROP TABLE row_tags;
DROP TABLE sku_facts;
DROP TABLE service_facts;
DROP TABLE unit_names;
DROP TABLE account_facts;
DROP TABLE commitment_subscriptions;
DROP TABLE charges;
DROP TABLE list_prices;
DROP TABLE priced_charges;
DROP TABLE commitment_fees;
DROP TABLE commitment_windows;
DROP TABLE commitment_uses;
DROP TABLE commitment_shares;
DROP TABLE committed_costs;
DROP TABLE covered_uses;
DROP TABLE commitment_balances;
DROP TABLE amortised_uses;
DROP TABLE unused_commitments;
DROP TABLE commitment_purchases;
DROP TABLE commitment_parts;
DROP TABLE charge_parts;
DROP TABLE reconciliation;
DROP TABLE commitment_sums;
DROP TABLE native_comparisons;
