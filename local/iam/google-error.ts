import { ApiError } from '../kit/api-error.ts';

const ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo';
const CREDENTIAL_KINDS =
  'Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.';

/** A refusal of Google's newer APIs: no `errors` list, a machine-readable reason in `details` instead. */
export class GoogleError extends ApiError {
  readonly info: { reason: string; domain: string; metadata?: Record<string, string> } | undefined;

  constructor(httpStatus: number, message: string, info?: GoogleError['info'], status?: string) {
    super(httpStatus, message, status === undefined ? {} : { status });
    this.info = info;
  }

  override toJSON(): object {
    const details = this.info ? { details: [{ '@type': ERROR_INFO, ...this.info }] } : {};
    return { error: { code: this.httpStatus, message: this.message, status: this.status, ...details } };
  }
}

export function permissionDenied(permission: string, resource: string): GoogleError {
  return new GoogleError(403, `Permission '${permission}' denied on resource (or it may not exist).`, {
    reason: 'IAM_PERMISSION_DENIED',
    domain: 'iam.googleapis.com',
    metadata: { permission, resource },
  });
}

export function notAuthenticated(
  reason: 'CREDENTIALS_MISSING' | 'ACCESS_TOKEN_EXPIRED' | 'ACCESS_TOKEN_TYPE_UNSUPPORTED' | 'ACCOUNT_STATE_INVALID',
): GoogleError {
  const what =
    reason === 'CREDENTIALS_MISSING'
      ? 'Request is missing required authentication credential.'
      : 'Request had invalid authentication credentials.';
  return new GoogleError(401, `${what} ${CREDENTIAL_KINDS}`, { reason, domain: 'googleapis.com' });
}

export const invalidArgument = (message: string): GoogleError => new GoogleError(400, message);
export const notFound = (message: string): GoogleError => new GoogleError(404, message);
export const failedPrecondition = (message: string): GoogleError =>
  new GoogleError(400, message, undefined, 'FAILED_PRECONDITION');
