/** `tiny` shows that a benchmark runs at all; `quick` all of them within three minutes; `full` is what figures are quoted from. */
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
  /** What else was found, a sentence each. */
  readonly notes?: readonly string[];
}

/** Measures one thing, on an embedded cloud of its own. */
export interface Benchmark {
  readonly title: string;
  /** @param rowCounts - Instead of those of the size, for a benchmark that goes by numbers of rows. */
  run(size: Size, rowCounts?: readonly number[]): Promise<Report>;
}
