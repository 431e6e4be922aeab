import type { FoundEntry } from '../../shared/gcp/scheduler-jobs.ts';
import { scheduleEntries, targetOf, type ScheduleEntry } from '../../shared/pipelines/schedule-entries.ts';
import type { Config } from '../../shared/platform/config.ts';
import type { Logger } from '../../shared/platform/log.ts';
import type { Report } from './task.ts';

export interface CheckSchedulesDeps {
  readonly list: () => Promise<readonly FoundEntry[]>;
  readonly config: Pick<Config, 'projectId' | 'location'>;
  readonly log: Logger;
  readonly expected?: readonly ScheduleEntry[];
}

/** Something about an entry that is not as the configuration says. */
interface Deviation {
  readonly event: 'schedule-missing' | 'schedule-paused' | 'schedule-drifted' | 'schedule-unknown';
  readonly field?: string;
  readonly expected?: string;
  readonly found?: string;
}

/**
 * Compares Cloud Scheduler's entries with what the pipelines' files say. It changes nothing: somebody may have paused an
 * entry for a reason, and terraform is what puts entries right.
 *
 * @returns `done` entries that are as they have to be, `warned` that are not.
 */
export async function checkSchedules({
  list,
  config,
  log,
  expected = scheduleEntries(),
}: CheckSchedulesDeps): Promise<Report> {
  const found = await list();
  const deviating = new Map(expected.map((entry) => [entry.id, deviationsOf(entry, found, config)]));
  for (const { id, uri } of found) {
    if (!deviating.has(id) && isOurs(uri, config)) deviating.set(id, [{ event: 'schedule-unknown', found: uri }]);
  }
  for (const [entry, deviations] of deviating) {
    for (const { event, ...fields } of deviations) log.warn(event, { entry, ...fields });
  }
  const warned = [...deviating.values()].filter((deviations) => deviations.length > 0).length;
  return { done: deviating.size - warned, failed: 0, warned };
}

function deviationsOf(
  entry: ScheduleEntry,
  all: readonly FoundEntry[],
  config: CheckSchedulesDeps['config'],
): Deviation[] {
  const found = all.find(({ id }) => id === entry.id);
  if (!found) return [{ event: 'schedule-missing', expected: entry.schedule }];
  const { uri, httpMethod, body } = targetOf(entry, config);
  const wanted = { schedule: entry.schedule, timeZone: entry.timeZone, uri, httpMethod, body: canonical(body) };
  const actual = { ...found, body: canonical(found.body) };
  return [
    ...(found.isPaused ? [{ event: 'schedule-paused' } as const] : []),
    ...(Object.keys(wanted) as (keyof typeof wanted)[])
      .filter((field) => wanted[field] !== actual[field])
      .map((field) => ({
        event: 'schedule-drifted' as const,
        field,
        expected: wanted[field],
        found: actual[field],
      })),
  ];
}

/** The same JSON reads the same, however it is spaced; no body is an empty one. */
function canonical(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body || '{}'));
  } catch {
    return body;
  }
}

/** Whether an entry starts one of the jobs of this project: one that no file knows is left over from something. */
function isOurs(uri: string, { projectId, location }: CheckSchedulesDeps['config']): boolean {
  return uri.startsWith(`https://run.googleapis.com/v2/projects/${projectId}/locations/${location}/jobs/`);
}
