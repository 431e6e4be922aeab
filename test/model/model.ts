/** What an integration has to be after a sequence of acts, as a table and a few pure functions; it knows nothing of the code. */
export type Status = 'NOT_CONFIGURED' | 'PENDING' | 'VALID' | 'INVALID' | 'EXPIRED';
/** What the provider says of a key; `silent` is no verdict. */
export type Answer = 'good' | 'bad' | 'weak' | 'silent';

export interface Candidate {
  readonly status: Exclude<Status, 'NOT_CONFIGURED' | 'VALID'>;
  readonly key: string;
  /** Whether it brings a key of its own, with an expiry of its own. */
  readonly isOwn: boolean;
  readonly notes: string;
  readonly isOver: boolean;
}

export interface Model {
  readonly status: Status;
  readonly key: string;
  readonly notes: string;
  readonly label: string | null;
  /** Whether the stated expiry has passed. */
  readonly isOver: boolean;
  readonly candidate: Candidate | null;
}

export interface Change {
  readonly key?: string | undefined;
  readonly notes?: string | undefined;
  readonly label?: string | undefined;
  readonly isOver?: boolean | undefined;
}

export type Answers = Readonly<Record<string, Answer>>;

export const NOTHING: Model = {
  status: 'NOT_CONFIGURED',
  key: '',
  notes: '',
  label: null,
  isOver: false,
  candidate: null,
};

/** What a test comes to: provider's answer and whether the stated expiry has passed. */
const VERDICTS: Readonly<Record<Answer, Readonly<Record<'before' | 'after', Status | undefined>>>> = {
  good: { before: 'VALID', after: 'EXPIRED' },
  bad: { before: 'INVALID', after: 'EXPIRED' },
  weak: { before: 'INVALID', after: 'INVALID' },
  silent: { before: undefined, after: undefined },
};

/** Tests whatever waits for a test. */
export function settled(model: Model, answers: Answers): Model {
  if (model.candidate?.status === 'PENDING') return testedCandidate(model, model.candidate, answers);
  return model.status === 'PENDING' ? testedActive(model, answers) : model;
}

export function setUp(model: Model, key: string, notes: string, answers: Answers): { model: Model; status: number } {
  if (model.status !== 'NOT_CONFIGURED') {
    const isSame = model.key === key && model.notes === notes;
    return { model: isSame ? settled(model, answers) : model, status: isSame ? 200 : 409 };
  }
  return { model: settled({ ...NOTHING, status: 'PENDING', key, notes }, answers), status: 202 };
}

/** The model after a change, the test of it included. */
export function changed(model: Model, change: Change, answers: Answers): { model: Model; status: number } {
  if (model.status === 'NOT_CONFIGURED') return { model, status: 404 };
  const label = change.label ?? model.label;
  if (change.key === undefined && change.notes === undefined) {
    return { model: edited({ ...model, label }, change, answers), status: 200 };
  }
  // The expiry of a key that stays takes effect at once, that of a new one with the key.
  const isKept = change.key === undefined && !(model.candidate?.status === 'PENDING' && model.candidate.isOwn);
  const isOver = isKept ? (change.isOver ?? model.isOver) : model.isOver;
  const present: Model = { ...model, isOver, status: model.status === 'VALID' && isOver ? 'EXPIRED' : model.status };
  const next = present.status === 'VALID' ? withCandidate(present, change) : replaced(present, change);
  return { model: settled({ ...next, label }, answers), status: 202 };
}

export function validated(model: Model, answers: Answers): Model {
  if (model.candidate?.status === 'PENDING') return testedCandidate(model, model.candidate, answers);
  return testedActive(model, answers);
}

/** A day later: what is in use is tested, what waits is asked for again. */
export function aDayLater(model: Model, answers: Answers): Model {
  if (model.status === 'NOT_CONFIGURED') return model;
  if (model.status === 'PENDING' || model.candidate?.status === 'PENDING') return settled(model, answers);
  return model.status === 'VALID' ? testedActive(model, answers) : model;
}

function edited(model: Model, { isOver = model.isOver }: Change, answers: Answers): Model {
  const next = { ...model, isOver };
  if (model.status === 'VALID' && isOver) return settled({ ...next, status: 'EXPIRED' }, answers);
  const hasEditedExpiry = isOver !== model.isOver;
  // Whatever is outstanding is asked for anew; a lifted expiry is for the provider to confirm.
  if (model.status === 'EXPIRED' && hasEditedExpiry) return validated(next, answers);
  return settled(next, answers);
}

function withCandidate(model: Model, { key, notes, isOver }: Change): Model {
  const former = model.candidate?.status === 'PENDING' ? model.candidate : null;
  const isOwn = key !== undefined || former?.isOwn === true;
  const candidate: Candidate = {
    status: 'PENDING',
    key: key ?? former?.key ?? model.key,
    isOwn,
    notes: notes ?? former?.notes ?? model.notes,
    isOver: isOver ?? (key === undefined && (former?.isOver ?? false)),
  };
  return { ...model, candidate };
}

function replaced(model: Model, { key, notes, isOver }: Change): Model {
  const former = model.candidate?.status === 'PENDING' ? model.candidate : null;
  const basis = former?.isOwn ? former : model;
  return {
    ...model,
    status: 'PENDING',
    key: key ?? basis.key,
    notes: notes ?? former?.notes ?? model.notes,
    isOver: isOver ?? (key === undefined && basis.isOver),
    candidate: null,
  };
}

function verdictOn(key: string, isOver: boolean, answers: Answers): Status | undefined {
  return VERDICTS[answers[key] ?? 'bad'][isOver ? 'after' : 'before'];
}

function testedActive(model: Model, answers: Answers): Model {
  return { ...model, status: verdictOn(model.key, model.isOver, answers) ?? model.status };
}

function testedCandidate(model: Model, candidate: Candidate, answers: Answers): Model {
  const isOver = candidate.isOwn ? candidate.isOver : model.isOver;
  const verdict = verdictOn(candidate.key, isOver, answers);
  if (verdict === undefined) return model;
  if (verdict !== 'VALID') return { ...model, candidate: { ...candidate, status: verdict as Candidate['status'] } };
  return { ...model, status: 'VALID', key: candidate.key, notes: candidate.notes, isOver, candidate: null };
}
