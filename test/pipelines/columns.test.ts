import assert from 'node:assert/strict';
import { fitColumns } from '../../shared/pipelines/landing/raw-columns.ts';
import { parseTablePath } from '../../shared/pipelines/landing/table-path.ts';
import { readTables, widened } from '../../shared/pipelines/table-config.ts';

const raw = readTables('org').find(({ name }) => name === 'cloud_gcp_billing_raw_daily')?.schema ?? [];

describe('columns of a source', () => {
  it('that the raw table has need nothing', () => {
    assert.deepEqual(fitColumns([{ name: 'Cost', type: 'FLOAT', mode: 'REQUIRED' }], raw), {
      wanted: [],
      added: [],
      refused: [],
    });
  });

  it('that are new are added, nested ones inside their record, and bind nobody', () => {
    const source = [
      { name: 'carbon', type: 'FLOAT', mode: 'REQUIRED', description: 'new' },
      {
        name: 'project',
        type: 'RECORD',
        fields: [
          { name: 'id', type: 'STRING' },
          { name: 'folder', type: 'STRING' },
        ],
      },
    ];
    const { wanted, added } = fitColumns(source, raw);
    assert.deepEqual(added, ['carbon', 'project.folder']);
    const wider = widened(raw, wanted) ?? [];
    assert.deepEqual(wider.at(-1), { name: 'carbon', type: 'FLOAT' });
    const project = wider.find(({ name }) => name === 'project')?.fields ?? [];
    assert.deepEqual(
      project.map(({ name }) => name),
      ['id', 'number', 'name', 'labels', 'ancestry_numbers', 'ancestors', 'folder'],
    );
    assert.equal(widened(wider, wanted), undefined);
  });

  for (const name of [
    'a`b',
    'x; DROP TABLE t',
    '1st',
    '_PARTITIONTIME',
    '_TABLE_SUFFIX',
    'größe',
    '',
    'x'.repeat(301),
  ]) {
    it(`called ${JSON.stringify(name.slice(0, 20))} never become ours`, () => {
      assert.deepEqual(fitColumns([{ name, type: 'STRING' }], raw), { wanted: [], added: [], refused: [name] });
    });
  }

  it('called like those that code fills in are left out', () => {
    assert.deepEqual(fitColumns([{ name: 'X_Run_Id', type: 'STRING' }], raw).refused, ['X_Run_Id']);
  });

  for (const { name, field } of [
    { name: 'a record where a value belongs', field: { name: 'cost', type: 'RECORD', fields: [] } },
    { name: 'a value where a record belongs', field: { name: 'project', type: 'STRING' } },
    {
      name: 'one where a list belongs',
      field: { name: 'labels', type: 'RECORD', fields: [{ name: 'key', type: 'STRING' }] },
    },
  ]) {
    it(`that hold ${name} are refused by name`, () => {
      assert.throws(() => fitColumns([field], raw), {
        code: 'source_unsupported',
        message: new RegExp(`column ${field.name} `),
      });
    });
  }
});

describe('the path of a source table', () => {
  it('may carry a domain and dashes', () => {
    assert.deepEqual(parseTablePath('example.com:acme-billing.exports.gcp_billing_export_v1_01-02'), {
      projectId: 'example.com:acme-billing',
      datasetId: 'exports',
      tableId: 'gcp_billing_export_v1_01-02',
    });
  });

  for (const path of [
    'a.b',
    'acme-billing.exports.t`x',
    'acme-billing.ex-ports.t',
    'acme-billing.exports.t$20261101',
    'x.acme-billing.exports.t',
    'ACME.e.t',
  ]) {
    it(`is refused when it reads ${path}`, () => {
      assert.throws(() => parseTablePath(path), { code: 'source_not_found' });
    });
  }
});
