import { parseArgs } from 'node:util';
import type { Window } from '../shared/pipelines/processor.ts';
import { RUN_ID } from '../shared/pipelines/run-states.ts';
import { isDay } from '../shared/platform/days.ts';

export interface JobArguments {
  /** Absent: all pipelines of the job. */
  readonly pipeline: string | undefined;
  /** Absent: all organisations. */
  readonly org: string | undefined;
  readonly window: Window;
  /** A run that stands in the queue already; it comes with its pipeline and organisation. */
  readonly run: string | undefined;
}

const ORG_SLUG = /^[a-z][a-z0-9_]{2,49}$/;
const TEXT = { type: 'string' } as const;

/** The arguments were not understood; the message says how they read. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads a job's arguments as its container takes them: `--pipeline ID --org SLUG --from DATE --to DATE --run ID`,
 * `from` included, `to` excluded.
 *
 * @param pipelines - What this job runs.
 * @throws UsageError that names the first fault.
 */
export function parseJobArguments(args: readonly string[], pipelines: readonly string[]): JobArguments {
  const { pipeline, org, from, to, run } = readOptions(args);
  if (pipeline !== undefined && !pipelines.includes(pipeline)) {
    throw usage(`--pipeline: this job runs ${pipelines.join(', ')}, not ${JSON.stringify(pipeline)}`);
  }
  if (org !== undefined && !ORG_SLUG.test(org)) throw usage(`--org: ${JSON.stringify(org)} is no organisation's slug`);
  for (const [name, day] of Object.entries({ from, to })) {
    if (day !== undefined && !isDay(day))
      throw usage(`--${name}: ${JSON.stringify(day)} is not a day such as 2026-11-01`);
  }
  if (from !== undefined && to !== undefined && from >= to)
    throw usage(`--to is excluded, so ${to} has to be after ${from}`);
  checkRun(run, pipeline, org);
  return { pipeline, org, window: { from, to }, run };
}

function checkRun(run: string | undefined, pipeline: string | undefined, org: string | undefined): void {
  if (run === undefined) return;
  if (!RUN_ID.test(run)) throw usage(`--run: ${JSON.stringify(run)} is no run id`);
  if (pipeline === undefined || org === undefined) throw usage('--run: name its --pipeline and --org as well');
}

type Option = 'pipeline' | 'org' | 'from' | 'to' | 'run';

function readOptions(args: readonly string[]): Readonly<Record<Option, string | undefined>> {
  const options = { pipeline: TEXT, org: TEXT, from: TEXT, to: TEXT, run: TEXT };
  try {
    const { pipeline, org, from, to, run } = parseArgs({ args: [...args], options }).values;
    return { pipeline, org, from, to, run };
  } catch (err) {
    throw usage((err as Error).message);
  }
}

function usage(fault: string): UsageError {
  return new UsageError(
    `${fault}\nusage: [--pipeline ID] [--org SLUG] [--from YYYY-MM-DD] [--to YYYY-MM-DD] [--run ID]`,
  );
}
