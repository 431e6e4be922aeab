/** Fields of a log line; an `Error` is written as its name, code and message or place, never whole. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Past-tense events with ids as fields: `log.info('partition-landed', { org, rows })`. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A logger that adds `fields` to each of its lines. */
  child(fields: LogFields): Logger;
}

type Severity = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR';

/**
 * Writes one JSON object per line, in the fields that Cloud Logging lifts (`severity`, `message`, `time`).
 *
 * @param fields - Added to each line.
 * @param write - Where lines go; standard output by default.
 */
export function createLogger(
  fields: LogFields = {},
  write: (line: string) => void = (line) => process.stdout.write(line),
): Logger {
  const emit = (severity: Severity, message: string, more: LogFields = {}): void => {
    const line = { severity, message, time: new Date().toISOString(), ...fields, ...more };
    write(`${JSON.stringify(line, readable)}\n`);
  };
  return {
    debug: (event, more) => emit('DEBUG', event, more),
    info: (event, more) => emit('INFO', event, more),
    warn: (event, more) => emit('WARNING', event, more),
    error: (event, more) => emit('ERROR', event, more),
    child: (more) => createLogger({ ...fields, ...more }, write),
  };
}

/** Fields that hold what was caught, whatever that may be. */
const CAUGHT: ReadonlySet<string> = new Set(['error', 'cause']);

/** The field as it was given: an error may have a `toJSON` of its own, which shows all of it. */
function readable(this: unknown, key: string, value: unknown): unknown {
  const given = (this as Record<string, unknown>)[key];
  if (given instanceof Error) return summary(given);
  return CAUGHT.has(key) && value !== undefined && value !== null ? { name: `thrown ${typeof value}` } : value;
}

/** Node's own errors quote the value that they do not like: "…" is not valid JSON. */
const QUOTING: ReadonlySet<string> = new Set(['SyntaxError', 'TypeError', 'RangeError']);

// Client errors carry the request they failed with, headers and bodies included: nothing else of an error is safe.
function summary(err: Error & { code?: unknown }): object {
  const { name, code } = err;
  return isKnown(err) ? { name, code, message: err.message } : { name, code, at: frameOf(err) };
}

/** Whether the words are those of a backend or of an error class of ours; nobody has weighed the words of any other. */
function isKnown({ name, code }: Error & { code?: unknown }): boolean {
  return !QUOTING.has(name) && (name !== 'Error' || code !== undefined);
}

/** Where it was thrown, without the lines before the stack, which repeat the message. */
function frameOf({ stack = '' }: Error): string | undefined {
  return /^ {4}at .*$/m.exec(stack)?.[0].trim();
}
