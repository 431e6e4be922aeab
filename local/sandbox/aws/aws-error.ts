/** A refusal as the Query services (STS, IAM) name it. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'AwsError';
    this.status = status;
    this.code = code;
  }
}

/** The connection breaks off. */
export class Silence extends Error {
  override readonly name = 'Silence';
}

/** The same refusals by their names in JSON services, which answer 400 to all of them. */
const IN_JSON: Readonly<Record<string, string>> = {
  InvalidClientTokenId: 'UnrecognizedClientException',
  SignatureDoesNotMatch: 'InvalidSignatureException',
  ExpiredToken: 'ExpiredTokenException',
  IncompleteSignature: 'IncompleteSignatureException',
  MissingAuthenticationToken: 'MissingAuthenticationTokenException',
  AccessDenied: 'AccessDeniedException',
  OptInRequired: 'SubscriptionRequiredException',
  Throttling: 'ThrottlingException',
  InternalFailure: 'InternalErrorException',
};

export function jsonError({ status, code, message }: AwsError): { status: number; body: object } {
  return { status: status >= 500 ? status : 400, body: { __type: IN_JSON[code] ?? code, Message: message } };
}

/** An error of its own, for injected faults. */
export function failure(status: number): AwsError {
  if (status === 429) return new AwsError(400, 'Throttling', 'Rate exceeded');
  return new AwsError(status, status === 503 ? 'ServiceUnavailable' : 'InternalFailure', 'Injected fault.');
}
