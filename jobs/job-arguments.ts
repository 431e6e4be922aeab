import { parseArgs } from 'node:util';
import type { Window } from '../shared/pipelines/processor.ts';

export interface JobArguments {
  /** Absent: all pipelines of the job. */
  readonly pipeline: string | undefined;
  /** Absent: all organisations. */
  readonly org: string | undefined;
  readonly window: Window;
}

const ORG_SLUG = /^[a-z][a-z0-9_]{2,49}$/;
const TEXT = { type: 'string' } as const;

/** The arguments were not understood; the message says how they read. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads a job's arguments as its container takes them: `--pipeline ID --org SLUG --from DATE --to DATE`, `from`
 * included, `to` excluded.
 *
 * @param pipelines - What this job runs.
 * @throws UsageError that names the first fault.
 */
export function parseJobArguments(args: readonly string[], pipelines: readonly string[]): JobArguments {
  const { pipeline, org, from, to } = readOptions(args);
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
  return { pipeline, org, window: { from, to } };
}

function readOptions(args: readonly string[]): Record<'pipeline' | 'org' | 'from' | 'to', string | undefined> {
  try {
    const { values } = parseArgs({ args: [...args], options: { pipeline: TEXT, org: TEXT, from: TEXT, to: TEXT } });
    return { pipeline: values.pipeline, org: values.org, from: values.from, to: values.to };
  } catch (err) {
    throw usage((err as Error).message);
  }
}

function isDay(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function usage(fault: string): UsageError {
  return new UsageError(`${fault}\nusage: [--pipeline ID] [--org SLUG] [--from YYYY-MM-DD] [--to YYYY-MM-DD]`);
}
