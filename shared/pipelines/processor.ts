import type { TObject } from '@sinclair/typebox';
import type { Logger } from '../platform/log.ts';
import type { Platform } from '../platform/platform.ts';
import type { Handover } from './handover.ts';
import type { PipelineDefinition, StepDefinition } from './pipeline-definition.ts';
import type { PipelineError } from './pipeline-error.ts';

/** Days in UTC, `YYYY-MM-DD`, from included, to excluded; absent ends are open. */
export interface Window {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** One run of one pipeline for one organisation. */
export interface PipelineRun {
  readonly id: string;
  readonly org: string;
  readonly pipeline: PipelineDefinition;
  readonly window: Window;
}

/** What a step is given. */
export interface StepContext {
  readonly platform: Platform;
  readonly run: PipelineRun;
  readonly step: StepDefinition;
  /** From 1, over retries of this step; raised over restarts of the task too, so it can be part of a job id. */
  readonly attempt: number;
  /** Aborted by SIGTERM, by the step's timeout and when another execution took over: a step ends soon after. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Values of earlier steps. */
  readonly handover: Handover;
  /** Adds to the counts that users see while the step is at work. */
  readonly progress: (done: { readonly rows?: number; readonly bytes?: number }) => void;
}

export interface StepResult {
  /** Parts that failed while others succeeded (one account of several): the run becomes PARTIAL. */
  readonly failures?: readonly PipelineError[];
}

/**
 * What a step does, registered by name in a job's table of processors.
 * It may run twice: everything it writes replaces what an earlier try wrote.
 * It throws when nothing of it succeeded; `PipelineError.retryable` says whether the runner tries again.
 */
export interface Processor {
  /** Shape and defaults of the step's `with`, checked before anything runs; `step.with` then holds every default. */
  readonly settings?: TObject;
  run(context: StepContext): Promise<StepResult | void>;
}

/** A job's processors by the names that YAML files use. */
export type Processors = Readonly<Record<string, Processor>>;
