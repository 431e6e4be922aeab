import assert from 'node:assert/strict';
import { fitCheck, takes } from '../../shared/pipelines/landing/column-types.ts';

const field = (type: string) => ({ name: 'x', type });

describe('a column of another type', () => {
  for (const { raw, source, fits } of [
    { raw: 'FLOAT64', source: 'FLOAT', fits: true },
    { raw: 'FLOAT64', source: 'NUMERIC', fits: true },
    { raw: 'FLOAT64', source: 'STRING', fits: false },
    { raw: 'STRING', source: 'FLOAT64', fits: true },
    { raw: 'STRING', source: 'BYTES', fits: false },
    { raw: 'NUMERIC', source: 'FLOAT64', fits: true },
    { raw: 'TIMESTAMP', source: 'DATE', fits: true },
    { raw: 'DATE', source: 'TIMESTAMP', fits: false },
    { raw: 'BOOL', source: 'STRING', fits: false },
    { raw: 'NUMERIC', source: 'NUMERIC(10, 2)', fits: true },
  ]) {
    it(`${fits ? 'is taken' : 'is refused'} when ${source} comes where ${raw} is`, () => {
      assert.equal(takes(field(raw), field(source)), fits);
    });
  }

  for (const { raw, source, text, fits } of [
    { raw: 'FLOAT64', source: 'NUMERIC', text: '0.1', fits: true },
    { raw: 'FLOAT64', source: 'NUMERIC', text: '-1234567.50', fits: true },
    { raw: 'FLOAT64', source: 'NUMERIC', text: '0.10000000000000000001', fits: false },
    { raw: 'FLOAT64', source: 'BIGNUMERIC', text: '1234567890123456789012.345678901234567891', fits: false },
    { raw: 'FLOAT64', source: 'BIGNUMERIC', text: '100000000000000000000000', fits: true },
    { raw: 'FLOAT64', source: 'INT64', text: '9007199254740993', fits: false },
    { raw: 'FLOAT64', source: 'NUMERIC', text: '0', fits: true },
    { raw: 'NUMERIC', source: 'FLOAT64', text: '1e-9', fits: true },
    { raw: 'NUMERIC', source: 'FLOAT64', text: '1e-10', fits: false },
    { raw: 'NUMERIC', source: 'FLOAT64', text: '1e+29', fits: false },
    { raw: 'NUMERIC', source: 'FLOAT64', text: 'NaN', fits: false },
    { raw: 'BIGNUMERIC', source: 'FLOAT64', text: '1e-10', fits: true },
  ]) {
    it(`${fits ? 'keeps' : 'does not keep'} the ${source} ${text} exactly as ${raw}`, () => {
      assert.equal(fitCheck(field(raw), field(source))?.(text), fits);
    });
  }
});
