import { DuckDBBlobVector, type DuckDBDataChunk, type DuckDBValue, type DuckDBVector } from '@duckdb/node-api';

/** What a function of ours gets for BLOB; every other type comes as the client has it. */
export type Bytes = Uint8Array;
export type Evaluate = (...values: never[]) => DuckDBValue;

type Writable = DuckDBVector & { setItem(row: number, value: DuckDBValue): void };
type Read = (row: number) => unknown;

/** A function of values as DuckDB calls it, with a chunk of rows. NULL in, NULL out. */
export function rowByRow(evaluate: Evaluate) {
  const compute = evaluate as (...values: unknown[]) => DuckDBValue;
  return (info: { setError(message: string): void }, chunk: DuckDBDataChunk, output: DuckDBVector): void => {
    const columns = Array.from({ length: chunk.columnCount }, (_, index) => reader(chunk.getColumnVector(index)));
    try {
      fill(output, chunk.rowCount, columns, compute);
      output.flush();
    } catch (err) {
      info.setError((err as Error).message);
    }
  };
}

/** Bytes are read where they lie: the client's own value of a BLOB is a copy, which costs more than the sums do. */
function reader(column: DuckDBVector): Read {
  return column instanceof DuckDBBlobVector ? (row) => column.getItemBytes(row) : (row) => column.getItem(row);
}

// One and two arguments are spelled out, because an array per row costs as much as what is computed.
function fill(output: Writable, rows: number, columns: Read[], compute: (...values: unknown[]) => DuckDBValue): void {
  const [first, second] = columns;
  for (let row = 0; row < rows; row += 1) {
    if (columns.length === 1 && first) {
      const value = first(row);
      output.setItem(row, value === null ? null : compute(value));
    } else if (columns.length === 2 && first && second) {
      const [left, right] = [first(row), second(row)];
      output.setItem(row, left === null || right === null ? null : compute(left, right));
    } else {
      const values = columns.map((read) => read(row));
      output.setItem(row, values.includes(null) ? null : compute(...values));
    }
  }
}
