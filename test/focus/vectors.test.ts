import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { textOf, type Cell } from '../sql/google-values.ts';
import { startGoogleSql, type GoogleSql } from '../sql/zetasql.ts';
import { convertWithGoogle, rawRows } from './google-conversion.ts';

interface Vector {
  readonly name: string;
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  /** Per FOCUS row the columns that matter. */
  readonly focus: readonly Readonly<Record<string, Cell>>[];
}

const vectors = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as Vector[];

describe('the FOCUS conversion of a billing export row', () => {
  let google: GoogleSql;
  before(async () => {
    google = await startGoogleSql();
  });
  after(() => google.close());

  for (const { name, rows, focus: expected } of vectors) {
    it(`writes ${name} as FOCUS does`, async () => {
      const { focus } = await convertWithGoogle(google, rawRows(rows));
      const parts = focus.toSorted((a, b) => textOf(a['x_SplitPart']).localeCompare(textOf(b['x_SplitPart'])));
      assert.equal(parts.length, expected.length);
      for (const [at, columns] of expected.entries()) {
        const found = Object.fromEntries(Object.keys(columns).map((column) => [column, parts[at]?.[column] ?? null]));
        assert.deepEqual(found, columns);
      }
    });
  }
});
