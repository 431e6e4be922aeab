import { PIPELINE_ERRORS, type PipelineErrorCode } from './pipeline-error.ts';
import type { RunState } from './run-states.ts';

/** A run as the API shows it; days and times in UTC. */
export interface RunRecord {
  readonly id: string;
  readonly pipeline: string;
  readonly state: RunState;
  readonly requested_by: string | null;
  /** First day, included; null where the run took all that had changed. */
  readonly from: string | null;
  /** Last day, excluded. */
  readonly to: string | null;
  readonly rows: number;
  readonly bytes: number;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly steps: readonly StepRecord[];
}

export interface StepRecord {
  readonly id: string;
  readonly state: RunState;
  readonly rows: number;
  readonly attempts: number;
  readonly error?: { readonly code: string; readonly message: string; readonly remedy: string };
}

type Wire = Readonly<Record<string, unknown>>;

/** Reads a row of the client library. */
export function readRun(row: Wire): RunRecord {
  const steps = ((row['steps'] ?? []) as Wire[]).map((step) => endedWith(row, readStep(step)));
  return {
    id: row['run_id'] as string,
    pipeline: row['pipeline'] as string,
    state: row['state'] as RunState,
    requested_by: (row['requested_by'] ?? null) as string | null,
    from: valueOf(row['window_from']),
    to: valueOf(row['window_to']),
    rows: Number(row['rows'] ?? 0),
    bytes: Number(row['bytes'] ?? 0),
    started_at: instantOf(row['started_at']),
    finished_at: instantOf(row['finished_at']),
    steps: [...steps, ...unreported(row, steps)],
  };
}

function readStep(row: Wire): StepRecord {
  const error = errorOf(row);
  return {
    id: row['step_id'] as string,
    state: row['state'] as RunState,
    rows: Number(row['rows'] ?? 0),
    attempts: Number(row['attempts'] ?? 0),
    ...(error ? { error } : {}),
  };
}

/** A process that is cancelled or dies says nothing of the step that it was at: that one ended as the run did. */
function endedWith(row: Wire, step: StepRecord): StepRecord {
  const state = row['state'] as RunState;
  if (step.state !== 'RUNNING' || (state !== 'FAILED' && state !== 'CANCELLED')) return step;
  const error = step.error ?? errorOf(row);
  return { ...step, state, ...(error ? { error } : {}) };
}

/** What ended a run outside its steps (before the first, by a user, by the death of its process) shows as a step of its own. */
function unreported(row: Wire, steps: readonly StepRecord[]): StepRecord[] {
  const error = errorOf(row);
  if (!error || steps.some((step) => step.error)) return [];
  return [{ id: 'run', state: row['state'] as RunState, rows: 0, attempts: 1, error }];
}

function errorOf({ error_code, error_message, remedy }: Wire): StepRecord['error'] {
  if (typeof error_code !== 'string') return undefined;
  const known = PIPELINE_ERRORS[error_code as PipelineErrorCode] as { remedy: string } | undefined;
  return {
    code: error_code,
    message: typeof error_message === 'string' ? error_message : '',
    remedy: typeof remedy === 'string' ? remedy : (known?.remedy ?? ''),
  };
}

const valueOf = (wrapped: unknown): string | null => (wrapped as { value: string } | null)?.value ?? null;

function instantOf(wrapped: unknown): string | null {
  const value = valueOf(wrapped);
  return value === null ? null : new Date(value).toISOString();
}
