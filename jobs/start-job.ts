import { bigQuery } from '../shared/gcp/bigquery.ts';
import { ensureLookups } from '../shared/pipelines/lookups.ts';
import { ensureOrgDataset, orgDatasetName } from '../shared/pipelines/org-dataset.ts';
import { pipelinesOf } from '../shared/pipelines/jobs.ts';
import { loadPipeline } from '../shared/pipelines/pipeline-definition.ts';
import { PipelineError } from '../shared/pipelines/pipeline-error.ts';
import type { Processors } from '../shared/pipelines/processor.ts';
import { RunStore } from '../shared/pipelines/run-store.ts';
import { realSleep, withSettings } from '../shared/pipelines/runner.ts';
import { Warehouse } from '../shared/pipelines/warehouse.ts';
import { createLogger } from '../shared/platform/log.ts';
import { platformFromEnv, type Platform } from '../shared/platform/platform.ts';
import { platformRegistry } from '../shared/providers/registry.ts';
import { parseJobArguments, UsageError, type JobArguments } from './job-arguments.ts';
import { runJob } from './run-job.ts';

/** Cloud Run kills 10 s after SIGTERM; what did not end by itself until then ends here, milliseconds. */
const GRACE_MS = 8_000;

export interface JobTools {
  readonly platform: Platform;
  /** The warehouse of an organisation, its dataset made or brought up to date once a process. */
  readonly warehouseOf: (org: string) => Promise<Warehouse>;
}

export interface JobOptions {
  /** As `configs/system/jobs.yml` names it, with the pipelines that it runs. */
  readonly name: string;
  readonly needsCredential: boolean;
  processors(tools: JobTools): Processors;
}

/** A job's process, from its environment and arguments to its exit code. */
export async function startJob(options: JobOptions, argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  const signal = stopSignal();
  try {
    const args = parseJobArguments(argv, pipelinesOf(options.name));
    process.exitCode = await execute(options, args, platformFromEnv(`job-${options.name}`), signal);
  } catch (err) {
    process.exitCode = 1;
    if (err instanceof UsageError) process.stderr.write(`${err.message}\n`);
    else createLogger({ component: `job-${options.name}` }).error('job-failed', { error: err });
  }
  // Kept-alive connections and timers of the clients must not hold the task.
  process.exit();
}

async function execute(
  options: JobOptions,
  args: JobArguments,
  platform: Platform,
  signal: AbortSignal,
): Promise<number> {
  const warehouse = await openWarehouse(platform);
  const tools = { platform, warehouseOf: warehousesOf(warehouse, platform) };
  const processors = options.processors(tools);
  const registry = platformRegistry(platform.config);
  return runJob(
    pipelinesOf(options.name).map((id) => withSettings(loadPipeline(id), processors)),
    args,
    {
      platform,
      processors,
      signal,
      sleep: realSleep,
      runs: new RunStore(warehouse, platform.clock, platform.config.task.execution),
      prepare: async ({ org }) => void (await tools.warehouseOf(org)),
      providerKey: (slug) => registry.get(slug).key,
      needsCredential: options.needsCredential,
    },
  );
}

/** Procedures of the organisations read the lookups, so all datasets stand where the integrations are. */
async function openWarehouse(platform: Platform): Promise<Warehouse> {
  const { projectId: project, integrationsDataset: integrations } = platform.config;
  const client = bigQuery(platform, { maxRetries: 3 });
  const [metadata] = (await client.dataset(integrations).getMetadata()) as unknown as [{ location?: string }];
  return new Warehouse(client, { project, integrations }, metadata.location ?? platform.config.location);
}

function warehousesOf(warehouse: Warehouse, { config }: Platform): JobTools['warehouseOf'] {
  const ready = new Map<string, Promise<Warehouse>>();
  let lookups: Promise<unknown> | undefined;
  const make = async (org: string): Promise<Warehouse> => {
    await (lookups ??= ensureLookups(warehouse));
    return ensureOrgDataset(warehouse, orgDatasetName(org, config));
  };
  const forget = (org: string): void => {
    lookups = undefined;
    ready.delete(org);
  };
  return (org) => {
    const known = ready.get(org) ?? make(org);
    ready.set(org, known);
    known.catch(() => forget(org)); // so that a retried step tries again
    return known;
  };
}

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const end = (): void => {
    stop.abort(new PipelineError('interrupted', 'The process was told to stop'));
    setTimeout(() => process.exit(1), GRACE_MS).unref();
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  return stop.signal;
}
