import type { BigQuery } from '@google-cloud/bigquery';
import type { Source } from '../customer.ts';
import { PipelineError } from '../pipeline-error.ts';
import { readPages } from './page-reader.ts';
import { namedColumns } from './raw-columns.ts';
import type { WireRow } from './row-writer.ts';
import type { SourceUnit } from './source-units.ts';
import { SourceWatch } from './source-watch.ts';
import type { OpenRows } from './unit-lander.ts';

/** How often a unit is read that changes while it is read. */
const MAX_READINGS = 3;

export interface ReaderOptions {
  readonly pageRows: number;
  readonly signal: AbortSignal;
}

/** Reads one unit in the state it is in and hands it on. */
type Land = <T>(unit: SourceUnit, land: (seen: SourceUnit, rows: () => OpenRows) => Promise<T>) => Promise<T>;

/**
 * Reads units so that what is landed is one state of the source, the one it is recorded under: a unit that changed while it was
 * read is read again, and after some times left for later.
 */
export function landReader(customer: BigQuery, sources: readonly Source[], options: ReaderOptions): Land {
  const watches = new Map(sources.map(({ table }) => [table.name, new SourceWatch(customer, table)]));

  async function* checkedPages(unit: SourceUnit, watch: SourceWatch): AsyncGenerator<readonly WireRow[]> {
    const columns = namedColumns(unit.source.fields);
    yield* readPages(customer, unit, { ...options, columns });
    if ((await watch.current(unit)) !== unit)
      throw new PipelineError('source_changed', `${unit.name} changed while its rows of ${unit.day} were read`);
  }

  return async (unit, land) => {
    const watch = watches.get(unit.source.name) ?? new SourceWatch(customer, unit.source);
    for (let reading = 1, seen = unit; ; reading += 1) {
      const now = seen;
      const columns = 'tableIds' in now.rows ? now.source.fields : namedColumns(now.source.fields);
      try {
        return await land(now, () => ({ columns, pages: checkedPages(now, watch) }));
      } catch (err) {
        if (!isChange(err) || reading === MAX_READINGS) throw err;
        seen = await watch.current(now);
      }
    }
  };
}

function isChange(err: unknown): boolean {
  return err instanceof PipelineError && err.code === 'source_changed';
}
