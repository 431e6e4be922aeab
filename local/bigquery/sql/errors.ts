import { ApiError } from '../../kit/api-error.ts';

/** What DuckDB calls its errors; the text behind is ours or says what was wrong with a value. */
const PREFIX = /^(?:Error: )?(?:[A-Z][A-Za-z ]* Error: )+/;

export const cancelled = (cause?: unknown): ApiError =>
  new ApiError(499, 'Job execution was cancelled: User requested cancellation', { reason: 'stopped', cause });

/** A failure of DuckDB in BigQuery's form. Its SQL, which is not the user's, is left out. */
export function translated(err: unknown): ApiError {
  if (err instanceof ApiError) return err;
  const message = String(err instanceof Error ? err.message : err);
  if (/^INTERRUPT/i.test(message)) return cancelled(err);
  const [first = ''] = message.replace(PREFIX, '').split('\n\nLINE ');
  const required = /NOT NULL constraint failed: \S*?([^.\s"]+)"?$/.exec(first.trim());
  const text = required
    ? `Required field ${required[1]} cannot be null`
    : /overflow|out of range/i.test(first)
      ? `${first.includes('overflow') ? '' : 'overflow: '}${first}`
      : first;
  return new ApiError(400, text, { reason: 'invalidQuery', cause: err });
}
