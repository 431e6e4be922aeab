import assert from 'node:assert/strict';
import type { Check } from '../../shared/credentials/integration-row.ts';
import { withinMs } from '../../shared/platform/deadline.ts';
import { ProviderGate } from '../../shared/providers/provider-gate.ts';
import { NoAnswerError, type ProviderAnswer } from '../../shared/providers/provider-http.ts';
import type { CheckSpec } from '../../shared/providers/provider-spec.ts';
import { TestRun, worst } from '../../shared/providers/test-run.ts';
import { clock } from '../credentials/fixtures.ts';
import { registry } from './fixtures.ts';

const SPEC: CheckSpec = {
  id: 'token',
  outcomes: [
    { status: [200], outcome: 'accepted', message: 'Account {account} answers.' },
    { status: [404], outcome: 'rejected', settles: true, message: 'Unknown.', remedy: 'Ask {account} and {nobody}.' },
    { status: [401], match: { path: 'error', type: 'object' }, outcome: 'rejected' },
    { status: [403], match: { path: 'error', type: 'object' }, outcome: 'insufficient_permission' },
  ],
};
const OPTIONAL: CheckSpec = { ...SPEC, id: 'costs', optional: true };

const answer = (status: number, headers: Readonly<Record<string, string>> = {}): ProviderAnswer => ({
  status,
  headers,
  body: { error: {} },
});

type Signal = ProviderAnswer | NoAnswerError;

/** A run whose provider gives these signals one after the other, the last one for ever. */
function aRun(signals: readonly Signal[], { once = false, isDryRun = false, expiresAt = null as string | null } = {}) {
  const checks: Check[] = [];
  const pauses: number[] = [];
  const state = { asked: 0 };
  const wait = async (ms: number): Promise<void> => void pauses.push(ms);
  const run = new TestRun({
    subject: { org: 'acme', provider: registry.get('openai'), expiresAt },
    credentials: { api_key: 'sk-proj-fake' },
    fingerprint: 'aaaaaaaa',
    platform: { config: {} as never, clock },
    report: (check) => void checks.push(check),
    gate: new ProviderGate(wait),
    isDryRun,
    ...(once ? {} : { wait }),
  });
  const ask = async (): Promise<ProviderAnswer> => {
    const signal = signals[Math.min(state.asked, signals.length - 1)]!;
    state.asked += 1;
    if (signal instanceof NoAnswerError) throw signal;
    return signal;
  };
  const check = (spec = SPEC) => run.checkBy(spec, ask, { host: 'api.example', places: { account: '42' } });
  return { run, check, checks, pauses, state };
}

