/** google.protobuf.Timestamp and Duration as they stand in messages; int64 seconds may be text. */
export interface WireTime {
  readonly seconds?: number | string | null;
  readonly nanos?: number | null;
}

export function timestamp(at: Date | number): WireTime {
  return wireTime(Number(at));
}

/** A duration of `ms` milliseconds. */
export function duration(ms: number): WireTime {
  return wireTime(ms);
}

function wireTime(ms: number): WireTime {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: Math.round((ms - seconds * 1000) * 1e6) };
}

/** Milliseconds of a timestamp or duration; undefined when the field is unset. */
export function wireMs(value: WireTime | null | undefined): number | undefined {
  if (!value) return undefined;
  return Number(value.seconds ?? 0) * 1000 + Math.floor((value.nanos ?? 0) / 1e6);
}
