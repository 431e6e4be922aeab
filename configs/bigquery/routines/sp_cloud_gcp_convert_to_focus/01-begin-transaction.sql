-- Readers see the former rows until the commit. An error in any later statement ends the procedure before the commit, and
-- BigQuery then rolls back what was done since here. Temporary tables may be made inside a transaction.
BEGIN TRANSACTION;
