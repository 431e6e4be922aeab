import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Caller } from '../../kit/contracts.ts';
import type { Access } from '../access.ts';
import { ALL_PARTITIONS } from '../catalog/catalog-store.ts';
import type { LocalCatalog, RowChange } from '../catalog/catalog.ts';
import type { Expiry } from '../catalog/expiry.ts';
import {
  checkedPartition,
  INGESTION_COLUMN,
  isIngestionPartitioned,
  NULL_PARTITION,
  partitionFilterSql,
  partitionIdAt,
  partitionRange,
  timeLiteral,
} from '../catalog/partitions.ts';
import { alterPhysical, createPhysical, physicalName } from '../catalog/physical.ts';
import { fieldsOf, tableInfo, type TableEntry } from '../catalog/resources.ts';
import { mergedFields, schemaChange } from '../catalog/schemas.ts';
import { checkedTableResource } from '../catalog/table-resource.ts';
import type { FieldSchema, TableInfo, TableRef, WireRow } from '../contracts.ts';
import type { Duck, Run } from '../duck.ts';
import { duplicate, invalid, notFound, tableName, unsupported } from '../errors.ts';
import { textOf, type Json } from '../requests.ts';
import { quoted } from '../values/types.ts';
import { fileSql } from './file-sql.ts';
import type { Normalised } from './normalise.ts';
import { wireRowText } from './wire-rows.ts';

export type Destination = TableRef & { readonly partitionId?: string };

/** Where rows go, and what may become of the table on the way; members as in `configuration.load`. */
export interface Target {
  readonly destination: Destination;
  readonly caller: Caller;
  readonly commitId: string;
  readonly options: Json;
  /** Columns of the rows; absent: those of the table. */
  readonly fields?: readonly FieldSchema[];
  readonly defaultDisposition: 'WRITE_APPEND' | 'WRITE_EMPTY';
}

/** A target that was looked at: what the table is to be, and what may be done to it. */
export interface Plan extends Target {
  readonly present: TableEntry | undefined;
  readonly resource: Json;
  readonly info: TableInfo;
  /** Columns that the rows have, as the table defines them. */
  readonly rowFields: readonly FieldSchema[];
  readonly isTruncating: boolean;
  readonly isEmptyOnly: boolean;
  /** The table is made anew, with the schema of the rows. */
  readonly isReplacing: boolean;
}

/** Files of rows, already checked and normalised. */
export interface RowFile {
  readonly file: string;
  readonly normalised: Normalised;
}

/** Brings rows into tables: all of a call's rows or none. */
export class RowWriter {
  readonly #catalog: LocalCatalog;
  readonly #access: Access;
  readonly #expiry: Expiry;
  readonly #duck: Duck;
  readonly #folder: string;

