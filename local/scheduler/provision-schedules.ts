import { scheduleEntries, targetOf } from '../../shared/pipelines/schedule-entries.ts';
import { emailOf, SCHEDULER_ACCOUNT } from '../topology.ts';
import type { SchedulerService } from './scheduler.ts';

/** What terraform makes of `configs/`: an entry for each pipeline and for upkeep. Entries of ours that no file knows any more go. */
export function provisionSchedules(
  scheduler: Pick<SchedulerService, 'ensure' | 'list' | 'remove'>,
  place: { readonly projectId: string; readonly location: string },
): void {
  const serviceAccountEmail = emailOf(SCHEDULER_ACCOUNT, place.projectId);
  const entries = scheduleEntries().map((entry) => {
    const { uri, httpMethod, body } = targetOf(entry, place);
    return {
      name: `projects/${place.projectId}/locations/${place.location}/jobs/${entry.id}`,
      schedule: entry.schedule,
      timeZone: entry.timeZone,
      httpTarget: {
        uri,
        httpMethod,
        headers: { 'Content-Type': 'application/json' },
        body: Buffer.from(body).toString('base64'),
        oauthToken: { serviceAccountEmail },
      },
    };
  });
  const names = new Set(entries.map(({ name }) => name));
  for (const { name, httpTarget } of scheduler.list()) {
    const isOurs = httpTarget?.oauthToken?.serviceAccountEmail === serviceAccountEmail;
    if (isOurs && !names.has(name)) scheduler.remove(name);
  }
  for (const entry of entries) scheduler.ensure(entry);
}
