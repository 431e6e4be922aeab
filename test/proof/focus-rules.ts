import { readFileSync } from 'node:fs';
import type { Cell } from '../sql/google-values.ts';

type Row = Readonly<Record<string, Cell>>;

/** One rule of FOCUS 1.3 as SQL: rows that break it, or groups of rows of the table `t`. */
type Rule = { readonly id: string } & ({ readonly violated_when: string } | { readonly violating_groups: string });

const rules = JSON.parse(readFileSync(new URL('../focus/focus-checks.json', import.meta.url), 'utf8')) as Rule[];
export const RULES = rules.length;

const rowRules = rules.filter((rule) => 'violated_when' in rule);
const groupRules = rules.filter((rule) => 'violating_groups' in rule);

/** The ids of the rules that rows of a table break, with how many rows or groups do. */
export async function brokenRules(
  query: (sql: string) => Promise<readonly Row[]>,
  table: string,
): Promise<Record<string, number>> {
  const counts = rowRules.map((rule, at) => `COUNTIF(${rule.violated_when}) AS c${at}`).join(',\n');
  const [found = {}] = await query(`SELECT ${counts} FROM \`${table}\``);
  const broken = rowRules.map((rule, at): [string, number] => [rule.id, Number(found[`c${at}`])]);
  for (const rule of groupRules) {
    const groups = await query(`WITH t AS (SELECT * FROM \`${table}\`) ${rule.violating_groups}`);
    broken.push([rule.id, groups.length]);
  }
  return Object.fromEntries(broken.filter(([, rows]) => rows > 0));
}
