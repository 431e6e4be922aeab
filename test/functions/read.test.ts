import assert from 'node:assert/strict';
import sinon from 'sinon';
import { getIntegration } from '../../functions/integrations/get.ts';
import { listIntegrations } from '../../functions/integrations/list.ts';
import { requestValidation } from '../../functions/integrations/validate.ts';
import { waitForVerdict } from '../../functions/integrations/wait-for-verdict.ts';
import { republishOverdue } from '../../jobs/upkeep/request-tests.ts';
import { createAjv } from '../../shared/providers/schema-validator.ts';
import { Integration, IntegrationList, IntegrationWithHistory } from '../../functions/schemas.ts';
import { toIntegration } from '../../shared/credentials/integration.ts';
import { aRow, clock, NOW } from '../credentials/fixtures.ts';
import { registry } from '../providers/fixtures.ts';
import { aPlatform, silent } from './fixtures.ts';

const ajv = createAjv();
const fits = (schema: object, value: unknown) => {
  const check = ajv.compile(schema);
  assert(
    check(JSON.parse(JSON.stringify(value))),
    JSON.stringify(check.errors?.map(({ instancePath, message }) => [instancePath, message])),
  );
};
const VALID = {
  validation_status: 'VALID',
  last_check: { outcome: 'accepted', at: NOW.toISOString(), checks: [], message_id: 'm' },
} as const;
const { config } = aPlatform();
const NONE = { status: null, category: null };

describe('reading integrations', () => {
  it('lists every provider of the registry, set up or not, with one query', async () => {
    const list = sinon.fake.resolves([aRow(VALID)]);
    const integrations = await listIntegrations('acme', NONE, { registry, store: { list }, config });
    assert.deepEqual(
      integrations.map(({ provider, validation_status }) => [provider, validation_status]),
      registry.providers.map(({ slug }) => [slug, slug === 'openai' ? 'VALID' : 'NOT_CONFIGURED']),
    );
    fits(IntegrationList, { integrations });
    sinon.assert.calledOnceWithExactly(list, 'acme');
  });

  it('filters by status and category', async () => {
    const store = { list: async () => [aRow(VALID)] };
    const slugs = async (filter: object) => {
      const found = await listIntegrations('acme', { ...NONE, ...filter }, { registry, store, config });
      return found.map(({ provider }) => provider);
    };
    assert.deepEqual(await slugs({ status: 'VALID' }), ['openai']);
    assert.deepEqual(await slugs({ category: 'cloud' }), ['gcp', 'aws-iam', 'aws-keys', 'azure', 'oci']);
    assert.deepEqual(await slugs({ status: 'VALID', category: 'cloud' }), []);
  });

  it('gets one with its history, and no ciphertext in any form', async () => {
    const history = [
      {
        at: NOW.toISOString(),
        actor: 'ana',
        action: 'set_up',
        from: null,
        to: 'PENDING',
        outcome: null,
        fingerprint: '1a557469',
        request_id: 'r',
      },
    ];
    const findWithHistory = sinon.fake.resolves({ row: aRow(VALID), history });
    const found = await getIntegration('acme', registry.get('openai'), { store: { findWithHistory }, config });
    fits(IntegrationWithHistory, found);
    assert(!/c2VhbGVk|kms|message_id/.test(JSON.stringify(found)));
    sinon.assert.calledOnce(findWithHistory);
  });

  for (const { name, row } of [
    { name: 'nothing', row: undefined },
    { name: 'a tombstone', row: aRow({ deleted_at: NOW.toISOString() }) },
  ]) {
    it(`calls ${name} not configured`, async () => {
      const findWithHistory = async () => row && { row, history: [] };
      await assert.rejects(getIntegration('acme', registry.get('openai'), { store: { findWithHistory }, config }), {
        code: 'not_configured',
      });
    });
  }

  it('says which pipelines can run and what the others lack', () => {
    const gcp = (changes: object) =>
      toIntegration(aRow({ provider_key: 'GCP_SA', ...changes }), registry.get('gcp'), config);
    assert.deepEqual(
      gcp({ ...VALID, metadata: { billing_export_table: 'acme-prod.b.t' } }).pipelines?.map(({ ready }) => ready),
      [true, true],
    );
    const { pipelines = [] } = gcp({});
    assert.deepEqual(
      pipelines.map(({ ready, missing }) => [ready, missing?.length]),
      [
        [false, 2],
        [false, 2],
      ],
    );
    fits(Integration, gcp({}));
  });
});

describe('asking for a validation', () => {
  const deps = (row: ReturnType<typeof aRow> | undefined) => {
    const publish = sinon.fake(async (_request: object) => undefined);
    const append = sinon.fake(async (_event: object, _id: string) => undefined);
    return { store: { find: async () => row, append }, topic: { publish }, clock, log: silent };
  };
  const request = { org: 'acme', provider: registry.get('openai'), actor: 'ana', requestId: 'r' };

  it('publishes the version that is stored and leaves the status alone', async () => {
    const fakes = deps(aRow({ ...VALID, version: 4 }));
    const row = await requestValidation(request, fakes);
    assert.equal(row.validation_status, 'VALID');
    sinon.assert.calledWithMatch(fakes.topic.publish, { version: 4 });
    sinon.assert.calledWithMatch(fakes.store.append, { action: 'validation_requested' });
  });

  it('has nothing to ask about a manual entry or an absent one', async () => {
    const fakes = deps(aRow({ kms_key_version: null, encrypted_credentials: null }));
    await requestValidation(request, fakes);
    sinon.assert.notCalled(fakes.topic.publish);
    await assert.rejects(requestValidation(request, deps(undefined)), { code: 'not_configured' });
  });

  it('waits for the verdict and survives a read that fails', async () => {
    const answers = [Promise.reject(new Error('away')), Promise.resolve(aRow({ ...VALID, version: 2 }))];
    for (const answer of answers) answer.catch(() => undefined);
    const settled = await waitForVerdict(aRow(), 20, { store: { find: () => answers.shift()! } });
    assert.equal(settled.validation_status, 'VALID');
  });

  it('does not wait for a verdict that will not come soon', async () => {
    const given = { outcome: 'unreachable', at: NOW.toISOString(), checks: [], given_up: true } as const;
    const find = sinon.fake.resolves(aRow({ last_check: given, version: 2 }));
    assert.equal((await waitForVerdict(aRow(), 20, { store: { find } })).version, 2);
    sinon.assert.calledOnce(find);
  });

  it('does not wait unasked', async () => {
    const find = sinon.fake();
    assert.equal((await waitForVerdict(aRow(), 0, { store: { find } })).version, 1);
    sinon.assert.notCalled(find);
  });
});

describe('upkeep', () => {
  it('asks again for tests that never came, and counts those it could not ask for', async () => {
    const listOverdue = sinon.fake.resolves([aRow(), aRow({ org_slug: 'globex' })]);
    const publish = sinon.stub().resolves();
    publish.onSecondCall().rejects(new Error('away'));
    const store = { listOverdue, listDue: async () => [] };
    const report = await republishOverdue({ store, topic: { publish }, log: silent });
    assert.deepEqual(report, { done: 1, failed: 1 });
  });
});
