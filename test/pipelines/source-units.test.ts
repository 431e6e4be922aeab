import assert from 'node:assert/strict';
import type { BigQuery } from '@google-cloud/bigquery';
import type { SourceTable } from '../../shared/pipelines/landing/source-table.ts';
import { listUnits } from '../../shared/pipelines/landing/source-units.ts';

const SOURCE: SourceTable = {
  kind: 'standard',
  path: { projectId: 'customer', datasetId: 'exports', tableId: 'bills' },
  name: 'customer.exports.bills',
  location: 'US',
  fields: [],
  reading: 'partitions',
  createdAt: new Date('2026-01-01T00:00:00Z'),
  modifiedAt: new Date('2026-02-03T00:00:00Z'),
  rowCount: 9,
};

/** A customer whose INFORMATION_SCHEMA.PARTITIONS names these; the embedded one has no buffer that rows wait in. */
function customerWith(...partitions: readonly (readonly [id: string, rows: number])[]): BigQuery {
  const rows = partitions.map(([partition_id, total_rows]) => ({
    partition_id,
    total_rows,
    last_modified_time: { value: '2026-02-03T00:00:00.000000Z' },
  }));
  return { query: async () => [rows] } as unknown as BigQuery;
}

describe('the units of a partitioned table', () => {
  it('leave out rows that are still in the streaming buffer, and count them', async () => {
    const customer = customerWith(['20260202', 3], ['__UNPARTITIONED__', 5]);
    const { units, buffered } = await listUnits(customer, SOURCE);
    assert.deepEqual([units.map(({ day, rowCount }) => [day, rowCount]), buffered], [[['2026-02-02', 3]], 5]);
  });

  it('hold the hours of a day together', async () => {
    const { units } = await listUnits(customerWith(['2026020223', 1], ['2026020200', 2]), SOURCE);
    assert.deepEqual(
      units.map(({ day, rowCount, rows }) => ({ day, rowCount, rows })),
      [{ day: '2026-02-02', rowCount: 3, rows: { tableIds: ['bills$2026020200', 'bills$2026020223'] } }],
    );
  });

  it('are refused for partitions that are no times', async () => {
    await assert.rejects(listUnits(customerWith(['17', 1]), SOURCE), { code: 'source_unsupported' });
  });
});
