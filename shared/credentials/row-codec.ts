import { queryParameter } from '../gcp/query-parameters.ts';
import type { IntegrationRow } from './integration-row.ts';
import { CREDENTIAL_COLUMNS, type ParameterTypes } from './statements.ts';

/** What users read of an event. */
export interface HistoryEntry {
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly outcome: string | null;
  readonly fingerprint: string | null;
  readonly request_id: string | null;
}

/** Values as query parameters of the client library. */
export function parametersOf(row: object, types: ParameterTypes): Record<string, unknown> {
  const values = row as Record<string, unknown>;
  return Object.fromEntries(Object.entries(types).map(([name, type]) => [name, queryParameter(values[name], type)]));
}

/** A row of the client library as ours; columns that were not selected are null. */
export function readRow(wire: Record<string, unknown>): IntegrationRow {
  return Object.fromEntries(
    Object.entries(CREDENTIAL_COLUMNS).map(([name, type]) => [name, readValue(wire[name] ?? null, type)]),
  ) as unknown as IntegrationRow;
}

export function readEvents(wire: unknown): HistoryEntry[] {
  return ((wire ?? []) as Record<string, unknown>[]).map(({ occurred_at, from_status, to_status, ...rest }) => ({
    ...(rest as Pick<HistoryEntry, 'actor' | 'action' | 'outcome' | 'fingerprint' | 'request_id'>),
    at: readValue(occurred_at, 'TIMESTAMP') as string,
    from: (from_status ?? null) as string | null,
    to: (to_status ?? null) as string | null,
  }));
}

function readValue(value: unknown, type: string): unknown {
  if (value === null) return null;
  switch (type) {
    case 'JSON':
      return JSON.parse(value as string);
    case 'INT64':
      return Number(value);
    case 'TIMESTAMP': // the client's own class, microseconds cut to what Date knows
      return new Date((value as { value: string }).value).toISOString();
    default:
      return value;
  }
}
