import type { BigQuery, TableField } from '@google-cloud/bigquery';
import { PipelineError } from '../pipeline-error.ts';
import { landedKey } from './landed-units.ts';
import { introspect, type SourceTable } from './source-table.ts';
import { listUnits, sameState, type SourceUnit } from './source-units.ts';

/** Watches one source while its units are read: what Google appends or restates meanwhile is not to be landed by halves. */
export class SourceWatch {
  readonly #customer: BigQuery;
  readonly #source: SourceTable;
  /** Units by the time when the table was last modified. */
  readonly #listed = new Map<number, Promise<ReadonlyMap<string, SourceUnit>>>();

  constructor(customer: BigQuery, source: SourceTable) {
    this.#customer = customer;
    this.#source = source;
  }

  /** The unit as it is at the source now; the same object as long as it is as it was. */
  async current(unit: SourceUnit): Promise<SourceUnit> {
    // A query sees one snapshot.
    if (!('tableIds' in unit.rows)) return unit;
    const { path, kind, modifiedAt } = this.#source;
    // Without cost, and enough as long as nothing has happened to any partition.
    const now = await introspect(this.#customer, path, kind);
    if (now.modifiedAt.getTime() === modifiedAt.getTime()) return unit;
    if (!sameColumns(now.fields, this.#source.fields)) throw changed(`The columns of ${unit.source.name} changed`);
    const found = (await this.#list(now)).get(landedKey(unit));
    if (!found) throw changed(`${unit.name} has no rows of ${unit.day} any more`);
    return sameState(found, unit) ? unit : found;
  }

  #list(source: SourceTable): Promise<ReadonlyMap<string, SourceUnit>> {
    const key = source.modifiedAt.getTime();
    const known = this.#listed.get(key);
    if (known) return known;
    const listed = listUnits(this.#customer, { ...source, reading: this.#source.reading }).then(
      ({ units }) => new Map(units.map((unit) => [landedKey(unit), unit])),
    );
    this.#listed.set(key, listed);
    listed.catch(() => this.#listed.delete(key));
    return listed;
  }
}

function changed(what: string): PipelineError {
  return new PipelineError('source_changed', `${what} while it was read`);
}

function sameColumns(a: readonly TableField[], b: readonly TableField[]): boolean {
  const shape = (fields: readonly TableField[]): unknown =>
    fields.map(({ name, type, mode, fields: inner }) => [name, type, mode, inner && shape(inner)]);
  return JSON.stringify(shape(a)) === JSON.stringify(shape(b));
}
