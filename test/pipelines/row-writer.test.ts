import assert from 'node:assert/strict';
import fc from 'fast-check';
import { rowWriter, timestampOf, type Cell } from '../../shared/pipelines/landing/row-writer.ts';

const scalar = (type: string, value: Cell, name = 'x') =>
  rowWriter([{ name, type }], [{ name, type }])({ f: [{ v: value }] });

describe('rows of tabledata.list as NDJSON', () => {
  it('keep every digit of an amount', () => {
    assert.equal(scalar('FLOAT64', '0.1'), '{"x":"0.1"}\n');
    assert.equal(scalar('FLOAT', '1.0000000000000001e-05'), '{"x":"1.0000000000000001e-05"}\n');
    assert.equal(
      scalar('BIGNUMERIC', '123456789012345678901234567890.12345'),
      '{"x":"123456789012345678901234567890.12345"}\n',
    );
    assert.equal(scalar('INT64', '9007199254740993'), '{"x":"9007199254740993"}\n');
    assert.equal(scalar('FLOAT', 'NaN'), '{"x":"NaN"}\n');
  });

  it('keep microseconds', () => {
    assert.equal(scalar('TIMESTAMP', '1793491200000001'), '{"x":"2026-11-01T00:00:00.000001Z"}\n');
    assert.equal(timestampOf('-1'), '1969-12-31T23:59:59.999999Z');
    assert.equal(timestampOf('0'), '1970-01-01T00:00:00.000000Z');
  });

  it('hold any text in one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = scalar('STRING', text);
        assert.equal(line.indexOf('\n'), line.length - 1);
        assert.equal((JSON.parse(line) as { x: string }).x, text);
      }),
    );
    assert.equal(scalar('JSON', '{"a":\n 12345678901234567890}'), '{"x":{"a":  12345678901234567890}}\n');
  });

  it('leave nulls out and keep nesting and order of lists', () => {
    const fields = [
      { name: 'cost', type: 'FLOAT' },
      {
        name: 'project',
        type: 'RECORD',
        fields: [
          { name: 'id', type: 'STRING' },
          { name: 'name', type: 'STRING' },
        ],
      },
      {
        name: 'labels',
        type: 'RECORD',
        mode: 'REPEATED',
        fields: [
          { name: 'key', type: 'STRING' },
          { name: 'value', type: 'STRING' },
        ],
      },
      { name: 'tags', type: 'STRING', mode: 'REPEATED' },
    ];
    const label = (key: string, value: string | null): { v: Cell } => ({ v: { f: [{ v: key }, { v: value }] } });
    const row = {
      f: [
        { v: null },
        { v: { f: [{ v: 'p' }, { v: null }] } },
        { v: [label('b', '1'), label('a', null)] },
        { v: [{ v: 'y' }, { v: 'x' }] },
      ],
    };
    assert.deepEqual(JSON.parse(rowWriter(fields, fields)(row)), {
      project: { id: 'p' },
      labels: [{ key: 'b', value: '1' }, { key: 'a' }],
      tags: ['y', 'x'],
    });
  });

  it('go by name, whatever the order, and under the target’s spelling', () => {
    const source = [
      { name: 'Gone', type: 'STRING' },
      { name: 'CURRENCY', type: 'STRING' },
      { name: 'cost', type: 'FLOAT' },
    ];
    const target = [
      { name: 'cost', type: 'FLOAT' },
      { name: 'currency', type: 'STRING' },
      { name: 'later', type: 'STRING' },
    ];
    assert.equal(
      rowWriter(source, target)({ f: [{ v: 'x' }, { v: 'USD' }, { v: '1.5' }] }),
      '{"currency":"USD","cost":"1.5"}\n',
    );
  });
});
