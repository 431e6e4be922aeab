import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { textOf, type Cell } from '../sql/google-values.ts';
import { CONVERTERS, type Converter, type FocusRow } from './converters.ts';
import { rawRows } from './google-conversion.ts';

interface Vector {
  readonly name: string;
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  /** Per FOCUS row the columns that matter. */
  readonly focus: readonly FocusRow[];
}

const vectors = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as Vector[];

/** The order in which a vector lists its rows: what was bought or used, credits of it, what remains of it, what nobody used. */
function placeOf(row: FocusRow): number {
  if (row['ChargeCategory'] === 'Purchase') return 0;
  if (row['CommitmentDiscountStatus'] === 'Unused') return 4;
  const part = textOf(row['x_SplitPart']);
  return part.startsWith('credit:') ? 2 : part === 'remainder' ? 3 : 1;
}

for (const { engine, start } of CONVERTERS) {
  describe(`the FOCUS conversion of a billing export row on ${engine}`, () => {
    let converter: Converter;
    before(async () => {
      converter = await start();
    });
    after(() => converter.close());

    it('is proven by all vectors', () => {
      assert.equal(vectors.length, 18);
    });

    for (const { name, rows, focus: expected } of vectors) {
      it(`writes ${name} as FOCUS does`, async () => {
        const { focus } = await converter.convert(rawRows(rows));
        const parts = focus.toSorted((a, b) => placeOf(a) - placeOf(b));
        assert.equal(parts.length, expected.length);
        for (const [at, columns] of expected.entries()) {
          const found = Object.fromEntries(Object.keys(columns).map((column) => [column, parts[at]?.[column] ?? null]));
          assert.deepEqual(found, columns);
        }
      });
    }
  });
}
