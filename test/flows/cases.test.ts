import assert from 'node:assert/strict';
import type { SandboxCase } from '../../local/sandbox/cases.ts';
import { eventually, startTestCloud, type TestCloud } from '../harness/cloud.ts';

interface Case {
  readonly slug: string;
  readonly name: string;
  readonly org: string;
  readonly sandboxCase: SandboxCase;
}

const AT_ONCE = 16;

describe('every case of every sandbox provider', function () {
  this.timeout(300_000); // real pauses between tries, some two hundred cases
  let cloud: TestCloud;
  before(async () => (cloud = await startTestCloud()));
  after(() => cloud.close());

  async function allCases(): Promise<Case[]> {
    const { providers } = await cloud.sandboxCases('acme');
    return Object.entries(providers).flatMap(([slug, cases], index) =>
      Object.entries(cases).map(([name, sandboxCase], number) => {
        return { slug, name, org: isBound(slug, sandboxCase) ? 'acme' : `case_${index}_${number}`, sandboxCase };
      }),
    );
  }

  /** Trust that a customer gave to one organisation of ours is no use to another, so these take turns in their own. */
  const isBound = (slug: string, { credentials }: SandboxCase): boolean =>
    slug === 'aws-iam' || credentials?.['type'] === 'workload_identity';

  /** Sets a case up in an organisation of its own and waits for what its test comes to. */
  async function played({ slug, name, org, sandboxCase }: Case): Promise<string | undefined> {
    // What was granted to one organisation's identity is of no use to another.
    const isBound = sandboxCase.credentials?.['type'] === 'workload_identity';
    const own = isBound ? (await cloud.sandboxCases(org)).providers[slug]?.[name] : undefined;
    const { expect, ...body } = own ?? sandboxCase;
    const path = `/integrations/${org}/${slug}`;
    const { status, text } = await cloud.call('POST', `${path}/setup`, { body });
    if (![201, 202].includes(status)) return `${slug} ${name}: ${text}`;
    const found = await eventually(async () => {
      const { body: read } = await cloud.call('GET', path);
      return read.last_check ? read : undefined;
    }, 60_000);
    const came = { validation_status: found.validation_status, outcome: found.last_check.outcome };
    return JSON.stringify(came) === JSON.stringify({ ...expect })
      ? undefined
      : `${slug} ${name}: ${JSON.stringify(came)}`;
  }

  it('comes to what it says, from setup to verdict', async () => {
    const cases = await allCases();
    assert.equal(new Set(cases.map(({ slug }) => slug)).size, 12);
    const [bound, free] = [cases.filter(({ org }) => org === 'acme'), cases.filter(({ org }) => org !== 'acme')];
    const wrong: (string | undefined)[] = [];
    const players = Array.from({ length: AT_ONCE }, async () => {
      for (let next = free.pop(); next; next = free.pop()) wrong.push(await played(next));
    });
    const turns = async (): Promise<void> => {
      for (const one of bound) {
        wrong.push(await played(one));
        assert.equal((await cloud.call('DELETE', `/integrations/acme/${one.slug}`)).status, 204);
      }
    };
    await Promise.all([...players, turns()]);
    assert.deepEqual(wrong.filter(Boolean), []);
  });

  it('is tested the same by a dry run, which stores nothing', async () => {
    const { providers } = await cloud.sandboxCases('dry');
    for (const [slug, cases] of Object.entries(providers)) {
      const { expect, ...body } = cases['valid']!;
      const answer = await cloud.call('POST', `/integrations/dry/${slug}/setup?dry_run=true`, { body });
      assert.deepEqual([answer.status, answer.body.outcome], [200, expect.outcome], answer.text);
    }
    const { integrations } = (await cloud.call('GET', '/integrations/dry')).body;
    assert(integrations.every((one: { validation_status: string }) => one.validation_status === 'NOT_CONFIGURED'));
  });

  it('of AWS comes with an external id and a trust policy of the organisation, before and after setup', async () => {
    const { credentials } = (await cloud.sandboxCases('acme')).providers['aws-iam']!['valid']!;
    const contextOf = async (org: string) =>
      (await cloud.call('GET', `/integrations/${org}`)).body.integrations.find(
        ({ provider }: { provider: string }) => provider === 'aws-iam',
      ).setup_context;
    const [before, other] = [await contextOf('trust_a'), await contextOf('trust_b')];
    assert.match(before.external_id, /^integration-[0-9a-f]{32}$/);
    assert.notEqual(before.external_id, other.external_id);
    const { Condition } = before.trust_policy.Statement[0];
    assert.equal(Condition.StringEquals['accounts.google.com:oaud'], before.external_id);
    assert.match(Condition.StringEquals['accounts.google.com:sub'][0], /^\d{10,}$/);
    await cloud.call('POST', '/integrations/trust_a/aws-iam/setup', { body: { credentials } });
    assert.deepEqual((await cloud.call('GET', '/integrations/trust_a/aws-iam')).body.setup_context, before);
  });
});
