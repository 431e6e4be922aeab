import sinon from 'sinon';
import type { PipelineDefinition, StepDefinition } from '../../shared/pipelines/pipeline-definition.ts';
import type { PipelineRun, Processors } from '../../shared/pipelines/processor.ts';
import type { StepRow } from '../../shared/pipelines/run-store.ts';
import type { RunnerDeps } from '../../shared/pipelines/runner.ts';
import { createLogger } from '../../shared/platform/log.ts';
import { loadConfig } from '../../shared/platform/config.ts';
import type { Platform } from '../../shared/platform/platform.ts';

export const NOW = new Date('2026-11-24T06:00:00Z');

export function aPlatform(env: Record<string, string> = {}): Platform {
  return {
    config: loadConfig({
      PROJECT_ID: 'test-project',
      KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
      ...env,
    }),
    clock: { now: () => NOW },
    log: createLogger({}, () => undefined),
  };
}

export function aStep(step: Partial<StepDefinition> & { processor: string }): StepDefinition {
  return {
    id: step.processor.toLowerCase(),
    with: {},
    retry: { max: 3, backoffMs: 2_000 },
    timeoutMs: 60_000,
    onFailure: 'stop',
    ...step,
  };
}

export function aPipeline(...steps: StepDefinition[]): PipelineDefinition {
  return {
    id: 'cloud/test',
    name: 'Test',
    provider: 'gcp',
    schedule: '17 * * * *',
    parameters: {},
    steps,
    destination: { table: 'raw' },
  };
}

export function aRun(pipeline: PipelineDefinition): PipelineRun {
  return { id: 'run_1', org: 'acme', pipeline, window: {} };
}

/** Runner dependencies whose run store keeps what it is told, and whose pauses take no time. */
export function runnerDeps(processors: Processors, more: Partial<Pick<RunnerDeps, 'platform' | 'signal'>> = {}) {
  const steps = new Map<string, StepRow>();
  const runs = {
    claim: sinon.fake.resolves('claimed' as const),
    renew: sinon.fake.resolves(true),
    finish: sinon.fake.resolves(undefined),
    saveStep: sinon.fake(async (_run: PipelineRun, step: StepRow) => void steps.set(step.step_id, step)),
  };
  const sleep = sinon.fake.resolves(undefined);
  return { platform: aPlatform(), processors, runs, sleep, signal: new AbortController().signal, steps, ...more };
}
