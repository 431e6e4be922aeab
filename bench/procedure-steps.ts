import { readdirSync, readFileSync } from 'node:fs';
import { BIGQUERY_CONFIGS } from '../shared/pipelines/table-config.ts';
import { fillNames, type WarehouseNames } from '../shared/pipelines/warehouse.ts';
import type { StatementTime } from './timed-query.ts';

const FOLDER = new URL('routines/sp_cloud_gcp_convert_to_focus/', BIGQUERY_CONFIGS);

/** A step of the conversion: a file with its statements. */
export interface Step {
  /** `03-read-source-rows` */
  readonly name: string;
  readonly sql: string;
}

/** The steps of the conversion in their order, as they stand in an organisation's dataset. */
export function conversionSteps(names: WarehouseNames): Step[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => ({
      name: file.slice(0, -'.sql'.length),
      sql: fillNames(readFileSync(new URL(file, FOLDER), 'utf8'), names),
    }));
}

/**
 * Adds up the time of each step's statements, milliseconds.
 *
 * @param statements - Those of one call, in the order in which they ran.
 * @throws Error when a statement stands in no step that could be its own: its time would go to the wrong one.
 */
export function timePerStep(steps: readonly Step[], statements: readonly StatementTime[]): Map<string, number> {
  const times = new Map(steps.map(({ name }) => [name, 0]));
  let at = 0;
  for (const { sql, ms } of statements) {
    while (at < steps.length && !steps[at]!.sql.includes(sql)) at += 1;
    const step = steps[at];
    if (!step) throw new Error(`No step holds this statement: ${sql}`);
    times.set(step.name, times.get(step.name)! + ms);
  }
  return times;
}
