import { readdirSync, readFileSync } from 'node:fs';
import type { ProcedureText } from './warehouse.ts';

/** One file of the procedure, as it stands on disk. */
export interface ProcedureStep {
  readonly file: string;
  readonly sql: string;
}

const NAME = 'sp_cloud_gcp_convert_to_focus';
const folder = new URL(`../../configs/bigquery/routines/${NAME}/`, import.meta.url);

/** The steps of the conversion in the order in which they run. */
export function conversionSteps(from: URL = folder): ProcedureStep[] {
  return readdirSync(from)
    .filter((file) => file.endsWith('.sql'))
    .toSorted()
    .map((file) => ({ file, sql: readFileSync(new URL(file, from), 'utf8') }));
}

/** The procedure that steps make. */
export function procedureOf(steps: readonly ProcedureStep[], from: URL = folder): ProcedureText {
  const routine = JSON.parse(readFileSync(new URL('routine.json', from), 'utf8')) as { arguments: object[] };
  const statements = steps.map(({ sql }) => (sql.trim().endsWith(';') ? sql.trim() : `${sql.trim()};`));
  return { name: NAME, arguments: routine.arguments, body: `BEGIN\n${statements.join('\n')}\nEND` };
}
