/** `tiny` shows that a benchmark runs at all; `quick` all of them within a minute; `full` within five. */
export type Size = 'tiny' | 'quick' | 'full';

/** A limit of the design, and what was measured. */
export interface Budget {
  readonly what: string;
  readonly measured: number;
  readonly limit: number;
  readonly unit: string;
}

export type Cell = string | number;

export interface Report {
  /** Names of the cells, in the order of the table. */
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  readonly budgets: readonly Budget[];
}

/** Measures one thing, on an embedded cloud of its own. */
export interface Benchmark {
  readonly title: string;
  run(size: Size): Promise<Report>;
}
