import type { LocalCatalog } from '../catalog/catalog.ts';
import { splitDecorator } from '../catalog/partitions.ts';
import type { TableRef } from '../contracts.ts';
import { notFound } from '../errors.ts';
import { isObject, textOf, type Json } from '../requests.ts';
import { normalLocation } from './job.ts';

/** Names of tables and datasets as they may stand in GoogleSQL, quoted or not. */
const NAMES = /`([^`]+)`|([\w-]+(?:\.\w+)+)/g;

/** Where a job runs: as it was asked, else where what it names is, else in the US. */
export function jobLocation(catalog: LocalCatalog, projectId: string, configuration: Json, asked: unknown): string {
  if (typeof asked === 'string' && asked !== '') return normalLocation(asked);
  const named = configuration['query'] as Json | undefined;
  const target = (named ?? (configuration['load'] as Json) ?? (configuration['copy'] as Json))?.['destinationTable'];
  const dataset = named?.['defaultDataset'];
  for (const ref of [target, dataset]) {
    const found = isObject(ref) ? datasetAt(catalog, projectId, ref) : undefined;
    if (found) return normalLocation(found);
  }
  return normalLocation(locationInSql(catalog, projectId, textOf(named, 'query')) ?? 'US');
}

function datasetAt(catalog: LocalCatalog, projectId: string, ref: Json): string | undefined {
  return catalog.findDataset(textOf(ref, 'projectId', projectId), textOf(ref, 'datasetId'))?.location;
}

function locationInSql(catalog: LocalCatalog, projectId: string, sql: string): string | undefined {
  for (const [, quoted, plain] of sql.matchAll(NAMES)) {
    const parts = (quoted ?? plain ?? '').split('.');
    const [first = '', second = ''] = parts;
    const found = catalog.findDataset(first, second) ?? catalog.findDataset(projectId, first);
    if (found) return found.location;
  }
  return undefined;
}

/** Refuses what is in another place than the job, as if it were not there. */
export function assertHere(catalog: LocalCatalog, location: string, projectId: string, datasetId: string): void {
  const dataset = catalog.findDataset(projectId, datasetId);
  if (dataset && normalLocation(dataset.location) === location) return;
  throw notFound(`Dataset ${projectId}:${datasetId} was not found in location ${location}`);
}

export function destinationOf(projectId: string, destination: unknown): TableRef & { partitionId?: string } {
  const ref = isObject(destination) ? destination : {};
  return {
    projectId: textOf(ref, 'projectId', projectId),
    datasetId: textOf(ref, 'datasetId'),
    ...splitDecorator(textOf(ref, 'tableId')),
  };
}
