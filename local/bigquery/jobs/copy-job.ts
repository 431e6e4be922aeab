import type { Access } from '../access.ts';
import type { LocalCatalog } from '../catalog/catalog.ts';
import { checkedPartition, partitionFilterSql } from '../catalog/partitions.ts';
import { physicalName } from '../catalog/physical.ts';
import { tableName, unsupported } from '../errors.ts';
import type { RowWriter } from '../loads/row-writer.ts';
import { isObject, type Json } from '../requests.ts';
import { fullJobId, type Job, type Outcome } from './job.ts';
import { assertHere, destinationOf } from './job-location.ts';

/** Copies the rows of one table or partition into another. */
export async function runCopyJob(
  job: Job,
  deps: { catalog: LocalCatalog; access: Access; rowWriter: RowWriter },
): Promise<Outcome> {
  const { ref, configuration } = job.record;
  const copy = configuration['copy'] as Json;
  const { catalog, access, rowWriter } = deps;
  const sources = [copy['sourceTables'] ?? copy['sourceTable']].flat().filter(isObject);
  const [wanted] = sources;
  if (!wanted || sources.length > 1) throw unsupported('A copy job of other than one source table');
  if ((copy['operationType'] ?? 'COPY') !== 'COPY')
    throw unsupported(`A copy job of type ${String(copy['operationType'])}`);
  const [source, destination] = [
    destinationOf(ref.projectId, wanted),
    destinationOf(ref.projectId, copy['destinationTable']),
  ];
  for (const { projectId, datasetId } of [source, destination]) assertHere(catalog, ref.location, projectId, datasetId);
  access.requireTable(job.caller, 'bigquery.tables.getData', source);
  const { info, resource } = catalog.existing({
    projectId: source.projectId,
    datasetId: source.datasetId,
    tableId: source.tableId,
  });
  if (info.type !== 'TABLE') throw unsupported(`Copying ${tableName(source)}, which is a view,`);
  const where =
    source.partitionId === undefined ? 'true' : partitionFilterSql(info, checkedPartition(info, source.partitionId));
  const plan = await rowWriter.plan({
    destination,
    caller: job.caller,
    commitId: fullJobId(ref),
    options: { timePartitioning: resource['timePartitioning'], clustering: resource['clustering'], ...copy },
    fields: info.fields,
    defaultDisposition: 'WRITE_EMPTY',
  });
  const copied = await rowWriter.copy(plan, `${physicalName(info.ref)} WHERE ${where}`);
  return { statistics: { copiedRows: String(copied) } };
}
