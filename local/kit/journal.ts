import type { CallJournal } from './contracts.ts';

/** A call as `GET /local/calls` shows it. */
export interface JournalledCall {
  readonly seq: number;
  readonly at: string;
  readonly service: string;
  readonly method: string;
  readonly caller: string;
  readonly status: number;
}

export interface Journal extends CallJournal {
  /** Calls after number `since`, oldest first. */
  calls(filter: { service?: string | undefined; since?: number | undefined }): JournalledCall[];
}

/** How many calls are remembered. */
const CAPACITY = 10_000;

export function createJournal(now: () => Date = () => new Date()): Journal {
  let entries: JournalledCall[] = [];
  let seq = 0;
  return {
    record(call) {
      entries.push({ seq: ++seq, at: now().toISOString(), ...call });
      if (entries.length > CAPACITY * 2) entries = entries.slice(-CAPACITY);
    },
    calls: ({ service, since = 0 }) =>
      entries
        .slice(-CAPACITY)
        .filter((call) => call.seq > since && (service === undefined || call.service === service)),
  };
}
