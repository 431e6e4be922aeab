import type { DatabaseSync } from 'node:sqlite';
import { transaction } from '../../kit/transaction.ts';
import type { RoutineRef, TableRef } from '../contracts.ts';
import type { Json } from '../requests.ts';
import { routineInfo, tableInfo, type DatasetEntry, type RoutineEntry, type TableEntry } from './resources.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS bigquery_datasets (
    project TEXT, dataset TEXT, location TEXT NOT NULL, resource TEXT NOT NULL, created_ms INTEGER, modified_ms INTEGER,
    PRIMARY KEY (project, dataset));
  CREATE TABLE IF NOT EXISTS bigquery_tables (
    project TEXT, dataset TEXT, name TEXT, resource TEXT NOT NULL, created_ms INTEGER, modified_ms INTEGER,
    PRIMARY KEY (project, dataset, name));
  CREATE TABLE IF NOT EXISTS bigquery_routines (
    project TEXT, dataset TEXT, name TEXT, resource TEXT NOT NULL, created_ms INTEGER, modified_ms INTEGER,
    PRIMARY KEY (project, dataset, name));
  CREATE TABLE IF NOT EXISTS bigquery_partitions (
    project TEXT, dataset TEXT, name TEXT, partition TEXT, modified_ms INTEGER NOT NULL,
    PRIMARY KEY (project, dataset, name, partition));
  CREATE TABLE IF NOT EXISTS bigquery_intents (
    id TEXT PRIMARY KEY, project TEXT, dataset TEXT, name TEXT, resource TEXT NOT NULL);`;

/** In the place of a partition id: every partition of the table. */
export const ALL_PARTITIONS = '*';

const key = (...parts: readonly string[]): string => parts.join('\n');

interface Dataset {
  entry: DatasetEntry;
  readonly tables: Map<string, TableEntry>;
  readonly routines: Map<string, RoutineEntry>;
}

/** The catalogue on disk (SQLite), with all of it in memory: binding a statement asks it many times and cannot wait. */
export class CatalogStore {
  readonly #db: DatabaseSync;
  readonly #datasets = new Map<string, Dataset>();

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec(SCHEMA);
    this.#load();
  }

  #load(): void {
    for (const row of this.#db.prepare('SELECT * FROM bigquery_datasets').all()) {
      const entry = {
        projectId: String(row['project']),
        datasetId: String(row['dataset']),
        location: String(row['location']),
        ...kept(row),
      };
      this.#datasets.set(key(entry.projectId, entry.datasetId), { entry, tables: new Map(), routines: new Map() });
    }
    for (const row of this.#db.prepare('SELECT * FROM bigquery_tables').all()) {
      const ref = {
        projectId: String(row['project']),
        datasetId: String(row['dataset']),
        tableId: String(row['name']),
      };
      const rest = kept(row);
      this.#in(ref)?.tables.set(ref.tableId, { info: tableInfo(ref, rest.resource), ...rest });
    }
    for (const row of this.#db.prepare('SELECT * FROM bigquery_routines').all()) {
      const [projectId, datasetId, routineId] = [String(row['project']), String(row['dataset']), String(row['name'])];
      const rest = kept(row);
      const info = routineInfo({ projectId, datasetId, routineId }, rest.resource);
      this.#in(info.ref)?.routines.set(routineId, { info, ...rest });
    }
  }

  #in({ projectId, datasetId }: { projectId: string; datasetId: string }): Dataset | undefined {
    return this.#datasets.get(key(projectId, datasetId));
  }

  dataset(projectId: string, datasetId: string): DatasetEntry | undefined {
    return this.#in({ projectId, datasetId })?.entry;
  }

  datasets(projectId?: string): DatasetEntry[] {
    const all = [...this.#datasets.values()].map(({ entry }) => entry);
    return all
      .filter((entry) => projectId === undefined || entry.projectId === projectId)
      .toSorted((a, b) => (a.datasetId < b.datasetId ? -1 : 1));
  }

  table(ref: TableRef): TableEntry | undefined {
    return this.#in(ref)?.tables.get(ref.tableId);
  }

  tables(projectId: string, datasetId: string): TableEntry[] {
    const tables = [...(this.#in({ projectId, datasetId })?.tables.values() ?? [])];
    return tables.toSorted((a, b) => (a.info.ref.tableId < b.info.ref.tableId ? -1 : 1));
  }

  routine(ref: RoutineRef): RoutineEntry | undefined {
    return this.#in(ref)?.routines.get(ref.routineId);
  }

  routines(projectId: string, datasetId: string): RoutineEntry[] {
    const routines = [...(this.#in({ projectId, datasetId })?.routines.values() ?? [])];
    return routines.toSorted((a, b) => (a.info.ref.routineId < b.info.ref.routineId ? -1 : 1));
  }

  putDataset(entry: DatasetEntry): void {
    const { projectId, datasetId, location, resource, createdMs, modifiedMs } = entry;
    this.#db
      .prepare('INSERT OR REPLACE INTO bigquery_datasets VALUES (?, ?, ?, ?, ?, ?)')
      .run(projectId, datasetId, location, JSON.stringify(resource), createdMs, modifiedMs);
    const present = this.#in(entry);
    if (present) present.entry = entry;
    else this.#datasets.set(key(projectId, datasetId), { entry, tables: new Map(), routines: new Map() });
  }

  putTable({ info, resource, createdMs, modifiedMs }: TableEntry): void {
    const { projectId, datasetId, tableId } = info.ref;
    this.#db
      .prepare('INSERT OR REPLACE INTO bigquery_tables VALUES (?, ?, ?, ?, ?, ?)')
      .run(projectId, datasetId, tableId, JSON.stringify(resource), createdMs, modifiedMs);
    this.#in(info.ref)?.tables.set(tableId, { info, resource, createdMs, modifiedMs });
  }

  putRoutine({ info, resource, createdMs, modifiedMs }: RoutineEntry): void {
    const { projectId, datasetId, routineId } = info.ref;
    this.#db
      .prepare('INSERT OR REPLACE INTO bigquery_routines VALUES (?, ?, ?, ?, ?, ?)')
      .run(projectId, datasetId, routineId, JSON.stringify(resource), createdMs, modifiedMs);
    this.#in(info.ref)?.routines.set(routineId, { info, resource, createdMs, modifiedMs });
  }

  removeDataset(projectId: string, datasetId: string): void {
    transaction(this.#db, () => {
      for (const table of ['datasets', 'tables', 'routines', 'partitions']) {
        this.#db.prepare(`DELETE FROM bigquery_${table} WHERE project = ? AND dataset = ?`).run(projectId, datasetId);
      }
    });
    this.#datasets.delete(key(projectId, datasetId));
  }

  removeTable({ projectId, datasetId, tableId }: TableRef): void {
    transaction(this.#db, () => {
      for (const table of ['tables', 'partitions']) {
        this.#db
          .prepare(`DELETE FROM bigquery_${table} WHERE project = ? AND dataset = ? AND name = ?`)
          .run(projectId, datasetId, tableId);
      }
    });
    this.#in({ projectId, datasetId })?.tables.delete(tableId);
  }

  removeRoutine({ projectId, datasetId, routineId }: RoutineRef): void {
    this.#db
      .prepare('DELETE FROM bigquery_routines WHERE project = ? AND dataset = ? AND name = ?')
      .run(projectId, datasetId, routineId);
    this.#in({ projectId, datasetId })?.routines.delete(routineId);
  }

  /** When partitions changed last, by id; {@link ALL_PARTITIONS} stands for every one. */
  partitionTimes({ projectId, datasetId, tableId }: TableRef): Map<string, number> {
    const rows = this.#db
      .prepare('SELECT partition, modified_ms FROM bigquery_partitions WHERE project = ? AND dataset = ? AND name = ?')
      .all(projectId, datasetId, tableId);
    return new Map(rows.map((row) => [String(row['partition']), Number(row['modified_ms'])]));
  }

  touch(entry: TableEntry, partitions: readonly string[], modifiedMs: number): void {
    const { projectId, datasetId, tableId } = entry.info.ref;
    transaction(this.#db, () => {
      this.putTable({ ...entry, modifiedMs });
      const put = this.#db.prepare('INSERT OR REPLACE INTO bigquery_partitions VALUES (?, ?, ?, ?, ?)');
      for (const partition of partitions) put.run(projectId, datasetId, tableId, partition, modifiedMs);
    });
  }

  /** What a table is about to become: applied after a crash if the transaction of the same id had happened. */
  putIntent(id: string, { projectId, datasetId, tableId }: TableRef, resource: Json): void {
    this.#db
      .prepare('INSERT INTO bigquery_intents VALUES (?, ?, ?, ?, ?)')
      .run(id, projectId, datasetId, tableId, JSON.stringify(resource));
  }

  removeIntent(id: string): void {
    this.#db.prepare('DELETE FROM bigquery_intents WHERE id = ?').run(id);
  }

  intents(): { id: string; ref: TableRef; resource: Json }[] {
    return this.#db
      .prepare('SELECT * FROM bigquery_intents')
      .all()
      .map((row) => ({
        id: String(row['id']),
        ref: { projectId: String(row['project']), datasetId: String(row['dataset']), tableId: String(row['name']) },
        resource: JSON.parse(String(row['resource'])) as Json,
      }));
  }
}

function kept(row: Record<string, unknown>) {
  return {
    resource: JSON.parse(String(row['resource'])) as Json,
    createdMs: Number(row['created_ms']),
    modifiedMs: Number(row['modified_ms']),
  };
}
