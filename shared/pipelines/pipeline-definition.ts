import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { DeploymentError } from '../platform/errors.ts';

const CONFIGS = new URL('../../configs/', import.meta.url);
const ID = /^[a-z0-9_]+(?:\/[a-z0-9_]+)*$/;
const MS_OF_UNIT: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** A pipeline as its YAML file says it, with every default filled in. */
export interface PipelineDefinition {
  /** Path of the file below `configs/`, without its ending: `cloud/gcp/cost/billing`. */
  readonly id: string;
  readonly name: string;
  /** Slug of the provider registry. */
  readonly provider: string;
  /** Cron in `Etc/UTC`. */
  readonly schedule: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly steps: readonly StepDefinition[];
  readonly destination: Destination;
}

export interface StepDefinition {
  readonly id: string;
  /** Name in the job's table of processors. */
  readonly processor: string;
  /** The processor's settings. */
  readonly with: Readonly<Record<string, unknown>>;
  /** Tries after the first one; the pause before each is twice the one before. */
  readonly retry: { readonly max: number; readonly backoffMs: number };
  readonly timeoutMs: number;
  /** `stop` ends the run as FAILED, `continue` goes on and ends it as PARTIAL. */
  readonly onFailure: 'stop' | 'continue';
}

/** The table of the organisation's dataset that the pipeline writes. */
export interface Destination {
  readonly table: string;
  readonly partition?: { readonly field: string; readonly type: 'DAY' | 'MONTH'; readonly expiration_days?: number };
  readonly cluster?: readonly string[];
  /** Columns that name one unit of replacement. */
  readonly keys?: readonly string[];
}

/** A step as it stands in the file: durations as text (`2s`, `30m`). */
interface StepFile {
  readonly id: string;
  readonly processor: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly retry?: { readonly max?: number; readonly backoff?: string };
  readonly timeout?: string;
  readonly on_failure?: 'stop' | 'continue';
}

type PipelineFile = Omit<PipelineDefinition, 'steps' | 'parameters'> & {
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly steps: readonly StepFile[];
};

/**
 * Reads a pipeline and checks it against `configs/pipelines.schema.json`.
 *
 * @param id - Path below `configs/` without `.yml`.
 * @throws Error that lists every fault of the file, or says that there is no such pipeline.
 */
export function loadPipeline(id: string, configs: URL = CONFIGS): PipelineDefinition {
  if (!ID.test(id)) throw new Error(`${JSON.stringify(id)} is no pipeline id; one reads cloud/gcp/cost/billing.`);
  const file: unknown = parse(readText(id, configs));
  const faults = definitionFaults(file);
  if (faults.length === 0) faults.push(...contradictions(id, file as PipelineFile));
  if (faults.length > 0) throw new DeploymentError(`The pipeline ${id} has faults:\n  ${faults.join('\n  ')}`);
  return withDefaults(file as PipelineFile);
}

function readText(id: string, configs: URL): string {
  try {
    return readFileSync(new URL(`${id}.yml`, configs), 'utf8');
  } catch (cause) {
    throw new DeploymentError(`There is no pipeline ${id}.`, { cause });
  }
}

function definitionFaults(file: unknown): string[] {
  const schema = JSON.parse(readFileSync(new URL('pipelines.schema.json', CONFIGS), 'utf8')) as object;
  const check = new Ajv2020({ allErrors: true, strict: true }).compile(schema);
  if (check(file)) return [];
  return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath || '/'} ${message}`);
}

function contradictions(id: string, file: PipelineFile): string[] {
  const steps = file.steps.map((step) => step.id);
  const twice = steps.filter((step, index) => steps.indexOf(step) < index);
  return [
    ...(file.id === id ? [] : [`/id is ${file.id}, but the file is ${id}.yml`]),
    ...twice.map((step) => `/steps has the id ${step} twice`),
  ];
}

function withDefaults(file: PipelineFile): PipelineDefinition {
  return { ...file, parameters: file.parameters ?? {}, steps: file.steps.map(stepOf) };
}

function stepOf(step: StepFile): StepDefinition {
  const { id, processor, retry = {}, timeout = '30m', on_failure: onFailure = 'stop' } = step;
  return {
    id,
    processor,
    with: step.with ?? {},
    retry: { max: retry.max ?? 3, backoffMs: toMs(retry.backoff ?? '2s') },
    timeoutMs: toMs(timeout),
    onFailure,
  };
}

function toMs(duration: string): number {
  return Number(duration.slice(0, -1)) * (MS_OF_UNIT[duration.slice(-1)] ?? 0);
}
