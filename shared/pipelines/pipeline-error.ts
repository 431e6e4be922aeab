import { ServiceError } from '../platform/errors.ts';

/** Every way a run can fail: whether trying again can help, and what a user does about it. */
export const PIPELINE_ERRORS = {
  integration_not_valid: {
    retryable: false,
    remedy: 'Set up the integration, or correct its credential, and wait until its test passes.',
  },
  credential_refused: {
    retryable: false,
    remedy:
      'Test the integration again: it tells what to mend. A key that was deleted is replaced by a new one, an identity by a new grant.',
  },
  credential_unusable: {
    retryable: false,
    remedy: 'Replace the credential; the stored one cannot be opened any more.',
  },
  billing_export_missing: {
    retryable: false,
    remedy: 'Add billing_export_table (or focus_export_table) to the integration, as project.dataset.table.',
  },
  source_not_found: {
    retryable: false,
    remedy: 'Check the name of the table in the integration, and that the billing export still writes to it.',
  },
  source_access_denied: {
    retryable: false,
    remedy: 'Grant the service account BigQuery Data Viewer on the dataset and BigQuery Job User on its own project.',
  },
  source_unsupported: { retryable: false, remedy: 'Name the table that the billing export itself writes.' },
  source_changed: { retryable: true, remedy: 'Nothing; the partition is read again.' },
  rows_refused: {
    retryable: false,
    remedy: 'Compare the column types of the source table with those of the billing export.',
  },
  conversion_failed: { retryable: false, remedy: 'Read the message; the former rows of these periods were kept.' },
  run_in_progress: { retryable: false, remedy: 'Wait for the other run of the same pipeline and days to end.' },
  not_started: { retryable: false, remedy: 'Start the run again; nothing of it has been done.' },
  step_timeout: { retryable: false, remedy: 'Run fewer days at once, or raise timeout_seconds of the step.' },
  interrupted: { retryable: false, remedy: 'Start the run again; it goes on with what is missing.' },
  cancelled: { retryable: false, remedy: 'Start the run again; it goes on with what is missing.' },
  rate_limited: { retryable: true, remedy: 'Nothing; the run is tried again later.' },
  backend_unavailable: { retryable: true, remedy: 'Nothing; the run is tried again.' },
  internal: { retryable: false, remedy: 'Report the run id to the operators.' },
} as const satisfies Record<string, { retryable: boolean; remedy: string }>;

export type PipelineErrorCode = keyof typeof PIPELINE_ERRORS;

/** A failure of a run with a stable code. Its message is shown to users: no secret, no row of theirs. */
export class PipelineError extends Error {
  readonly code: PipelineErrorCode;
  readonly remedy: string;

  constructor(code: PipelineErrorCode, message: string, { cause, remedy }: { cause?: unknown; remedy?: string } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'PipelineError';
    this.code = code;
    this.remedy = remedy ?? PIPELINE_ERRORS[code].remedy;
  }

  get retryable(): boolean {
    return PIPELINE_ERRORS[this.code].retryable;
  }
}

/** How many failures are told one by one. */
const MAX_TOLD = 10;

/** Several failures as one: the first one's code and remedy, and what each of them says. */
export function allOf(failures: readonly PipelineError[]): PipelineError | undefined {
  const [first, ...more] = failures;
  if (!first || more.length === 0) return first;
  const told = failures.slice(0, MAX_TOLD).map(({ message }) => message);
  const rest = failures.length - told.length;
  const message = `${told.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`;
  return new PipelineError(first.code, message, { cause: first.cause, remedy: first.remedy });
}

interface GoogleFailure {
  readonly code?: number | string;
  readonly errors?: readonly { readonly reason?: string; readonly message?: string }[];
  readonly message?: string;
}

const NETWORK_CODES = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
  'UND_ERR_SOCKET',
]);
/** BigQuery's words for a transaction or statement that lost against another one: doing it again is the documented answer. */
const LOST_RACE = /concurrent update|could not serialize|aborted due to/i;

/** Any failure as one that users can read. What is not known is `internal`, without its own words. */
export function toPipelineError(err: unknown): PipelineError {
  if (err instanceof PipelineError) return err;
  if (err instanceof ServiceError) return fromServiceError(err);
  const { code, errors = [], message = '' } = (err ?? {}) as GoogleFailure;
  const reason = errors[0]?.reason ?? '';
  if (code === 429 || /rateLimitExceeded|quotaExceeded|jobRateLimitExceeded/.test(reason))
    return wrap('rate_limited', 'BigQuery is over its rate limit', err);
  if (isOutage(code, reason) || LOST_RACE.test(message))
    return wrap('backend_unavailable', 'BigQuery did not answer', err);
  return wrap('internal', 'The step failed unexpectedly', err);
}

function fromServiceError(err: ServiceError): PipelineError {
  const code = err.retryable
    ? 'backend_unavailable'
    : err.code === 'not_configured'
      ? 'integration_not_valid'
      : 'credential_unusable';
  return wrap(code, err.message, err);
}

function isOutage(code: GoogleFailure['code'], reason: string): boolean {
  if (typeof code === 'number') return code >= 500 || code === 408 || reason === 'backendError';
  return NETWORK_CODES.has(code ?? '') || /backendError|internalError/.test(reason);
}

function wrap(code: PipelineErrorCode, message: string, cause: unknown): PipelineError {
  return new PipelineError(code, message, { cause });
}
