import { randomUUID } from 'node:crypto';
import type { Clock } from '../../kit/contracts.ts';
import type { Catalog, FieldSchema, PartitionRow, RoutineInfo, RoutineRef, TableInfo, TableRef } from '../contracts.ts';
import type { Duck, Run } from '../duck.ts';
import { datasetResource, duplicate, invalid, notFound, tableName, tableResource } from '../errors.ts';
import type { Json } from '../requests.ts';
import { ALL_PARTITIONS, type CatalogStore } from './catalog-store.ts';
import { alterPhysical, createPhysical, physicalName, physicalSchema } from './physical.ts';
import { partitionRows } from './partition-rows.ts';
import {
  fieldsOf,
  routineInfo,
  routineResourceOf,
  tableInfo,
  tableResourceOf,
  type DatasetEntry,
  type TableEntry,
} from './resources.ts';
import { mergedFields, schemaChange } from './schemas.ts';
import { checkedTableResource } from './table-resource.ts';

/** A change of rows: SQL to run, answering which partitions it changed. */
export interface RowChange {
  readonly work: (run: Run) => Promise<readonly string[]>;
  /** The table's resource afterwards, if that changes too. */
  readonly resource?: Json;
}

interface Creation {
  readonly ifNotExists: boolean;
  readonly orReplace: boolean;
}

/**
 * Datasets, tables and routines: entries in SQLite and the DuckDB tables behind them.
 *
 * An entry is written after its table is made and removed before its table is dropped, so that a crash in between
 * leaves a table that no entry names: `repair` takes it away at the next start.
 */
export class LocalCatalog implements Catalog {
  readonly store: CatalogStore;
  readonly #duck: Duck;
  readonly #clock: Clock;
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(store: CatalogStore, duck: Duck, clock: Clock) {
    this.store = store;
    this.#duck = duck;
    this.#clock = clock;
  }

  /** Changes of one dataset or table happen one after the other. */
  #inTurn<T>(resource: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(resource) ?? Promise.resolve()).then(work);
    const settled = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(resource, settled);
    void settled.then(() => {
      if (this.#turns.get(resource) === settled) this.#turns.delete(resource);
    });
    return turn;
  }

  get nowMs(): number {
    return this.#clock.now().getTime();
  }

  entry(ref: TableRef): TableEntry | undefined {
    const entry = this.store.table(ref);
    return entry && !this.isExpired(entry) ? entry : undefined;
  }

  isExpired({ resource }: TableEntry): boolean {
    return resource['expirationTime'] !== undefined && Number(resource['expirationTime']) <= this.nowMs;
  }

  /** The entry; a 404 in BigQuery's words when it, or its dataset, is not there. */
  existing(ref: TableRef): TableEntry {
    const entry = this.entry(ref);
    if (entry) return entry;
    this.existingDataset(ref.projectId, ref.datasetId);
    throw notFound(`Table ${tableName(ref)}`);
  }

  existingDataset(projectId: string, datasetId: string): DatasetEntry {
    const dataset = this.store.dataset(projectId, datasetId);
    if (!dataset) throw notFound(`Dataset ${projectId}:${datasetId}`);
    return dataset;
  }

  findTable(ref: TableRef): TableInfo | undefined {
    return this.entry(ref)?.info;
  }

  findDataset(projectId: string, datasetId: string): { location: string } | undefined {
    return this.store.dataset(projectId, datasetId);
  }

  findRoutine(ref: RoutineRef): RoutineInfo | undefined {
    return this.store.routine(ref)?.info;
  }

  listTables(projectId: string, datasetId: string): readonly TableInfo[] {
    return this.liveTables(projectId, datasetId).map(({ info }) => info);
  }

  liveTables(projectId: string, datasetId: string): readonly TableEntry[] {
    return this.store.tables(projectId, datasetId).filter((entry) => !this.isExpired(entry));
  }

  listDatasets(projectId: string): readonly string[] {
    return this.store.datasets(projectId).map(({ datasetId }) => datasetId);
  }

