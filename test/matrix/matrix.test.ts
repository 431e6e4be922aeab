import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OutcomeRule } from '../../shared/providers/provider-spec.ts';
import { loadRegistry, type Provider } from '../../shared/providers/registry.ts';
import { ADDED_PROVIDER, registryFileWith } from '../providers/added-provider.ts';
import { exampleCredentials, type ExampleSet } from '../providers/examples.ts';
import { registry } from '../providers/fixtures.ts';
import { expectedOf, type Row, type Step, type Variant } from './expected-file.ts';
import { CANARY, GENERIC_SIGNALS, type GenericSignal } from './generic-signals.ts';
import { play, watched, type Played } from './play.ts';
import { filledRow } from './places.ts';
import { reply, startPlainPort } from './stand.ts';

const CUT_SHORT_MS = 4_000;
const AT_ONCE = 24;

describe('matrix of signals', function () {
  this.timeout(120_000);
  let examples: Record<string, ExampleSet>;
  before(async () => (examples = await exampleCredentials()));

  for (const provider of registry.providers.filter(({ connection_test }) => connection_test)) {
    describe(provider.slug, () => matrixOf(provider, () => examples[provider.slug]!));
  }

  describe('a provider that was added to the registry alone', () => {
    it('gets everything that is the same for everybody', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'matrix-'));
      const file = await registryFileWith(ADDED_PROVIDER, folder);
      const provider = loadRegistry({ file }).get('acme-ai');
      const example = { credentials: { api_key: 'ac-live-0123456789abcdef' } };
      for (const variant of expectedOf(provider)) {
        assertWell(await play(provider, variant, example), variant);
        assert.deepEqual(await genericFaults(provider, variant, example), []);
      }
      await rm(folder, { recursive: true });
    });
  });
});

function matrixOf(original: Provider, example: () => ExampleSet): void {
  const hits = new Set<OutcomeRule>();
  const provider = watched(original, (rule) => hits.add(rule));
  const variants = expectedOf(original);
  it('knows what the provider says', () => {
    assert(
      variants.every(({ steps }) => steps.length > 0),
      `write test/matrix/expected/${original.slug}.yml`,
    );
  });

  for (const variant of variants) {
    it(`accepts when everything answers well (${variant.name})`, async () => {
      assertWell(await play(provider, variant, example()), variant);
    });

    for (const step of variant.steps) {
      for (const row of step.rows ?? []) {
        it(`says ${row.outcome} at ${step.check} to: ${row.signal} (${variant.name})`, async () => {
          const filled = filledRow(row, example());
          const deviation = {
            step,
            given: row.given,
            play: (_req: unknown, res: Parameters<typeof reply>[0]) => reply(res, filled),
          };
          assertRow(await play(provider, variant, example(), { deviation }), step, row, secretsOf(variant, example()));
        });
      }
    }

    it(`takes nothing for a verdict that anybody could have said (${variant.name})`, async () => {
      assert.deepEqual(await genericFaults(original, variant, example()), []);
    });

    it(`calls hosts that are not there unreachable (${variant.name})`, async () => {
      assert.deepEqual(await absentHostFaults(original, variant, example()), []);
    });
  }

  it('leaves no rule of the registry untried', () => {
    const rules = rulesOf(original);
    const untried = rules
      .filter((rule) => !hits.has(rule))
      .map(({ status, match, outcome }) => ({ status, match, outcome }));
    assert.deepEqual(untried, []);
  });
}

function rulesOf({ connection_test: test }: Provider): OutcomeRule[] {
  const checks = test && ('checks' in test ? test.checks : test.requests);
  return (checks ?? []).flatMap(({ outcomes }) => outcomes);
}

function secretsOf({ credentials }: Variant, example: ExampleSet): string[] {
  const { private_key, secret_access_key, session_token, client_secret, passphrase, api_key, token } = (credentials ??
    example.credentials ??
    {}) as Record<string, string | undefined>;
  return [private_key, secret_access_key, session_token, client_secret, passphrase, api_key, token].filter(
    (secret) => secret !== undefined,
  );
}

