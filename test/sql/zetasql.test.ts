import assert from 'node:assert/strict';
import { startGoogleSql, type GoogleSql, type TestTable } from './zetasql.ts';

const orders: TestTable = {
  name: 'test-project.acme_prod.orders',
  fields: [
    { name: 'id', type: 'STRING' },
    { name: 'cost', type: 'FLOAT' },
    { name: 'price', type: 'BIGNUMERIC' },
    { name: 'at', type: 'TIMESTAMP' },
    { name: 'labels', type: 'RECORD', mode: 'REPEATED', fields: [{ name: 'key', type: 'STRING' }] },
  ],
  rows: [
    { id: 'a', cost: 0.1, price: '-1.5', at: '2026-11-01T07:00:00.000001Z', labels: [{ key: 'env' }] },
    { id: 'b', cost: null, price: '0.000000001', at: null, labels: [] },
  ],
};

describe("Google's SQL engine", () => {
  let google: GoogleSql;
  before(async () => {
    google = await startGoogleSql();
  });
  after(() => google.close());

  it('answers the rows it was given, exactly', async () => {
    const rows = await google.query('SELECT * FROM `test-project.acme_prod.orders` ORDER BY id', [orders]);
    assert.deepEqual(rows, orders.rows);
  });

  it('takes parameters', async () => {
    const type = {
      type: 'ARRAY',
      arrayType: { type: 'STRUCT', structTypes: [{ name: 'id', type: { type: 'STRING' } }] },
    };
    const sql = 'SELECT COUNT(*) AS n FROM `test-project.acme_prod.orders` WHERE id IN (SELECT id FROM UNNEST(@ids))';
    assert.deepEqual(await google.query(sql, [orders], [{ name: 'ids', type, value: [{ id: 'b' }] }]), [{ n: '1' }]);
  });

  it('takes the arguments of a procedure', async () => {
    const type = { type: 'ARRAY', arrayType: { type: 'STRING' } };
    const sql = 'SELECT COUNT(*) AS n FROM `test-project.acme_prod.orders` WHERE id IN UNNEST(ids)';
    assert.deepEqual(await google.query(sql, [orders], [{ name: 'ids', type, value: ['b', 'c'], isArgument: true }]), [
      { n: '1' },
    ]);
  });

  it('multiplies BIGNUMERIC without a double in between', async () => {
    const rows = await google.query(
      "SELECT CAST(CAST(cost AS STRING) AS BIGNUMERIC) * BIGNUMERIC '3' AS tripled FROM `test-project.acme_prod.orders` WHERE id = 'a'",
      [orders],
    );
    assert.deepEqual(rows, [{ tripled: '0.3' }]);
  });

  it('names what is wrong with a statement', async () => {
    await assert.rejects(
      google.analyze('SELECT colour FROM `test-project.acme_prod.orders`', [orders]),
      /Unrecognized name: colour/,
    );
    await google.analyze('BEGIN TRANSACTION', []);
    await google.analyze("ASSERT (SELECT COUNT(*) = 0 FROM `test-project.acme_prod.orders`) AS 'no orders'", [orders]);
  });

  it('tells what a DML statement would write', async () => {
    const rows = await google.modify("INSERT INTO `test-project.acme_prod.orders` (id, cost) VALUES ('c', 2)", [
      orders,
    ]);
    assert.deepEqual(rows, [{ operation: 'INSERT', cells: ['c', 2, null, null, []] }]);
  });
});
