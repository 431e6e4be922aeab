import assert from 'node:assert/strict';
import { PROJECT, startEmbedded, type EmbeddedBigQuery } from './embedded.ts';

const BASE = `/bigquery/v2/projects/${PROJECT}`;
const ROWS = `${BASE}/datasets/d/tables/t/insertAll`;

describe('A malformed request', () => {
  let bq: EmbeddedBigQuery;

  before(async () => {
    bq = await startEmbedded();
    const [dataset] = await bq.client().createDataset('d');
    await dataset.createTable('t', { schema: [{ name: 'a', type: 'INTEGER' }] });
  });
  after(() => bq.close());

  const query = (members: object) => ({ query: 'SELECT @a', useLegacySql: false, ...members });
  const cases: [string, string, unknown][] = [
    ['parameters that are no list', `${BASE}/queries`, query({ queryParameters: 7 })],
    ['a parameter that is null', `${BASE}/queries`, query({ queryParameters: [null] })],
    ['a parameter without type', `${BASE}/queries`, query({ queryParameters: [{ name: 'a' }] })],
    [
      'array values that are no list',
      `${BASE}/queries`,
      query({
        queryParameters: [
          {
            name: 'a',
            parameterType: { type: 'ARRAY', arrayType: { type: 'INT64' } },
            parameterValue: { arrayValues: 7 },
          },
        ],
      }),
    ],
    ['a limit of bytes that is no number', `${BASE}/queries`, query({ maximumBytesBilled: 'x' })],
    ['no rows', ROWS, undefined],
    ['rows that are no list', ROWS, { rows: 7 }],
    ['a row that is null', ROWS, { rows: [null] }],
    ['permissions that are no list', `${BASE}/datasets/d/tables/t:testIamPermissions`, { permissions: 7 }],
    ['bindings that are no list', `${BASE}/datasets/d/tables/t:setIamPolicy`, { policy: { bindings: 7 } }],
    ['a binding that is null', `${BASE}/datasets/d/tables/t:setIamPolicy`, { policy: { bindings: [null] } }],
  ];

  for (const [what, path, body] of cases) {
    it(`with ${what} is refused as the caller's mistake`, async () => {
      assert.equal((await bq.call('POST', path, body)).status, 400);
    });
  }

  it('with a broken percent-encoding in its path is refused as well', async () => {
    assert.equal((await bq.call('GET', `${BASE}/datasets/d/tables/%E0%A4%A`)).status, 400);
  });

  it('does not stop a parameter whose value is a number instead of text', async () => {
    const queryParameters = [{ name: 'a', parameterType: { type: 'INT64' }, parameterValue: { value: 7 } }];
    const answer = (await (await bq.call('POST', `${BASE}/queries`, query({ queryParameters }))).json()) as {
      rows: unknown;
    };
    assert.deepEqual(answer.rows, [{ f: [{ v: '7' }] }]);
  });
});
