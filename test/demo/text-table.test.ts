import assert from 'node:assert/strict';
import { amountText, textTable } from '../../local/demo/text-table.ts';

describe('text table', () => {
  it('aligns words left and numbers right, and ends no line with blanks', () => {
    const lines = textTable(
      [{ title: 'account' }, { title: 'cost', isNumber: true }],
      [
        ['a', '1.00'],
        ['longer name', '1,234.56'],
      ],
    );
    assert.deepEqual(lines, [
      'account          cost',
      '───────────  ────────',
      'a                1.00',
      'longer name  1,234.56',
    ]);
  });
});

describe('amount text', () => {
  for (const { decimal, text } of [
    { decimal: '0', text: '0.00' },
    { decimal: '1234567.8', text: '1,234,567.80' },
    { decimal: '-12.3456789', text: '-12.3456789' },
    { decimal: '999.10', text: '999.10' },
    { decimal: '1.000000', text: '1.00' },
  ]) {
    it(`writes ${decimal} as ${text}, digit for digit`, () => assert.equal(amountText(decimal), text));
  }
});
