import assert from 'node:assert/strict';
import fc from 'fast-check';
import { aDayLater, changed, setUp, validated, NOTHING, type Answer, type Change, type Model } from './model.ts';
import { PAST, testedAt, type Real } from './real.ts';

/** The model changes in place, as fast-check wants it. */
export interface Holder {
  model: Model;
}
type Command = fc.AsyncCommand<Holder, Real>;

export const KEYS = ['one', 'two', 'three'];
const NOTES = ['', 'a', 'b'];

const body = (real: Real, { key, notes, label, isOver }: Change): object => ({
  ...(key === undefined ? {} : { credentials: real.credentials(key) }),
  ...(notes === undefined ? {} : { metadata: notes === '' ? {} : { notes } }),
  ...(label === undefined ? {} : { label }),
  ...(isOver === undefined ? {} : { expires_at: isOver ? PAST : null }),
});

/** Compares the two once nothing is under way. */
async function compare(holder: Holder, real: Real, what: string): Promise<void> {
  const { candidate, ...stored } = await real.asModel();
  const { candidate: wanted, ...model } = holder.model;
  const plain = (one: Model['candidate']) => one && { status: one.status, key: one.key, notes: one.notes };
  if (holder.model.status === 'NOT_CONFIGURED') assert.equal(stored.status, 'NOT_CONFIGURED', what);
  else assert.deepEqual({ ...stored, candidate: plain(candidate) }, { ...model, candidate: plain(wanted) }, what);
  await real.assertSound();
}

const command = (name: string, run: (holder: Holder, real: Real) => Promise<void>): Command => ({
  check: () => true,
  async run(holder, real) {
    await run(holder, real);
    await compare(holder, real, name);
  },
  toString: () => name,
});

function setup(key: string, notes: string): Command {
  return command(`setup(${key}, "${notes}")`, async (holder, real) => {
    const { model, status } = setUp(holder.model, key, notes, real.answers);
    const answer = await real.service.setUp(real.org, {
      credentials: real.credentials(key),
      metadata: notes ? { notes } : {},
    });
    assert.equal(answer.status, status, answer.text);
    holder.model = model;
  });
}

function put(change: Change, match: 'none' | 'right' | 'wrong'): Command {
  return command(`put(${JSON.stringify(change)}, ${match})`, async (holder, real) => {
    const before = await real.shown();
    const { model, status } = changed(holder.model, change, real.answers);
    const version = (before?.version ?? 0) + (match === 'wrong' ? 100 : 0);
    const headers: Record<string, string> = match === 'none' ? {} : { 'if-match': `"${version}"` };
    const answer = await real.service.put(real.org, body(real, change), headers);
    // A test that is repeated until the provider answers may land in between.
    if (match === 'right' && answer.status === 412 && isWaiting(holder.model)) return;
    assert.equal(answer.status, match === 'wrong' && status !== 404 ? 412 : status, answer.text);
    if (answer.status >= 400) return;
    const isRetested = holder.model.status === 'EXPIRED' && change.isOver !== undefined && answer.status === 200;
    holder.model = isRetested && change.isOver === holder.model.isOver ? validated(model, real.answers) : model;
    if (isRetested) await real.atRest((shown) => testedAt(shown) !== (before && testedAt(before)));
  });
}

function isWaiting({ status, candidate }: Model): boolean {
  return status === 'PENDING' || candidate?.status === 'PENDING';
}

const remove = (): Command =>
  command('delete', async (holder, real) => {
    const answer = await real.service.remove(real.org);
    assert.equal(answer.status, holder.model.status === 'NOT_CONFIGURED' ? 404 : 204, answer.text);
    holder.model = NOTHING;
  });

const validate = (): Command =>
  command('validate', async (holder, real) => {
    const before = await real.shown();
    const answer = await real.service.validate(real.org);
    assert.equal(answer.status, before ? 202 : 404, answer.text);
    if (!before) return;
    holder.model = validated(holder.model, real.answers);
    const former = testedAt(before);
    await real.atRest((shown) => testedAt(shown) !== former);
  });

const decide = (key: string, answer: Answer): Command =>
  command(`provider says ${answer} of ${key}`, async (holder, real) => {
    // A test that is still repeated would meet the new answer at a time of its own.
    if (isWaiting(holder.model)) return;
    real.decide(key, answer);
  });

const dayLater = (): Command =>
  command('a day later', async (holder, real) => {
    if (isWaiting(holder.model)) return;
    const before = await real.shown();
    holder.model = aDayLater(holder.model, real.answers);
    await real.service.advance(86_400 + 60);
    await real.service.upkeep();
    if (before?.validation_status === 'VALID')
      await real.atRest(({ last_check }) => last_check?.at !== before.last_check?.at);
  });

/** Several at once, perhaps with a backend in trouble: whatever came of it is taken as it is, if it is sound. */
function storm(acts: readonly ((real: Real) => Promise<unknown>)[], fault: object | undefined): Command {
  const name = `storm of ${acts.length}${fault ? ` with ${JSON.stringify(fault)}` : ''}`;
  return command(name, async (holder, real) => {
    if (fault) await real.service.fault(fault);
    await Promise.all(acts.map((act) => act(real)));
    await real.service.noFaults();
    // A validation leaves no trace in the row before it is done.
    await real.service.quiet();
    holder.model = await real.asModel();
    await real.assertSound();
  });
}

const key = fc.constantFrom(...KEYS);
const notes = fc.constantFrom(...NOTES);
const change: fc.Arbitrary<Change> = fc
  .record({ key, notes, label: fc.constantFrom('x', 'y'), isOver: fc.boolean() }, { requiredKeys: [] })
  .filter((one) => Object.keys(one).length > 0);
const act: fc.Arbitrary<(real: Real) => Promise<unknown>> = fc.oneof(
  fc.tuple(key, notes).map(
    ([name, text]) =>
      (real: Real) =>
        real.service.setUp(real.org, { credentials: real.credentials(name), metadata: text ? { notes: text } : {} }),
  ),
  change.map((one) => (real: Real) => real.service.put(real.org, body(real, one))),
  fc.constant((real: Real) => real.service.remove(real.org)),
  fc.constant((real: Real) => real.service.validate(real.org)),
);
const fault = fc.record({
  service: fc.constantFrom('bigquery', 'kms', 'pubsub'),
  kind: fc.constantFrom('error', 'reset'),
  rate: fc.constantFrom(0.3, 1),
  count: fc.integer({ min: 1, max: 3 }),
});

export const COMMANDS: fc.Arbitrary<Command>[] = [
  fc.tuple(key, notes).map(([name, text]) => setup(name, text)),
  fc.tuple(change, fc.constantFrom('none', 'none', 'right', 'wrong')).map(([one, match]) => put(one, match as 'none')),
  fc.tuple(change, fc.constant('none')).map(([one]) => put(one, 'none')),
  fc.constant(remove()),
  fc.constant(validate()),
  fc.tuple(key, fc.constantFrom('good', 'good', 'bad', 'weak', 'silent')).map(([name, answer]) => decide(name, answer)),
  fc.constant(dayLater()),
  fc
    .tuple(fc.array(act, { minLength: 2, maxLength: 5 }), fc.option(fault, { nil: undefined }))
    .map(([acts, one]) => storm(acts, one)),
];
