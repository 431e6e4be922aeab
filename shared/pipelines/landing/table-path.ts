import { PipelineError } from '../pipeline-error.ts';

const PROJECT = /^(?:[a-z0-9.-]{1,64}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/;
const DATASET = /^[A-Za-z0-9_]{1,1024}$/;
const TABLE = /^[A-Za-z0-9_-]{1,1024}$/;

/** A table of a customer, each segment checked, so that code may quote it. */
export interface TablePath {
  readonly projectId: string;
  readonly datasetId: string;
  readonly tableId: string;
}

/** @param path - `project.dataset.table`; the project may carry its domain, `example.com:project`. */
export function parseTablePath(path: string): TablePath {
  const [tableId = '', datasetId = '', ...rest] = path.split('.').reverse();
  const projectId = rest.reverse().join('.');
  if (!PROJECT.test(projectId) || !DATASET.test(datasetId) || !TABLE.test(tableId)) {
    throw new PipelineError('source_not_found', 'A configured table does not read project.dataset.table');
  }
  return { projectId, datasetId, tableId };
}

export function formatTablePath({ projectId, datasetId, tableId }: TablePath): string {
  return `${projectId}.${datasetId}.${tableId}`;
}
