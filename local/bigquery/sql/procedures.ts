import type { Catalog, QueryRequest, RoutineInfo, RoutineRef } from '../contracts.ts';
import { ApiError } from '../../kit/api-error.ts';
import type { ParsedStatement, Path } from './parse/ast.ts';
import { parseScript } from './parse/statements.ts';
import { invalid } from './bind/scope.ts';

export function routineRef(
  path: Path,
  { projectId, defaultDataset }: Pick<QueryRequest, 'projectId' | 'defaultDataset'>,
): RoutineRef {
  if (path.length === 3) return { projectId: path[0] ?? '', datasetId: path[1] ?? '', routineId: path[2] ?? '' };
  if (path.length === 2) return { projectId, datasetId: path[0] ?? '', routineId: path[1] ?? '' };
  if (path.length === 1 && defaultDataset) return { ...defaultDataset, routineId: path[0] ?? '' };
  throw invalid(`Routine "${path.join('.')}" must be qualified with a dataset.`);
}

/** A procedure with its body parsed; names without a project in it belong to the procedure's project. */
export function calledProcedure(
  path: Path,
  { request, catalog }: { request: Pick<QueryRequest, 'projectId' | 'defaultDataset'>; catalog: Catalog },
): { routine: RoutineInfo; body: ParsedStatement[]; projectId: string } {
  const ref = routineRef(path, request);
  const routine = catalog.findRoutine(ref);
  if (!routine || routine.routineType !== 'PROCEDURE') {
    throw new ApiError(404, `Not found: Routine ${ref.projectId}:${ref.datasetId}.${ref.routineId}`, {
      reason: 'notFound',
    });
  }
  return { routine, body: parseScript(bodyOf(routine.definitionBody)), projectId: ref.projectId };
}

/** Bodies made by the REST API may stand in BEGIN ... END. */
function bodyOf(definition: string): string {
  const match = /^\s*BEGIN\s(?!\s*TRANSACTION)([\s\S]*)END\s*;?\s*$/i.exec(definition);
  return match?.[1] ?? definition;
}
