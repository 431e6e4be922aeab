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

  /** Columns that came new, and those that we cannot take over. */
  columns({ name }: SourceTable, { added, refused }: ColumnFit): void {
    if (added.length > 0)
      this.#warn('new_columns', name, added.join(', '), 'Columns that earlier exports had not were added.');
    if (refused.length > 0)
      this.#warn(
        'refused_columns',
        name,
        refused.join(', '),
        'Columns with names or types that the raw table cannot have were left out.',
      );
  }

  repeatedTable(path: string, fields: readonly string[]): void {
    this.#warn('repeated_table', path, fields.join(', '), 'A table that the integration names twice is landed once.');
  }

  /** Rows that two tables hold for the same account. */
  duplicates(unit: string, rows: number): void {
    this.#warn(
      'account_twice',
      unit,
      String(rows),
      'Another table holds the same charges of the billing account: they count once. Name one table for each account.',
    );
  }

  lateDetailedExport(path: string, days: readonly string[]): void {
    this.#warn(
      'detailed_export_late',
      path,
      days.join(', '),
      'The standard export has days that the detailed one has not yet: they are landed when they come.',
    );
  }

  shortDetailedExport(path: string, days: readonly string[]): void {
    this.#warn(
      'detailed_export_short',
      path,
      days.join(', '),
      'The detailed export has fewer rows than the standard one on these days: what it lacks is landed when it comes.',
    );
  }

  futureDay(source: string, day: string): void {
    this.#warn('future_partition', `${source} ${day}`, day, 'A partition lies in the future; its rows were landed.');
  }

  streamingBuffer(source: string, rows: number): void {
    this.#warn('streaming_buffer', source, String(rows), 'Rows without a partition yet are landed when they have one.');
  }

  #warn(check_id: string, subject: string, observed: string, message: string): void {
    this.add({ check_id, subject, status: 'warn', observed, expected: null, message });
  }

  async save(): Promise<void> {
    const { id: run_id, pipeline } = this.#run;
    const checked_at = this.#clock.now().toISOString();
    for (const result of this.#results.splice(0)) {
      await this.#warehouse.query(APPEND_QUALITY_RESULT, { ...result, run_id, pipeline: pipeline.id, checked_at });
    }
  }
}
