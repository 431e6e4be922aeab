import type { Clock } from '../platform/clock.ts';
import { APPEND_QUALITY_RESULT } from './landing/landing-statements.ts';
import type { ColumnFit } from './landing/raw-columns.ts';
import type { SourceTable } from './landing/source-table.ts';
import type { PipelineRun } from './processor.ts';
import type { Warehouse } from './warehouse.ts';

/** One row of `data_quality_results`, without what is the same for all of a run. */
export interface QualityResult {
  readonly check_id: string;
  readonly subject: string;
  readonly status: 'pass' | 'warn' | 'fail';
  readonly observed: string | null;
  readonly expected: string | null;
  readonly message: string | null;
}

/** Collects what a run noticed about its data and appends it to the organisation's `data_quality_results`. */
export class QualityReport {
  readonly #warehouse: Warehouse;
  readonly #run: PipelineRun;
  readonly #clock: Clock;
  readonly #results: QualityResult[] = [];

  constructor(warehouse: Warehouse, run: PipelineRun, clock: Clock) {
    this.#warehouse = warehouse;
    this.#run = run;
    this.#clock = clock;
  }

  add(result: QualityResult): void {
    this.#results.push(result);
  }

  /** Columns that came new, and those whose names we cannot take over. */
  columns({ name }: SourceTable, { added, refused }: ColumnFit): void {
    if (added.length > 0)
      this.add(warning('new_columns', name, added, 'Columns that earlier exports had not were added.'));
    if (refused.length > 0)
      this.add(
        warning('refused_columns', name, refused, 'Columns with names that the raw table cannot have were left out.'),
      );
  }

  async save(): Promise<void> {
    const { id: run_id, pipeline } = this.#run;
    const checked_at = this.#clock.now().toISOString();
    for (const result of this.#results.splice(0)) {
      await this.#warehouse.query(APPEND_QUALITY_RESULT, { ...result, run_id, pipeline: pipeline.id, checked_at });
    }
  }
}

function warning(check_id: string, subject: string, columns: readonly string[], message: string): QualityResult {
  return { check_id, subject, status: 'warn', observed: columns.join(', '), expected: null, message };
}
