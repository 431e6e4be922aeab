import type { Outcome } from '../providers/provider-spec.ts';

export const STATUSES = ['PENDING', 'VALID', 'INVALID', 'EXPIRED'] as const;
/** The status of a stored credential. */
export type Status = (typeof STATUSES)[number];
/** A row that is absent or a tombstone has no status; the API says NOT_CONFIGURED. */
export type State = Status | 'NOT_CONFIGURED';

/** What happens to an integration: a user's act, or the outcome of a test. */
export type LifecycleEvent = 'submitted' | 'entered_by_hand' | 'withdrawn' | Outcome;

const UNMOVED = { rate_limited: 'same', unreachable: 'same', provider_error: 'same', blocked: 'same' } as const;
const TESTED = {
  accepted: 'VALID',
  rejected: 'INVALID',
  insufficient_permission: 'INVALID',
  expired: 'EXPIRED',
  ...UNMOVED,
} as const;

/** Every step a credential can take; what is not here cannot happen. */
const TRANSITIONS: Readonly<Record<State, Partial<Record<LifecycleEvent, State | 'same'>>>> = {
  NOT_CONFIGURED: { submitted: 'PENDING', entered_by_hand: 'VALID' },
  PENDING: { ...TESTED, withdrawn: 'NOT_CONFIGURED' },
  VALID: TESTED,
  INVALID: TESTED,
  EXPIRED: TESTED,
};

/** The state after `event`; undefined when the event has no place in `state`. */
export function after(state: State, event: LifecycleEvent): State | undefined {
  const next = TRANSITIONS[state][event];
  return next === 'same' ? state : next;
}

/** Only these say something about the credential; any other outcome is tried again. */
export function isVerdict(outcome: Outcome): boolean {
  return !(outcome in UNMOVED);
}
