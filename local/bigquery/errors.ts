import { ApiError } from '../kit/api-error.ts';
import type { TableRef } from './contracts.ts';

/** `project:dataset.table`, as BigQuery's messages and ids write it. */
export const tableName = ({ projectId, datasetId, tableId }: TableRef): string =>
  `${projectId}:${datasetId}.${tableId}`;

export const tableResource = ({ projectId, datasetId, tableId }: TableRef): string =>
  `projects/${projectId}/datasets/${datasetId}/tables/${tableId}`;

export const datasetResource = (projectId: string, datasetId: string): string =>
  `projects/${projectId}/datasets/${datasetId}`;

export const invalid = (message: string, reason = 'invalid'): ApiError =>
  new ApiError(400, message, { reason, status: 'INVALID_ARGUMENT' });

/** What this engine does not do is refused by its name. */
export const unsupported = (what: string): ApiError =>
  new ApiError(400, `${what} is not supported by the embedded BigQuery.`, { reason: 'notImplemented' });

export const notFound = (what: string): ApiError => new ApiError(404, `Not found: ${what}`, { reason: 'notFound' });

export const duplicate = (what: string): ApiError =>
  new ApiError(409, `Already Exists: ${what}`, { reason: 'duplicate' });

export const accessDenied = (message: string): ApiError =>
  new ApiError(403, `Access Denied: ${message}`, { reason: 'accessDenied' });

/** An error as it stands in `status.errorResult` of a job. */
export interface ErrorProto {
  readonly reason: string;
  readonly message: string;
  readonly location?: string;
}

export function errorProto(err: ApiError): ErrorProto {
  return { reason: err.reason ?? 'internalError', message: err.message };
}

const STATUS_BY_REASON: Readonly<Record<string, number>> = {
  accessDenied: 403,
  notFound: 404,
  duplicate: 409,
  stopped: 499,
  backendError: 503,
  internalError: 500,
};

/** The HTTP error by which a failed job is told to who asks for its results. */
export function jobError({ reason, message }: ErrorProto): ApiError {
  return new ApiError(STATUS_BY_REASON[reason] ?? 400, message, { reason });
}
