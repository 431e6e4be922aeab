import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { textOf, type Cell } from '../sql/google-values.ts';
import { startGoogleSql, type GoogleSql, type TestTable } from '../sql/zetasql.ts';
import { sampleRows } from './arbitrary-rows.ts';
import { convertWithGoogle, FOCUS, rawRows } from './google-conversion.ts';

/** One rule of FOCUS 1.3 as SQL: rows that break it, or groups of rows of the table `t`. */
type Check = { readonly id: string } & ({ readonly violated_when: string } | { readonly violating_groups: string });

const checks = JSON.parse(readFileSync(new URL('focus-checks.json', import.meta.url), 'utf8')) as Check[];

describe('rows in FOCUS 1.3', () => {
  let google: GoogleSql;
  let focus: TestTable;
  before(async function () {
    this.timeout(60_000);
    google = await startGoogleSql();
    const { tables } = await convertWithGoogle(google, rawRows(sampleRows(600)));
    focus = tables.get(FOCUS)!;
  });
  after(() => google.close());

  it('are many and of every charge category', () => {
    const categories = new Set(focus.rows.map((row) => textOf(row['ChargeCategory'])));
    assert.deepEqual(
      [...categories].toSorted((a, b) => a.localeCompare(b)),
      ['Adjustment', 'Credit', 'Purchase', 'Tax', 'Usage'],
    );
    assert.equal(focus.rows.filter((row) => row['x_SplitPart'] === 'base').length, 600);
  });

  it('keep every rule that a row alone can break', async () => {
    const rules = checks.filter((check) => 'violated_when' in check);
    assert.equal(rules.length, 163);
    const counts = rules.map((rule, at) => `COUNTIF(${rule.violated_when}) AS c${at}`).join(',\n');
    const [broken = {}] = await google.query(`SELECT ${counts} FROM \`${FOCUS}\``, [focus]);
    assert.deepEqual(
      Object.fromEntries(rules.map(({ id }, at) => [id, broken[`c${at}`]] as const).filter(([, rows]) => rows !== '0')),
      {},
    );
  });

  for (const check of checks.filter((each) => 'violating_groups' in each)) {
    it(`keep ${check.id} over all rows`, async () => {
      const groups = await google.query(`WITH t AS (SELECT * FROM \`${FOCUS}\`) ${check.violating_groups}`, [focus]);
      assert.deepEqual(groups, [] satisfies Cell[]);
    });
  }
});
