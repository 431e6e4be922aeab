import assert from 'node:assert/strict';
import sinon from 'sinon';
import { setUpIntegration, type SetupRequest } from '../../functions/integrations/set-up-integration.ts';
import { fingerprint } from '../../shared/credentials/fingerprint.ts';
import { unavailable } from '../../shared/platform/deadline.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import { Secret } from '../../shared/platform/secret.ts';
import { aRow } from '../credentials/fixtures.ts';
import { registry } from '../providers/fixtures.ts';
import { setupDeps } from './fixtures.ts';

const KEY = { api_key: 'sk-proj-abcdefghijklmnopqrstuvwxyz' };

function aSetup(changes: Partial<SetupRequest> = {}): SetupRequest {
  return {
    org: 'acme',
    provider: registry.get('openai'),
    credentials: Secret.of<unknown>(KEY),
    metadata: undefined,
    label: null,
    expiresAt: null,
    actor: 'ana',
    requestId: 'r1',
    ...changes,
  };
}

const stored = (changes = {}) => aRow({ fingerprint: fingerprint(KEY), ...changes });

describe('setting up an integration', () => {
  it('encrypts, stores as PENDING, asks for a test and writes history', async () => {
    const { deps, cipher, store, topic, state } = setupDeps();
    const { row, isNew } = await setUpIntegration(aSetup({ label: 'main' }), deps);
    assert(isNew);
    assert.equal(row.validation_status, 'PENDING');
    assert.equal(state.row?.encrypted_credentials, 'c2VhbGVk');
    assert.equal(row.fingerprint, fingerprint(KEY));
    assert.equal(row.label, 'main');
    sinon.assert.callOrder(cipher.encrypt, store.create, store.append, topic.publish);
    sinon.assert.calledWithMatch(cipher.encrypt, sinon.match.any, {
      org: 'acme',
      providerKey: 'OPENAI',
      credentialId: row.credential_id,
    });
    sinon.assert.calledWithMatch(topic.publish, {
      org: 'acme',
      provider_key: 'OPENAI',
      credential_id: row.credential_id,
      version: 1,
    });
    sinon.assert.calledWithMatch(store.append, {
      action: 'set_up',
      actor: 'ana',
      to_status: 'PENDING',
      request_id: 'r1',
    });
  });

  it('puts no secret into message, row or history', async () => {
    const { deps, store, topic } = setupDeps();
    await setUpIntegration(aSetup(), deps);
    const written = JSON.stringify([store.create.args, store.append.args, topic.publish.args]);
    assert(!written.includes(KEY.api_key));
  });

  it('makes a manual entry VALID at once, without KMS and Pub/Sub', async () => {
    const { deps, cipher, topic } = setupDeps();
    const metadata = {
      plan: 'Pro',
      seats: 3,
      unit_price: '8.75',
      currency: 'USD',
      billing_cycle: 'monthly',
      start_date: '2026-01-01',
    };
    const { row } = await setUpIntegration(
      aSetup({ provider: registry.get('slack'), credentials: undefined, metadata }),
      deps,
    );
    assert.equal(row.validation_status, 'VALID');
    assert.equal(row.fingerprint, fingerprint(metadata));
    sinon.assert.notCalled(cipher.encrypt);
    sinon.assert.notCalled(topic.publish);
  });

  for (const { name, credentials } of [
    { name: 'missing', credentials: undefined },
    { name: "another provider's", credentials: Secret.of<unknown>({ api_key: 'sk-ant-api03-abcdefghij' }) },
    { name: 'of a wrong type', credentials: Secret.of<unknown>({ api_key: 7 }) },
  ]) {
    it(`leaves no trace of a credential that is ${name}`, async () => {
      const { deps, cipher, store, topic } = setupDeps();
      await assert.rejects(setUpIntegration(aSetup({ credentials }), deps), { code: 'credential_format' });
      for (const backend of [cipher.encrypt, store.find, store.create, topic.publish]) sinon.assert.notCalled(backend);
    });
  }

  describe('that is stored already', () => {
    it('answers with it when credential and metadata are the same', async () => {
      const { deps, cipher, topic } = setupDeps(stored({ validation_status: 'VALID' }));
      const { isNew } = await setUpIntegration(aSetup(), deps);
      assert(!isNew);
      sinon.assert.notCalled(cipher.encrypt);
      sinon.assert.notCalled(topic.publish);
    });

    it('asks for the test once more while it is PENDING', async () => {
      const { deps, topic } = setupDeps(stored());
      await setUpIntegration(aSetup(), deps);
      sinon.assert.calledOnce(topic.publish);
    });

    it('refuses another credential and other metadata', async () => {
      const other = Secret.of<unknown>({ api_key: 'sk-proj-zzzzzzzzzzzzzzzzzzzzzzz' });
      await assert.rejects(setUpIntegration(aSetup({ credentials: other }), setupDeps(stored()).deps), {
        code: 'integration_exists',
      });
      const changed = aSetup({ metadata: { notes: 'new' } });
      await assert.rejects(setUpIntegration(changed, setupDeps(stored()).deps), { code: 'integration_exists' });
    });

    it('sets up anew over a tombstone, under a new id', async () => {
      const { deps, store } = setupDeps(stored({ deleted_at: '2026-11-01T00:00:00.000Z', version: 4 }));
      const { row, isNew } = await setUpIntegration(aSetup(), deps);
      assert(isNew);
      assert.equal(row.version, 5);
      assert.equal(row.deleted_at, null);
      assert.notEqual(row.credential_id, 'cred_1');
      sinon.assert.notCalled(store.create);
    });

    it('joins a winner of the same moment over a tombstone', async () => {
      const { deps, state } = setupDeps(aRow({ deleted_at: '2026-11-01T00:00:00.000Z' }));
      const replace = async () => {
        state.row = stored();
        throw new ServiceError('version_conflict', 'x');
      };
      const { isNew } = await setUpIntegration(aSetup(), { ...deps, store: { ...deps.store, replace } });
      assert.equal(isNew, false);
    });

    it('joins a winner of the same moment, or yields to it', async () => {
      const same = setupDeps();
      same.store.create = sinon.fake(async () => void (same.state.row = stored())) as never;
      assert.equal((await setUpIntegration(aSetup(), { ...same.deps, store: same.store })).isNew, false);
      const other = setupDeps();
      other.store.create = sinon.fake(async () => void (other.state.row = aRow({ fingerprint: 'ffffffff' }))) as never;
      await assert.rejects(setUpIntegration(aSetup(), { ...other.deps, store: other.store }), {
        code: 'integration_exists',
      });
    });
  });

  describe('with a backend in trouble', () => {
    it('stores nothing when KMS does not answer', async () => {
      const { deps, store } = setupDeps();
      const cipher = { encrypt: () => Promise.reject(unavailable('Cloud KMS')) };
      await assert.rejects(setUpIntegration(aSetup(), { ...deps, cipher }), { code: 'backend_unavailable' });
      sinon.assert.notCalled(store.create);
    });

    it('withdraws the row when Pub/Sub does not answer, so that the next setup is a first one', async () => {
      const { deps, state } = setupDeps();
      const topic = { publish: () => Promise.reject(unavailable('Pub/Sub')) };
      await assert.rejects(setUpIntegration(aSetup(), { ...deps, topic }), {
        code: 'backend_unavailable',
        retryAfterSeconds: 5,
      });
      assert.notEqual(state.row?.deleted_at, null);
      assert.equal(state.row?.encrypted_credentials, null);
      assert.equal((await setUpIntegration(aSetup(), deps)).isNew, true);
    });

    it('withdraws a row that was stored although its answer was lost', async () => {
      const { deps, state } = setupDeps();
      const create = async (draft: object) => {
        await deps.store.create(draft as never);
        throw unavailable('BigQuery');
      };
      await assert.rejects(setUpIntegration(aSetup(), { ...deps, store: { ...deps.store, create } }), {
        code: 'backend_unavailable',
      });
      assert.notEqual(state.row?.deleted_at, null);
    });

    it('never withdraws what somebody else stored', async () => {
      const { deps, state } = setupDeps();
      const create = async () => {
        state.row = aRow({ credential_id: 'cred_other' });
        throw unavailable('BigQuery');
      };
      await assert.rejects(setUpIntegration(aSetup(), { ...deps, store: { ...deps.store, create } }));
      assert.equal(state.row?.deleted_at, null);
    });

    it('keeps the integration when only its history does not answer', async () => {
      const { deps } = setupDeps();
      const store = { ...deps.store, append: () => Promise.reject(new ServiceError('backend_unavailable', 'x')) };
      assert.equal((await setUpIntegration(aSetup(), { ...deps, store })).isNew, true);
    });
  });
});
