import type { FieldSchema, TableRef, TimePartitioning } from '../contracts.ts';
import { invalid, unsupported } from '../errors.ts';
import { isObject, isTrue, type Json } from '../requests.ts';
import { checkPartitioning } from './partitions.ts';
import { checkedFields } from './schemas.ts';

const TABLE_ID = /^[\p{L}\p{M}\p{N}\p{Pc}\p{Pd}\p{Zs}]{1,1024}$/u;
/** What is kept as it came. */
const PLAIN = [
  'description',
  'friendlyName',
  'tableConstraints',
  'encryptionConfiguration',
  'resourceTags',
  'maxStaleness',
];
const REFUSED = [
  'materializedView',
  'externalDataConfiguration',
  'rangePartitioning',
  'model',
  'snapshotDefinition',
  'cloneDefinition',
  'biglakeConfiguration',
];

export function assertTableId(tableId: string): void {
  if (!TABLE_ID.test(tableId)) throw invalid(`Invalid table ID "${tableId}".`);
}

/** A table's resource as the caller wants it, checked; what is computed or unknown is left out. */
export function checkedTableResource(ref: TableRef, wanted: Json): Json {
  assertTableId(ref.tableId);
  for (const name of REFUSED) if (wanted[name]) throw unsupported(`A table with ${name}`);
  const fields = checkedFields((wanted['schema'] as { fields?: unknown } | undefined)?.fields);
  const timePartitioning = checkedPartitioning(wanted, fields);
  return {
    schema: { fields },
    ...(timePartitioning ? { timePartitioning } : {}),
    ...checkedClustering(wanted['clustering'], fields),
    ...checkedView(wanted['view']),
    ...checkedLabels(wanted['labels']),
    ...checkedExpiration(wanted['expirationTime']),
    ...(isTrue(wanted['requirePartitionFilter']) ? { requirePartitionFilter: true } : {}),
    ...Object.fromEntries(PLAIN.filter((name) => wanted[name] !== undefined).map((name) => [name, wanted[name]])),
  };
}

function checkedPartitioning(wanted: Json, fields: readonly FieldSchema[]): TimePartitioning | undefined {
  const partitioning = wanted['timePartitioning'];
  if (partitioning === undefined || partitioning === null) return undefined;
  if (!isObject(partitioning)) throw invalid('Invalid value for timePartitioning');
  const { type = 'DAY', field, expirationMs } = partitioning as Partial<TimePartitioning>;
  const column = fields.find(({ name }) => name.toLowerCase() === field?.toLowerCase());
  const checked: TimePartitioning = {
    type,
    ...(field === undefined ? {} : { field: column?.name ?? field }),
    ...(expirationMs === undefined || expirationMs === null ? {} : { expirationMs: String(checkedMs(expirationMs)) }),
  };
  checkPartitioning(checked, fields);
  return checked;
}

function checkedMs(value: unknown): bigint {
  if (!/^\d{1,18}$/.test(String(value))) throw invalid(`Invalid value for milliseconds: ${String(value)}`);
  return BigInt(String(value));
}

function checkedClustering(clustering: unknown, fields: readonly FieldSchema[]): Json {
  if (!isObject(clustering)) return {};
  const names = (clustering['fields'] ?? []) as readonly string[];
  if (!Array.isArray(names) || names.length === 0 || names.length > 4) {
    throw invalid('Clustering takes between 1 and 4 columns.');
  }
  const found = names.map((name: string) => {
    const field = fields.find((other) => other.name.toLowerCase() === String(name).toLowerCase());
    if (!field)
      throw invalid(`The field specified for clustering cannot be found in the schema. Invalid field: ${name}.`);
    const isPlain = field.mode !== 'REPEATED' && !/^(RECORD|FLOAT|BYTES|JSON|TIME)$/.test(field.type);
    if (!isPlain) throw invalid(`The field specified for clustering can only be of a scalar type: ${name}.`);
    return field.name;
  });
  return { clustering: { fields: found } };
}

function checkedView(view: unknown): Json {
  if (!isObject(view)) return {};
  if (typeof view['query'] !== 'string') throw invalid('A view needs a query.');
  // The API's default is legacy SQL.
  if (view['useLegacySql'] !== false) throw unsupported('A view in legacy SQL (useLegacySql)');
  return { view: { query: view['query'], useLegacySql: false } };
}

export function checkedLabels(labels: unknown): Json {
  if (!isObject(labels) || Object.keys(labels).length === 0) return {};
  for (const [name, value] of Object.entries(labels)) {
    const isWell =
      /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u.test(name) && /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u.test(String(value));
    if (!isWell) throw invalid(`Invalid label "${name}": "${String(value)}".`);
  }
  return { labels };
}

function checkedExpiration(expirationTime: unknown): Json {
  if (expirationTime === undefined || expirationTime === null) return {};
  const at = checkedMs(expirationTime);
  return at === 0n ? {} : { expirationTime: String(at) };
}