  createDataset(entry: DatasetEntry): Promise<void> {
    const { projectId, datasetId } = entry;
    return this.#inTurn(datasetResource(projectId, datasetId), async () => {
      if (this.store.dataset(projectId, datasetId)) throw duplicate(`Dataset ${projectId}:${datasetId}`);
      await this.#duck.run(`CREATE SCHEMA IF NOT EXISTS ${physicalSchema(projectId, datasetId)}`);
      this.store.putDataset(entry);
    });
  }

  removeDataset(projectId: string, datasetId: string, options: { deleteContents: boolean }): Promise<void> {
    return this.#inTurn(datasetResource(projectId, datasetId), async () => {
      this.existingDataset(projectId, datasetId);
      const isUsed =
        this.liveTables(projectId, datasetId).length + this.store.routines(projectId, datasetId).length > 0;
      if (isUsed && !options.deleteContents) {
        throw invalid(`Dataset ${projectId}:${datasetId} is still in use`, 'resourceInUse');
      }
      this.store.removeDataset(projectId, datasetId);
      await this.#duck.run(`DROP SCHEMA IF EXISTS ${physicalSchema(projectId, datasetId)} CASCADE`);
    });
  }

  /** Makes a table of a checked resource. */
  insertTable(ref: TableRef, resource: Json): Promise<TableEntry> {
    return this.#inTurn(tableResource(ref), () => this.#insert(ref, resource));
  }

  async #insert(ref: TableRef, resource: Json): Promise<TableEntry> {
    const dataset = this.existingDataset(ref.projectId, ref.datasetId);
    const former = this.store.table(ref);
    if (former && this.isExpired(former)) await this.#drop(ref);
    else if (former) throw duplicate(`Table ${tableName(ref)}`);
    const info = tableInfo(ref, resource);
    if (info.type === 'TABLE') await this.#duck.transaction((run) => createPhysical(run, info));
    const createdMs = this.nowMs;
    const entry = { info, resource: withExpiration(dataset, resource, createdMs), createdMs, modifiedMs: createdMs };
    this.store.putTable(entry);
    return entry;
  }

  async #drop(ref: TableRef): Promise<void> {
    this.store.removeTable(ref);
    await this.#duck.run(`DROP TABLE IF EXISTS ${physicalName(ref)}`);
  }

  /** Gives a table another checked resource; columns may be added and relaxed. */
  updateTable(ref: TableRef, change: (present: TableEntry) => Json): Promise<TableEntry> {
    return this.#inTurn(tableResource(ref), async () => {
      const present = this.existing(ref);
      const wanted = change(present);
      const table = tableName(ref);
      const altered = schemaChange(table, present.info.fields, fieldsOf(wanted));
      assertSamePartitioning(table, present.info, tableInfo(ref, wanted));
      const resource = { ...wanted, schema: { fields: mergedFields(present.info.fields, fieldsOf(wanted)) } };
      const info = tableInfo(ref, resource);
      const commitId = randomUUID();
      if (info.type === 'TABLE' && altered.added.length + altered.relaxed.length > 0) {
        this.store.putIntent(commitId, ref, resource);
        await this.#duck.transaction((run) => alterPhysical(run, info, altered), commitId);
      }
      const entry = { ...present, info, resource, modifiedMs: this.laterThan(present) };
      this.store.putTable(entry);
      this.store.removeIntent(commitId);
      return entry;
    });
  }

  /**
   * Changes rows, and with them perhaps the definition, in one transaction.
   *
   * @param plan - Told the table as it is when its turn comes, if it is there.
   */
  changeRows(ref: TableRef, commitId: string, plan: (present: TableEntry | undefined) => RowChange): Promise<void> {
    return this.#inTurn(tableResource(ref), async () => {
      const dataset = this.existingDataset(ref.projectId, ref.datasetId);
      const present = this.entry(ref);
      if (!present && this.store.table(ref)) await this.#drop(ref);
      const { work, resource } = plan(present);
      const written = resource && !present ? withExpiration(dataset, resource, this.nowMs) : resource;
      if (written) this.store.putIntent(commitId, ref, written);
      try {
        const partitions = await this.#duck.transaction(work, commitId);
        this.store.touch(this.#entryOf(ref, written), partitions, this.laterThan(this.store.table(ref)));
      } finally {
        if (written) this.store.removeIntent(commitId);
      }
    });
  }

  #entryOf(ref: TableRef, resource: Json | undefined): TableEntry {
    const present = this.store.table(ref) ?? { createdMs: this.nowMs, modifiedMs: this.nowMs };
    return resource ? { ...present, resource, info: tableInfo(ref, resource) } : this.existing(ref);
  }

  /** Finishes, after a crash, what had become of a table. */
  adopt(ref: TableRef, resource: Json): void {
    if (!this.store.dataset(ref.projectId, ref.datasetId)) return;
    this.store.touch(this.#entryOf(ref, resource), [ALL_PARTITIONS], this.laterThan(this.store.table(ref)));
  }

  /** Two changes never carry the same time, so that who compares times misses none. */
  laterThan(former: TableEntry | undefined): number {
    return Math.max(this.nowMs, (former?.modifiedMs ?? 0) + 1);
  }

  async createTable(info: TableInfo, { ifNotExists, orReplace }: Creation): Promise<void> {
    const resource = checkedTableResource(info.ref, tableResourceOf(info));
    await this.#inTurn(tableResource(info.ref), async () => {
      const present = this.entry(info.ref);
      if (present && ifNotExists) return;
      if (present && orReplace) await this.#drop(info.ref);
      await this.#insert(info.ref, resource);
    });
  }

  dropTable(ref: TableRef, { ifExists }: { ifExists: boolean }): Promise<void> {
    return this.#inTurn(tableResource(ref), async () => {
      if (!this.entry(ref) && ifExists) return;
      this.existing(ref);
      await this.#drop(ref);
    });
  }

  async createRoutine(info: RoutineInfo, creation: Creation): Promise<void> {
    this.putRoutine(info.ref, routineResourceOf(info), creation);
  }

  putRoutine(ref: RoutineRef, resource: Json, { ifNotExists, orReplace }: Creation) {
    this.existingDataset(ref.projectId, ref.datasetId);
    const present = this.store.routine(ref);
    if (present && ifNotExists) return present;
    if (present && !orReplace) throw duplicate(`Routine ${routineName(ref)}`);
    const createdMs = present?.createdMs ?? this.nowMs;
    const entry = { info: routineInfo(ref, resource), resource, createdMs, modifiedMs: this.nowMs };
    this.store.putRoutine(entry);
    return entry;
  }

  async dropRoutine(ref: RoutineRef, { ifExists }: { ifExists: boolean }): Promise<void> {
    if (!this.store.routine(ref)) {
      if (ifExists) return;
      throw notFound(`Routine ${routineName(ref)}`);
    }
    this.store.removeRoutine(ref);
  }

  async addColumns(ref: TableRef, fields: readonly FieldSchema[]): Promise<void> {
    await this.updateTable(ref, ({ resource }) =>
      checkedTableResource(ref, { ...resource, schema: { fields: [...fieldsOf(resource), ...fields] } }),
    );
  }

  touch(ref: TableRef, partitions?: readonly string[]): void {
    const entry = this.store.table(ref);
    if (entry) this.store.touch(entry, partitions ?? [ALL_PARTITIONS], this.laterThan(entry));
  }

  async partitions(projectId: string, datasetId: string): Promise<readonly PartitionRow[]> {
    const tables = this.liveTables(projectId, datasetId).filter(({ info }) => info.type === 'TABLE');
    const rows = await Promise.all(
      tables.map((entry) => partitionRows(this.#duck, entry, this.store.partitionTimes(entry.info.ref))),
    );
    return rows.flat();
  }
}

export const routineName = ({ projectId, datasetId, routineId }: RoutineRef): string =>
  `${projectId}:${datasetId}.${routineId}`;

/** A new table lives as long as its dataset says, unless it says itself. */
function withExpiration({ resource: dataset }: DatasetEntry, resource: Json, createdMs: number): Json {
  const life = dataset['defaultTableExpirationMs'];
  if (life === undefined || resource['expirationTime'] !== undefined) return resource;
  return { ...resource, expirationTime: String(createdMs + Number(life)) };
}

function assertSamePartitioning(table: string, before: TableInfo, after: TableInfo): void {
  const shape = ({ timePartitioning }: TableInfo): string =>
    timePartitioning ? `${timePartitioning.type} ${timePartitioning.field ?? ''}` : 'none';
  if (shape(before) !== shape(after)) {
    throw invalid(`Cannot change partitioning of the table ${table} from ${shape(before)} to ${shape(after)}.`);
  }
  if (before.type !== after.type) throw invalid(`Cannot change the type of the table ${table}.`);
}