function assertWell({ result, asked }: Played, { steps }: Variant): void {
  assert.equal(result.outcome, 'accepted', JSON.stringify(result.checks));
  const failed = result.checks.filter(({ status }) => status === 'fail');
  assert.deepEqual(failed, []);
  assert.deepEqual(
    asked.filter(({ check }) => check === undefined).map(({ method, url }) => `${method} ${url}`),
    [],
  );
  const unasked = steps.filter((step) => !asked.some(({ check }) => check === step.check)).map(({ check }) => check);
  assert.deepEqual(unasked, []);
}

function assertRow({ result, asked }: Played, step: Step, row: Row, secrets: readonly string[]): void {
  const told = JSON.stringify(result);
  assert.equal(result.outcome, row.outcome, told);
  const check = result.checks.find(
    ({ id, status }) => id.split(':')[0] === step.check && status === expectedCheck(row),
  );
  assert(check, `no check ${step.check} ${expectedCheck(row)} in ${told}`);
  if (check.status === 'fail') assert(check.remedy, `${step.check} has no remedy`);
  if (row.says) assert.match(check.message, new RegExp(row.says, 'iu'));
  if (row.remedy) assert.match(check.remedy ?? '', new RegExp(row.remedy, 'iu'));
  for (const [name, value] of Object.entries(row.discovered ?? {})) assert.deepEqual(result.discovered?.[name], value);
  if (typeof row.retry_after_ms === 'number') assert.equal(result.retryAfterMs, row.retry_after_ms);
  for (const secret of secrets) {
    assert(!told.includes(secret));
    assert(!asked.some(({ url }) => url.includes(secret) || url.includes(encodeURIComponent(secret))));
  }
}

function expectedCheck({ check, outcome }: Row): string {
  return check ?? (outcome === 'accepted' ? 'pass' : 'fail');
}

/** Every generic signal at every step, many at once; those that came to something else than they should. */
async function genericFaults(provider: Provider, variant: Variant, example: ExampleSet): Promise<string[]> {
  const tries = variant.steps.flatMap((step) => GENERIC_SIGNALS.map((signal) => ({ step, signal })));
  const faults: string[] = [];
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (let next = tries.pop(); next; next = tries.pop()) {
      const { step, signal } = next;
      const options = { deviation: { step, play: signal.play }, ...(signal.isSlow ? { limitMs: CUT_SHORT_MS } : {}) };
      const { result } = await play(provider, variant, example, options);
      faults.push(...faultsOf(result, step, signal).map((fault) => `${step.check}, ${signal.name}: ${fault}`));
    }
  });
  await Promise.all(workers);
  return faults;
}

/** Generic signals never are a verdict. */
function isSpared({ optional, undecided }: Step): boolean {
  return optional === true || undecided === 'warn';
}

function faultsOf(result: Played['result'], step: Step, { name, outcome, retryAfterMs }: GenericSignal): string[] {
  const expected = step.generic?.[name] ?? (isSpared(step) ? 'accepted' : outcome);
  const untold = result.checks.filter(({ status, message, remedy }) => status === 'fail' && !(message && remedy));
  const isLate = retryAfterMs !== undefined && expected === outcome && result.retryAfterMs !== retryAfterMs;
  return [
    ...(result.outcome === expected
      ? []
      : [`${result.outcome} instead of ${expected}: ${JSON.stringify(result.checks.at(-1))}`]),
    ...untold.map(({ id }) => `${id} fails without message or remedy`),
    ...(isLate ? [`to be tried again after ${result.retryAfterMs} ms`] : []),
    ...(JSON.stringify(result).includes(CANARY) ? ["the provider's own words are repeated"] : []),
  ];
}

/** No name, no TLS: for each host; the first step that asks there says what has to come of it. */
async function absentHostFaults(provider: Provider, variant: Variant, example: ExampleSet): Promise<string[]> {
  const plain = await startPlainPort();
  const faults: string[] = [];
  for (const host of new Set(variant.steps.map(({ asks }) => asks.host))) {
    const first = variant.steps.find(({ asks }) => asks.host === host);
    const expected = first && isSpared(first) ? 'accepted' : 'unreachable';
    for (const address of ['http://nobody.invalid', plain.url]) {
      const { result } = await play(provider, variant, example, { endpoints: { [host]: address } });
      if (result.outcome !== expected) faults.push(`${host} at ${address}: ${result.outcome} instead of ${expected}`);
    }
  }
  await plain.close();
  return faults;
}
