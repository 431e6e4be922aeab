import type { Outcome } from '../providers/provider-spec.ts';

export const STATUSES = ['PENDING', 'VALID', 'INVALID', 'EXPIRED'] as const;
/** The status of a stored credential. */
export type Status = (typeof STATUSES)[number];
/** A row that is absent or a tombstone has no status; the API says NOT_CONFIGURED. */
export type State = Status | 'NOT_CONFIGURED';

/** What users and upkeep do to an integration; everything else that happens to it is the outcome of a test. */
export const ACTS = [
  'submitted', // a first setup
  'entered_by_hand', // a manual entry, first or changed: there is nothing to test
  'replaced', // another credential or other metadata
  'edited', // label or expiry
  'ran_out', // the stated expiry has passed
  'given_up', // no verdict after many tries
  're_encrypted',
  'withdrawn', // a setup that could not be announced
  'deleted',
] as const;
export type LifecycleEvent = (typeof ACTS)[number] | Outcome;

/** Where an event leads: to a status, nowhere, or to a candidate beside a credential that stays in use. */
type Step = State | 'same' | 'candidate';
/** What an event on the candidate does: its next status, or it takes the active credential's place. */
type CandidateStep = Exclude<Status, 'VALID'> | 'promoted' | 'same';

const UNMOVED = { rate_limited: 'same', unreachable: 'same', provider_error: 'same', blocked: 'same' } as const;
const REFUSED = { rejected: 'INVALID', insufficient_permission: 'INVALID', expired: 'EXPIRED' } as const;

const STORED = {
  ...UNMOVED,
  ...REFUSED,
  accepted: 'VALID',
  entered_by_hand: 'VALID',
  replaced: 'PENDING',
  edited: 'same',
  given_up: 'same',
  re_encrypted: 'same',
  withdrawn: 'NOT_CONFIGURED',
  deleted: 'NOT_CONFIGURED',
} as const;

/** Every step an integration and its candidate can take; what is not here cannot happen. */
export const TRANSITIONS = {
  active: {
    NOT_CONFIGURED: { submitted: 'PENDING', entered_by_hand: 'VALID' },
    PENDING: STORED,
    // A credential in use is never replaced by an untested one.
    VALID: { ...STORED, replaced: 'candidate', ran_out: 'EXPIRED' },
    INVALID: STORED,
    EXPIRED: STORED,
  } satisfies Record<State, Partial<Record<LifecycleEvent, Step>>>,
  /** Only a candidate under test moves; a refused one keeps its verdict until another takes its place. */
  candidate: { ...UNMOVED, ...REFUSED, accepted: 'promoted', given_up: 'same', replaced: 'PENDING' } satisfies Partial<
    Record<LifecycleEvent, CandidateStep>
  >,
} as const;

/** The state after `event`; undefined when the event has no place in `state`. */
export function after(state: State, event: LifecycleEvent): State | 'candidate' | undefined {
  const steps: Partial<Record<LifecycleEvent, Step>> = TRANSITIONS.active[state];
  const next = steps[event];
  return next === 'same' ? state : next;
}

/** What `event` makes of a candidate under test; undefined when it has no place there. */
export function candidateAfter(event: LifecycleEvent): Exclude<Status, 'VALID'> | 'promoted' | undefined {
  const steps: Partial<Record<LifecycleEvent, CandidateStep>> = TRANSITIONS.candidate;
  const next = steps[event];
  return next === 'same' ? 'PENDING' : next;
}

/** Only these say something about the credential; any other outcome is tried again. */
export function isVerdict(outcome: Outcome): boolean {
  return !(outcome in UNMOVED);
}
