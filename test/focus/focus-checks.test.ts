import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { textOf, type Cell } from '../sql/google-values.ts';
import { startGoogleSql, type GoogleSql, type TestTable } from '../sql/zetasql.ts';
import { sampleCommitmentRows } from './arbitrary-commitments.ts';
import { sampleRows } from './arbitrary-rows.ts';
import { CONVERTERS } from './converters.ts';
import { FOCUS, focusTable, rawRows } from './google-conversion.ts';

/** One rule of FOCUS 1.3 as SQL: rows that break it, or groups of rows of the table `t`. */
type Check = { readonly id: string } & ({ readonly violated_when: string } | { readonly violating_groups: string });

const checks = JSON.parse(readFileSync(new URL('focus-checks.json', import.meta.url), 'utf8')) as Check[];
const rules = checks.filter((check) => 'violated_when' in check);
const groupRules = checks.filter((check) => 'violating_groups' in check);

for (const { engine, start } of CONVERTERS) {
  describe(`rows that ${engine} writes in FOCUS 1.3`, () => {
    let google: GoogleSql;
    let focus: TestTable;
    before(async function () {
      this.timeout(120_000);
      google = await startGoogleSql();
      const converter = await start();
      const converted = await converter.convert(rawRows([...sampleRows(500), ...sampleCommitmentRows(400)]));
      focus = { ...focusTable, rows: converted.focus };
      await converter.close();
    });
    after(() => google.close());

    it('are many, of every charge category and status of a commitment', () => {
      const found = (column: string) => [...new Set(focus.rows.map((row) => textOf(row[column])))].toSorted();
      assert.deepEqual(found('ChargeCategory'), ['Adjustment', 'Credit', 'Purchase', 'Tax', 'Usage']);
      assert.deepEqual(found('CommitmentDiscountStatus'), ['Unused', 'Used', 'null']);
      assert.ok(focus.rows.length > 900);
    });

    it('keep every rule that a row alone can break', async () => {
      assert.equal(rules.length + groupRules.length, 170);
      const counts = rules.map((rule, at) => `COUNTIF(${rule.violated_when}) AS c${at}`).join(',\n');
      const [broken = {}] = await google.query(`SELECT ${counts} FROM \`${FOCUS}\``, [focus]);
      assert.deepEqual(
        Object.fromEntries(
          rules.map(({ id }, at) => [id, broken[`c${at}`]] as const).filter(([, rows]) => rows !== '0'),
        ),
        {},
      );
    });

    for (const check of groupRules) {
      it(`keep ${check.id} over all rows`, async () => {
        const groups = await google.query(`WITH t AS (SELECT * FROM \`${FOCUS}\`) ${check.violating_groups}`, [focus]);
        assert.deepEqual(groups, [] satisfies Cell[]);
      });
    }
  });
}
