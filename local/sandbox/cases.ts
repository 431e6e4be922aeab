/** What a setup with the case comes to; PENDING while the provider says nothing about the credential. */
export interface Expectation {
  readonly validation_status: 'PENDING' | 'VALID' | 'INVALID' | 'EXPIRED';
  readonly outcome: CaseOutcome;
}

export type CaseOutcome =
  'accepted' | 'rejected' | 'expired' | 'insufficient_permission' | 'rate_limited' | 'unreachable' | 'provider_error';

/** Body of a setup and what becomes of it. */
export interface SandboxCase {
  readonly credentials?: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly expect: Expectation;
}

export type ProviderCases = Readonly<Record<string, SandboxCase>>;

/** Body of `GET /local/sandbox`. */
export interface SandboxCases {
  readonly providers: Readonly<Record<string, ProviderCases>>;
}

export function expectation(outcome: CaseOutcome): Expectation {
  return { validation_status: STATUS[outcome], outcome };
}

const STATUS: Readonly<Record<CaseOutcome, Expectation['validation_status']>> = {
  accepted: 'VALID',
  rejected: 'INVALID',
  expired: 'EXPIRED',
  insufficient_permission: 'INVALID',
  rate_limited: 'PENDING',
  unreachable: 'PENDING',
  provider_error: 'PENDING',
};