describe('a test run', () => {
  const healing: { name: string; signal: Signal }[] = [
    { name: 'an outage', signal: answer(503) },
    { name: 'a rate', signal: answer(429) },
    { name: 'a connection that was cut', signal: new NoAnswerError('unreachable', { canHeal: true }) },
    { name: 'something that was made a moment ago', signal: answer(404) },
  ];
  for (const { name, signal } of healing) {
    it(`asks again after ${name}, two seconds later, and takes the answer that comes then`, async () => {
      const { check, pauses } = aRun([signal, answer(200)]);
      assert.equal((await check()).outcome, 'accepted');
      assert.deepEqual(pauses, [2_000]);
    });
  }

  it('asks three times more and no oftener', async () => {
    const { check, pauses, state, checks } = aRun([answer(500)]);
    assert.equal((await check()).outcome, 'provider_error');
    assert.deepEqual([state.asked, pauses, checks.length], [4, [2_000, 2_000, 2_000], 1]);
  });

  const final: { name: string; signal: Signal }[] = [
    { name: 'a refusal', signal: answer(401) },
    { name: 'a missing permission', signal: answer(403) },
    { name: 'a time-out', signal: new NoAnswerError('unreachable') },
    { name: 'an address that is not allowed', signal: new NoAnswerError('blocked') },
    { name: 'an answer that nobody knows', signal: answer(418) },
  ];
  for (const { name, signal } of final) {
    it(`does not ask again after ${name}`, async () => {
      const { check, state } = aRun([signal, answer(200)]);
      assert.notEqual((await check()).outcome, 'accepted');
      assert.equal(state.asked, 1);
    });
  }

  it('waits as long as the provider says', async () => {
    const { check, pauses } = aRun([answer(429, { 'retry-after': '5' }), answer(200)]);
    assert.equal((await check()).outcome, 'accepted');
    assert.deepEqual(pauses, [5_000]);
  });

  it('leaves it to another delivery when the provider wants to be left alone for long', async () => {
    const { check, state } = aRun([answer(429, { 'retry-after': '60' }), answer(200)]);
    const { outcome, retryAfterMs } = await check();
    assert.deepEqual([outcome, retryAfterMs, state.asked], ['rate_limited', 60_000, 1]);
  });

  it('asks once where nobody shall wait', async () => {
    const { check, state } = aRun([answer(503), answer(200)], { once: true });
    assert.equal((await check()).outcome, 'provider_error');
    assert.equal(state.asked, 1);
  });

  it('ends with its time', async () => {
    const { check, state } = aRun([answer(503), answer(200)]);
    assert.equal((await withinMs(1_000, () => check())).outcome, 'provider_error');
    assert.equal(state.asked, 1);
  });

  it('fills what it knows into the texts of the table', async () => {
    assert.equal((await aRun([answer(200)]).check()).check.message, 'Account 42 answers.');
    const { check } = await aRun([answer(404)], { once: true }).check();
    assert.equal(check.remedy, 'Ask 42 and {nobody}.');
  });

  it('says something to do with every failure', async () => {
    for (const signal of [...healing, ...final].map((one) => one.signal)) {
      const { checks, check } = aRun([signal], { once: true });
      await check();
      assert(checks[0]?.status === 'fail' && checks[0].message && checks[0].remedy, JSON.stringify(checks));
    }
  });

  it('promises another try of what is stored, and asks for one after a dry run', async () => {
    const remedyOf = async (isDryRun: boolean) => {
      const { check, checks } = aRun([answer(503)], { once: true, isDryRun });
      await check();
      return checks[0]?.remedy ?? '';
    };
    assert.match(await remedyOf(false), /the test is tried again\./);
    assert.match(await remedyOf(true), /run the test again in a minute\./);
  });

  it('says for how long a provider wants to be left alone, and who it is that holds a request back', async () => {
    const limited = aRun([answer(429, { 'retry-after': '60' })]);
    await limited.check();
    assert.match(limited.checks[0]?.remedy ?? '', /for 60 s/);
    const busy = aRun([new NoAnswerError('rate_limited', { isOurs: true })]);
    await busy.check();
    assert.match(busy.checks[0]?.message ?? '', /under way here/);
  });

  it('only warns when an optional check is refused, and ends with one that is not', async () => {
    const { run, check, checks } = aRun([answer(403)]);
    const [spared, fatal] = [await check(OPTIONAL), await check()];
    assert.deepEqual([spared.isFatal, fatal.isFatal], [false, true]);
    assert.deepEqual(
      checks.map(({ id, status }) => `${id} ${status}`),
      ['costs warn', 'token fail'],
    );
    assert.equal(worst([spared, fatal]), fatal);
    assert(run);
  });

  it('puts a verdict before what could not be found out', async () => {
    const unknown = await aRun([answer(418)]).check();
    const refused = await aRun([answer(403)]).check();
    assert.equal(worst([unknown, refused]), refused);
    assert.equal(worst([]), undefined);
  });

  it('calls a refusal expired once the stated expiry has passed', async () => {
    const past = new Date(clock.now().getTime() - 1).toISOString();
    assert.equal((await aRun([answer(401)], { expiresAt: past }).check()).outcome, 'expired');
    const future = new Date(clock.now().getTime() + 1).toISOString();
    assert.equal((await aRun([answer(401)], { expiresAt: future }).check()).outcome, 'rejected');
    assert.equal((await aRun([answer(403)], { expiresAt: past }).check()).outcome, 'insufficient_permission');
  });
});
