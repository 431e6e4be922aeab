import type { SandboxKeys } from './sandbox-keys.ts';

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

/** Kind of key, its state (undefined: never given out), and what a test of it comes to. */
type KeyCase<Kind, State> = readonly [kind: Kind, state: State | undefined, outcome: CaseOutcome];

/** Makes a key for each case. */
export function keyCases<Kind extends string, State extends string>(
  keys: SandboxKeys<Kind, State>,
  field: string,
  cases: Readonly<Record<string, KeyCase<Kind, State>>>,
  metadata?: SandboxCase['metadata'],
): ProviderCases {
  const made = Object.entries(cases).map(([name, [kind, state, outcome]]) => {
    const secret = state === undefined ? keys.unknownSecret(kind) : keys.create(kind, state).secret;
    const input = { credentials: { [field]: secret }, ...(metadata ? { metadata } : {}) };
    return [name, { ...input, expect: expectation(outcome) }] as const;
  });
  return Object.fromEntries(made);
}