  constructor(deps: { catalog: LocalCatalog; access: Access; expiry: Expiry; duck: Duck; dataDir: string }) {
    this.#catalog = deps.catalog;
    this.#access = deps.access;
    this.#expiry = deps.expiry;
    this.#duck = deps.duck;
    this.#folder = join(deps.dataDir, 'bigquery-uploads');
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** A new file name; whoever asks takes the file away. */
  newFile(): string {
    return join(this.#folder, randomUUID());
  }

  /** Looks at a target; what cannot work is refused before any row is read. */
  async plan(target: Target): Promise<Plan> {
    const { destination, caller, options, fields } = target;
    const dataset = this.#catalog.existingDataset(destination.projectId, destination.datasetId);
    const present = this.#catalog.entry(destination);
    this.#authorize(caller, destination, present, options);
    if (present?.info.type === 'VIEW') throw invalid(`Cannot write to the view ${tableName(destination)}.`);
    const disposition = textOf(options, 'writeDisposition', target.defaultDisposition);
    if (!/^WRITE_(APPEND|TRUNCATE|EMPTY)$/.test(disposition)) throw unsupported(`The write disposition ${disposition}`);
    const isTruncating = disposition === 'WRITE_TRUNCATE';
    const isReplacing =
      present !== undefined && isTruncating && destination.partitionId === undefined && fields !== undefined;
    if (!present && options['createDisposition'] === 'CREATE_NEVER') {
      throw notFound(`Table ${tableName(destination)} was not found in location ${dataset.location}`);
    }
    const isEmptyOnly = disposition === 'WRITE_EMPTY';
    if (isEmptyOnly && present)
      await this.#duck.connected((connection) => assertEmpty((sql) => connection.run(sql), present.info, destination));
    const resource = resourceFor(destination, present, isReplacing, options, fields);
    const info = tableInfo(plainRef(destination), resource);
    if (destination.partitionId !== undefined) checkedPartition(info, destination.partitionId);
    return {
      ...target,
      present,
      resource,
      info,
      isTruncating,
      isReplacing,
      isEmptyOnly,
      rowFields: rowFieldsOf(info.fields, fields),
    };
  }

  #authorize(caller: Caller, destination: Destination, present: TableEntry | undefined, options: Json): void {
    if (present) {
      this.#access.requireTable(caller, 'bigquery.tables.updateData', destination);
      if (options['schemaUpdateOptions']) this.#access.requireTable(caller, 'bigquery.tables.update', destination);
    } else this.#access.requireDataset(caller, 'bigquery.tables.create', destination.projectId, destination.datasetId);
  }

  /** Takes away what a former process left. */
  async sweep(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Lands a file of rows by its plan, in one transaction. */
  async land(plan: Plan, { file, normalised }: RowFile): Promise<void> {
    const partitions = touchedPartitions(plan, normalised, new Date(this.#catalog.nowMs));
    await this.#insert(plan, { from: fileSql(file, plan.rowFields), rows: normalised.rows, partitions });
  }

  /** Lands the rows of another table; answers how many. */
  async copy(plan: Plan, from: string): Promise<bigint> {
    const rows = await this.#duck.connected((connection) => count((sql) => connection.run(sql), from));
    const normalised = { rows: Number(rows), badRows: 0, errors: [], partitions: [ALL_PARTITIONS] };
    const partitions = touchedPartitions(plan, normalised, new Date(this.#catalog.nowMs));
    await this.#insert(plan, { from, rows: normalised.rows, partitions });
    return rows;
  }

  async #insert(plan: Plan, source: Source): Promise<void> {
    await this.#catalog.changeRows(plainRef(plan.destination), plan.commitId, (present): RowChange => {
      const isChanged = plan.resource !== plan.present?.resource;
      if (present !== plan.present && (isChanged || !present)) assertUnchanged(plan, present);
      return {
        ...(isChanged ? { resource: plan.resource } : {}),
        work: async (run) => {
          await prepare(run, plan, present);
          await insertRows(run, plan, source);
          return source.partitions;
        },
      };
    });
    const entry = this.#catalog.entry(plainRef(plan.destination));
    if (entry) await this.#expiry.expirePartitions(entry);
  }

  /** Writes the rows of a query into the table that its job names. */
  async writeResult(
    target: Omit<Target, 'defaultDisposition'> & { rows: readonly WireRow[]; fields: readonly FieldSchema[] },
  ): Promise<void> {
    const plan = await this.plan({ ...target, defaultDisposition: 'WRITE_EMPTY' });
    const file = this.newFile();
    try {
      const write = wireRowText(target.fields);
      await writeFile(file, target.rows.map((row) => `${write(row)}\n`).join(''), { mode: 0o600 });
      await this.land(plan, {
        file,
        normalised: { rows: target.rows.length, badRows: 0, errors: [], partitions: [ALL_PARTITIONS] },
      });
    } finally {
      await rm(file, { force: true });
    }
  }
}

/** The plan was made before the rows were read: it may no longer hold. */
function assertUnchanged({ present, destination }: Plan, now: TableEntry | undefined): void {
  if (JSON.stringify(present?.resource) === JSON.stringify(now?.resource)) return;
  throw invalid(`The definition of table ${tableName(destination)} was changed meanwhile.`);
}

const plainRef = ({ projectId, datasetId, tableId }: TableRef): TableRef => ({ projectId, datasetId, tableId });

/** The resource that the table has afterwards. */
function resourceFor(
  destination: Destination,
  present: TableEntry | undefined,
  isReplacing: boolean,
  options: Json,
  fields: readonly FieldSchema[] | undefined,
): Json {
  const name = tableName(destination);
  if (!present || isReplacing) {
    if (!fields) throw invalid('No schema specified on job or table.');
    const kept = present ? present.resource : { timePartitioning: partitioningByDecorator(destination) };
    const {
      timePartitioning = kept['timePartitioning'],
      clustering = kept['clustering'],
      destinationTableProperties,
    } = options;
    return checkedTableResource(plainRef(destination), {
      ...kept,
      ...(destinationTableProperties as Json | undefined),
      schema: { fields },
      timePartitioning,
      clustering,
    });
  }
  if (!fields) return present.resource;
  const updates = (options['schemaUpdateOptions'] ?? []) as readonly string[];
  const wanted = mergedFields(present.info.fields, fields);
  const { added, relaxed } = schemaChange(name, present.info.fields, wanted);
  const [first] = added;
  if (first && !updates.includes('ALLOW_FIELD_ADDITION')) {
    throw invalid(
      `Provided Schema does not match Table ${name}. Cannot add fields (field: ${[...first.path, first.field.name].join('.')})`,
    );
  }
  if (relaxed.length > 0 && !updates.includes('ALLOW_FIELD_RELAXATION')) {
    throw invalid(
      `Provided Schema does not match Table ${name}. Field ${relaxed[0]} has changed mode from REQUIRED to NULLABLE`,
    );
  }
  return first || relaxed.length > 0 ? { ...present.resource, schema: { fields: wanted } } : present.resource;
}

/** A new table that is named with a decorator is partitioned by ingestion time. */
function partitioningByDecorator({ partitionId }: Destination): Json | undefined {
  if (partitionId === undefined) return undefined;
  const type = { 4: 'YEAR', 6: 'MONTH', 8: 'DAY', 10: 'HOUR' }[partitionId.length];
  return type === undefined ? undefined : { type };
}

function rowFieldsOf(all: readonly FieldSchema[], wanted: readonly FieldSchema[] | undefined): readonly FieldSchema[] {
  if (!wanted) return all;
  const byName = new Map(all.map((field) => [field.name.toLowerCase(), field]));
  return wanted.flatMap(({ name }) => byName.get(name.toLowerCase()) ?? []);
}

async function prepare(run: Run, plan: Plan, present: TableEntry | undefined): Promise<void> {
  const { info, destination } = plan;
  const table = physicalName(info.ref);
  if (!present) return createPhysical(run, info);
  if (plan.isReplacing) {
    await run(`DROP TABLE ${table}`);
    return createPhysical(run, info);
  }
  const altered = schemaChange(tableName(info.ref), present.info.fields, fieldsOf(plan.resource));
  await alterPhysical(run, info, altered);
  const where =
    destination.partitionId === undefined ? '' : ` WHERE ${partitionFilterSql(info, destination.partitionId)}`;
  if (plan.isTruncating) await run(`DELETE FROM ${table}${where}`);
  if (plan.isEmptyOnly) await assertEmpty(run, info, destination);
}

async function assertEmpty(run: Run, info: TableInfo, destination: Destination): Promise<void> {
  const { partitionId } = destination;
  const where =
    partitionId === undefined ? '' : ` WHERE ${partitionFilterSql(info, checkedPartition(info, partitionId))}`;
  if ((await count(run, `${physicalName(info.ref)}${where}`)) > 0n) throw duplicate(`Table ${tableName(destination)}`);
}

async function count(run: Run, from: string): Promise<bigint> {
  const result = await run(`SELECT count(*) FROM ${from}`);
  return (await result.getRows())[0]?.[0] as bigint;
}

/** SQL that rows come from, how many they are, and which partitions they go to. */
interface Source {
  readonly from: string;
  readonly rows: number;
  readonly partitions: readonly string[];
}

async function insertRows(run: Run, plan: Plan, { from, rows, partitions }: Source): Promise<void> {
  if (rows === 0) return;
  const { info, destination, rowFields } = plan;
  const table = physicalName(info.ref);
  const inPartition =
    destination.partitionId === undefined
      ? undefined
      : `${table} WHERE ${partitionFilterSql(info, destination.partitionId)}`;
  const before = inPartition ? await count(run, inPartition) : 0n;
  await run(insertSql(info, rowFields, from, partitions));
  if (inPartition && (await count(run, inPartition)) !== before + BigInt(rows)) {
    throw invalid(
      `Some rows belong to different partitions rather than destination partition ${info.ref.tableId}$${destination.partitionId}`,
    );
  }
}

function insertSql(
  info: TableInfo,
  fields: readonly FieldSchema[],
  from: string,
  [partitionId]: readonly string[],
): string {
  const names = fields.map(({ name }) => quoted(name));
  const isByIngestion = isIngestionPartitioned(info) && partitionId !== undefined;
  const time = isByIngestion ? [timeLiteral(partitionRange(info, partitionId).start)] : [];
  const target = [...names, ...(isByIngestion ? [quoted(INGESTION_COLUMN)] : [])];
  return `INSERT INTO ${physicalName(info.ref)} (${target.join(', ')}) SELECT ${[...names, ...time].join(', ')} FROM ${from}`;
}

/** Ids of the partitions that the rows are in. */
function touchedPartitions({ info, destination }: Plan, { partitions }: Normalised, now: Date): string[] {
  if (!info.timePartitioning) return [];
  if (destination.partitionId !== undefined) return [destination.partitionId];
  if (isIngestionPartitioned(info)) return [partitionIdAt(info, now)];
  return partitions.map((text) => text?.replaceAll(/[- :]/g, '') ?? NULL_PARTITION);
}

/** How many characters of a partition column's text name its partition. */
export function partitionTask({ timePartitioning }: TableInfo): { field: string; length: number } | undefined {
  if (!timePartitioning?.field) return undefined;
  return { field: timePartitioning.field, length: { HOUR: 13, DAY: 10, MONTH: 7, YEAR: 4 }[timePartitioning.type] };
}
