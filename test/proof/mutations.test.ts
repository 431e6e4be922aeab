import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { MUTATIONS } from './mutations/all.ts';
import type { Mutation } from './mutations/mutation.ts';
import { startJudges, type JudgePool } from './mutations/pool.ts';

const THREADS = Math.min(4, availableParallelism());

/**
 * Every rule of the mapping is broken once, in memory, and has to be found out by the vectors, the oracle, the rules of FOCUS
 * or the procedure's own checks. `-g` plays the rules whose text matches.
 */
describe('a conversion that', function () {
  this.timeout(60_000);
  let judges: JudgePool;
  const answers = new Map<Mutation, Promise<string | undefined>>();
  before(() => {
    judges = startJudges(THREADS);
  });
  after(() => judges.close());

  /** Asks for a mutation and for those that come next, so that no thread waits for a test to end. */
  async function faultOf(at: number): Promise<string | undefined> {
    for (const mutation of MUTATIONS.slice(at, at + THREADS)) {
      if (answers.has(mutation)) continue;
      const answer = judges.faultOf(mutation);
      answer.catch(() => undefined); // is awaited by the test of its own
      answers.set(mutation, answer);
    }
    return answers.get(MUTATIONS[at]!);
  }

  it('is left as it stands has nothing against it', async () => {
    assert.equal(await judges.faultOf(), undefined);
  });

  for (const [at, { rule }] of MUTATIONS.entries()) {
    it(`${rule} is found out`, async () => {
      const fault = await faultOf(at);
      assert.notEqual(fault, undefined, 'no vector, oracle or rule notices');
    });
  }

  it('names each of its rules once', () => {
    assert.equal(new Set(MUTATIONS.map(({ rule }) => rule)).size, MUTATIONS.length);
  });
});
