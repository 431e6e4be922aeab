import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { withinMs } from '../../shared/platform/deadline.ts';
import { ProviderGate, type Asker } from '../../shared/providers/provider-gate.ts';

/** A gate on a clock that only its own waits move. */
function aGate() {
  const state = { now: 0, waits: [] as number[] };
  const gate = new ProviderGate(
    async (ms) => {
      state.waits.push(ms);
      state.now += ms;
    },
    () => state.now,
  );
  return { gate, state };
}

const asker = (changes: Partial<Asker> = {}, limits = { per_minute: 3, concurrency: 2 }): Asker => ({
  org: 'acme',
  provider: { key: 'ACME', rate_limit: limits },
  fingerprint: 'aaaaaaaa',
  host: 'api.acme.example',
  ...changes,
});

/** Requests that stay under way until they are let go. */
function heldRequests(gate: ProviderGate) {
  const held: (() => void)[] = [];
  const state = { running: 0, most: 0 };
  const start = (by: Asker) =>
    gate.pass(by, async () => {
      state.running += 1;
      state.most = Math.max(state.most, state.running);
      await new Promise<void>((resolve) => held.push(resolve));
      state.running -= 1;
    });
  return { start, state, held };
}

describe('provider gate', () => {
  it('lets so many requests of a minute through at once and the next when the minute is over', async () => {
    const { gate, state } = aGate();
    await withinMs(300_000, async () => {
      for (let request = 0; request < 7; request += 1) await gate.pass(asker(), async () => undefined);
    });
    assert.deepEqual(state.waits, [60_000, 60_000]);
  });

  for (const [name, other] of [
    ['credential', { fingerprint: 'bbbbbbbb' }],
    ['host', { host: 'usage.acme.example' }],
  ] as const) {
    it(`counts each ${name} apart`, async () => {
      const { gate, state } = aGate();
      for (let request = 0; request < 3; request += 1) await gate.pass(asker(), async () => undefined);
      for (let request = 0; request < 3; request += 1) await gate.pass(asker(other), async () => undefined);
      assert.deepEqual(state.waits, []);
    });
  }

  it('does not begin to wait for a turn that comes after the end of the test', async () => {
    const { gate } = aGate();
    await withinMs(45_000, async () => {
      for (let request = 0; request < 3; request += 1) await gate.pass(asker(), async () => undefined);
      await assert.rejects(
        gate.pass(asker(), () => assert.fail('asked')),
        { outcome: 'rate_limited', isOurs: true },
      );
    });
  });

  it('keeps no more requests of a provider under way than it may, whoever asks', async () => {
    const { gate } = aGate();
    const { start, state, held } = heldRequests(gate);
    const all = ['a', 'b', 'c', 'd', 'e'].map((fingerprint) => start(asker({ fingerprint })));
    for (let ended = 0; ended < all.length; ended += 1) {
      await turn();
      held.shift()?.();
    }
    await Promise.all(all);
    assert.equal(state.most, 2);
  });

  it('lets other providers through meanwhile', async () => {
    const { gate } = aGate();
    const { start, held } = heldRequests(gate);
    const busy = [start(asker()), start(asker())];
    const other = asker({ provider: { key: 'OTHER', rate_limit: { per_minute: 3 } } });
    assert.equal(await gate.pass(other, async () => 'through'), 'through');
    await turn();
    held.forEach((end) => end());
    await Promise.all(busy);
  });

  it('gives the next place to the organisation that has the fewest, however many another one sends', async () => {
    const { gate } = aGate();
    const started: string[] = [];
    const held: (() => void)[] = [];
    const start = (org: string, fingerprint: string) =>
      gate.pass(asker({ org, fingerprint }), async () => {
        started.push(org);
        await new Promise<void>((resolve) => held.push(resolve));
      });
    const storm = Array.from({ length: 6 }, (_none, index) => start('storm', `storm-${index}`));
    const quiet = start('quiet', 'one');
    await turn();
    held.shift()?.();
    await turn();
    assert.deepEqual(started, ['storm', 'storm', 'quiet']);
    for (const all = [...storm, quiet]; held.length > 0 || all.length > started.length; await turn()) held.shift()?.();
    await Promise.all([...storm, quiet]);
  });

  it('gives the place on when a request fails, and when a waiting one gives up', async () => {
    const { gate } = aGate();
    const narrow = { per_minute: 100, concurrency: 1 };
    await assert.rejects(
      gate.pass(asker({}, narrow), () => Promise.reject(new Error('failed'))),
      /failed/,
    );
    const { start, held } = heldRequests(gate);
    const first = start(asker({}, narrow));
    await assert.rejects(
      withinMs(20, () => gate.pass(asker({}, narrow), () => assert.fail('asked'))),
      { outcome: 'rate_limited' },
    );
    await turn();
    held.shift()?.();
    await first;
    assert.equal(await gate.pass(asker({}, narrow), async () => 'through'), 'through');
  });
});
