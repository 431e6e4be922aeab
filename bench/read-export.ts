import { BigQuery } from '@google-cloud/bigquery';

/** Reads every row of the tables `project.dataset.table`, as whoever knows the client library would write it. */
const [apiEndpoint, ...tables] = process.argv.slice(2);
let rows = 0;
for (const path of tables) {
  const [projectId = '', datasetId = '', tableId = ''] = path.split('.');
  const bigQuery = new BigQuery({ projectId, ...(apiEndpoint ? { apiEndpoint } : {}) });
  for await (const _row of bigQuery.dataset(datasetId).table(tableId).createReadStream()) rows += 1;
}
console.log(rows);
process.exit(0);
