import type { RunFilter } from '../../shared/pipelines/run-requests.ts';
import { RUN_STATES, type RunState } from '../../shared/pipelines/run-states.ts';
import { ServiceError } from '../../shared/platform/errors.ts';

export const DEFAULT_LIMIT = 50;
export const MAX_LIMIT = 200;
export const PIPELINE_ID = /^[a-z0-9_]+(?:\/[a-z0-9_]+)*$/;

/** Reads `?pipeline=&state=&limit=`. @throws ServiceError `invalid_request` */
export function runFilterOf(query: URLSearchParams): RunFilter {
  return {
    pipeline: pipelineOf(query.get('pipeline')),
    state: stateOf(query.get('state')),
    limit: limitOf(query.get('limit')),
  };
}

function pipelineOf(text: string | null): string | null {
  if (text === null || (text.length <= 200 && PIPELINE_ID.test(text))) return text;
  throw refused('pipeline is an id such as cloud/gcp/cost/billing');
}

function stateOf(text: string | null): RunState | null {
  if (text === null) return null;
  const state = RUN_STATES.find((known) => known === text);
  if (state) return state;
  throw refused(`state is one of ${RUN_STATES.join(', ')}`);
}

function limitOf(text: string | null): number {
  const limit = text === null ? DEFAULT_LIMIT : /^[1-9]\d{0,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw refused(`limit is a number from 1 to ${MAX_LIMIT}`);
}

const refused = (fault: string): ServiceError => new ServiceError('invalid_request', `The query parameter ${fault}`);
