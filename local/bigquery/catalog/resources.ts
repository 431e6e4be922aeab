import { createHash } from 'node:crypto';
import type { FieldSchema, RoutineInfo, TableInfo, TimePartitioning } from '../contracts.ts';
import { textOf, type Json } from '../requests.ts';

/** A dataset as it is kept: its REST resource without what is computed, IAM's part of `access` left out. */
export interface DatasetEntry {
  readonly projectId: string;
  readonly datasetId: string;
  readonly location: string;
  readonly resource: Json;
  readonly createdMs: number;
  readonly modifiedMs: number;
}

/** A table or view as it is kept: its REST resource without what is computed, beside what the engine needs of it. */
export interface TableEntry {
  readonly info: TableInfo;
  readonly resource: Json;
  readonly createdMs: number;
  readonly modifiedMs: number;
}

export interface RoutineEntry {
  readonly info: RoutineInfo;
  readonly resource: Json;
  readonly createdMs: number;
  readonly modifiedMs: number;
}

export const fieldsOf = (resource: Json): readonly FieldSchema[] =>
  (resource['schema'] as { fields?: FieldSchema[] } | undefined)?.fields ?? [];

/** What the engine needs to know, out of a checked resource. */
export function tableInfo(ref: TableInfo['ref'], resource: Json): TableInfo {
  const view = resource['view'] as { query: string } | undefined;
  const timePartitioning = resource['timePartitioning'] as TimePartitioning | undefined;
  const clustering = (resource['clustering'] as { fields?: string[] } | undefined)?.fields;
  return {
    ref,
    type: view ? 'VIEW' : 'TABLE',
    fields: fieldsOf(resource),
    ...(timePartitioning ? { timePartitioning } : {}),
    ...(clustering ? { clustering } : {}),
    ...(view ? { viewQuery: view.query } : {}),
  };
}

/** The resource of a table that SQL made. */
export function tableResourceOf({ fields, timePartitioning, clustering, viewQuery }: TableInfo): Json {
  return {
    schema: { fields },
    ...(timePartitioning ? { timePartitioning } : {}),
    ...(clustering ? { clustering: { fields: clustering } } : {}),
    ...(viewQuery === undefined ? {} : { view: { query: viewQuery, useLegacySql: false } }),
  };
}

export function routineResourceOf({ routineType, arguments: args, definitionBody }: RoutineInfo): Json {
  return { routineType, language: 'SQL', arguments: args, definitionBody };
}

export function routineInfo(ref: RoutineInfo['ref'], resource: Json): RoutineInfo {
  return {
    ref,
    routineType: resource['routineType'] as RoutineInfo['routineType'],
    arguments: (resource['arguments'] as RoutineInfo['arguments'] | undefined) ?? [],
    definitionBody: textOf(resource, 'definitionBody'),
  };
}

export const etagOf = (...parts: unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64').slice(0, 24);
