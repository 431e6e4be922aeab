import type { QueryRequest } from '../contracts.ts';

/** Datasets whose INFORMATION_SCHEMA a script names, wherever in it. */
export function namedDatasets(
  tree: unknown,
  request: Pick<QueryRequest, 'projectId' | 'defaultDataset'>,
): { projectId: string; datasetId: string }[] {
  if (Array.isArray(tree)) {
    const path = tree as unknown[];
    const at = path.findIndex((part) => typeof part === 'string' && part.toUpperCase() === 'INFORMATION_SCHEMA');
    if (at >= 0) {
      const datasetId = at > 0 ? String(path[at - 1]) : (request.defaultDataset?.datasetId ?? '');
      return [{ projectId: at > 1 ? String(path[at - 2]) : request.projectId, datasetId }];
    }
    return path.flatMap((item) => namedDatasets(item, request));
  }
  if (tree === null || typeof tree !== 'object') return [];
  return Object.values(tree).flatMap((value) => namedDatasets(value, request));
}
