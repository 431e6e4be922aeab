import assert from 'node:assert/strict';
import sinon from 'sinon';
import { deleteIntegration } from '../../functions/integrations/delete.ts';
import {
  updateIntegration,
  type UpdateDeps,
  type UpdateRequest,
} from '../../functions/integrations/update-integration.ts';
import type { IntegrationRow } from '../../shared/credentials/integration-row.ts';
import { unavailable } from '../../shared/platform/deadline.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import { Secret } from '../../shared/platform/secret.ts';
import { aRow, clock } from '../credentials/fixtures.ts';
import { registry } from '../providers/fixtures.ts';
import { setupDeps, silent } from './fixtures.ts';

const provider = registry.get('openai');
const credentials = Secret.of<unknown>({ api_key: 'sk-proj-zyxwvutsrqponmlkjihgfedcba' });
const NOTHING = { credentials: undefined, metadata: undefined, label: undefined, expiresAt: undefined };
const conflict = () => new ServiceError('version_conflict', 'x');

function updateDeps(row: IntegrationRow | undefined) {
  const { deps, state, ...fakes } = setupDeps(row);
  const findSealed = sinon.fake(async () => state.row);
  const store = { ...fakes.store, findSealed };
  return { deps: { ...deps, store } as unknown as UpdateDeps, state, ...fakes, store };
}

function anUpdate(change: object, more: Partial<UpdateRequest> = {}): UpdateRequest {
  const ids = { org: 'acme', provider, actor: 'ana', requestId: 'r1', precondition: undefined };
  return { ...ids, change: { ...NOTHING, ...change }, ...more };
}

/** A store whose next write loses against `other`. */
function losingOnce(
  store: { replace: UpdateDeps['store']['replace'] },
  other: () => void,
): UpdateDeps['store']['replace'] {
  let isFirst = true;
  return async (read, draft) => {
    if (!isFirst) return store.replace(read, draft);
    isFirst = false;
    other();
    throw conflict();
  };
}

describe('changing an integration', () => {
  it('seals for the row, stores a candidate, asks for its test and writes history', async () => {
    const { deps, cipher, topic, store } = updateDeps(aRow({ validation_status: 'VALID' }));
    const { row, isEdit } = await updateIntegration(anUpdate({ credentials }), deps);
    assert.deepEqual([isEdit, row.candidate_status, row.version], [false, 'PENDING', 2]);
    sinon.assert.calledWithMatch(cipher.encrypt, sinon.match.any, { org: 'acme', credentialId: 'cred_1' });
    sinon.assert.calledWithMatch(topic.publish, { version: 2, credential_id: 'cred_1' });
    sinon.assert.calledWithMatch(store.append, { action: 'candidate_submitted', from_status: 'VALID' });
  });

  it('sends an outstanding test anew when only the label changes, and no test otherwise', async () => {
    const pending = updateDeps(aRow());
    await updateIntegration(anUpdate({ label: 'x' }), pending.deps);
    sinon.assert.calledWithMatch(pending.topic.publish, { version: 2 });
    const valid = updateDeps(aRow({ validation_status: 'VALID' }));
    await updateIntegration(anUpdate({ label: 'x' }), valid.deps);
    sinon.assert.notCalled(valid.topic.publish);
    sinon.assert.notCalled(valid.cipher.encrypt);
  });

  it('has an expired credential tested when its expiry changes', async () => {
    const { deps, topic } = updateDeps(aRow({ validation_status: 'EXPIRED' }));
    await updateIntegration(anUpdate({ expiresAt: '2030-01-01T00:00:00.000Z' }), deps);
    sinon.assert.calledOnce(topic.publish);
  });

  it('tries again when a verdict landed in between, sealing once', async () => {
    const { deps, state, store, cipher } = updateDeps(aRow());
    const replace = losingOnce(store, () => {
      state.row = aRow({ validation_status: 'VALID', version: 2, updated_by: 'validation' });
    });
    const { row } = await updateIntegration(anUpdate({ credentials }), { ...deps, store: { ...deps.store, replace } });
    assert.deepEqual([row.version, row.validation_status, row.candidate_status], [3, 'VALID', 'PENDING']);
    sinon.assert.calledOnce(cipher.encrypt);
  });

  it('yields to another user, and says so', async () => {
    const { deps, state, store } = updateDeps(aRow());
    const replace = losingOnce(store, () => (state.row = aRow({ label: 'theirs', version: 2 })));
    const losing = { ...deps, store: { ...deps.store, replace } };
    await assert.rejects(updateIntegration(anUpdate({ label: 'ours' }), losing), { code: 'version_conflict' });
    assert.equal(state.row?.label, 'theirs');
  });

  it('calls a lost race under If-Match a failed precondition', async () => {
    const { deps, store } = updateDeps(aRow());
    const replace = losingOnce(store, () => undefined);
    const losing = { ...deps, store: { ...deps.store, replace } };
    const request = anUpdate({ label: 'x' }, { precondition: (version) => version === 1 });
    await assert.rejects(updateIntegration(request, losing), { code: 'precondition_failed' });
  });

  it('takes a change back whose test could not be asked for', async () => {
    const before = aRow({ validation_status: 'VALID' });
    const { deps, state } = updateDeps(before);
    const topic = { publish: () => Promise.reject(unavailable('Pub/Sub')) };
    await assert.rejects(updateIntegration(anUpdate({ credentials }), { ...deps, topic }), {
      code: 'backend_unavailable',
    });
    const { version, last_request_id: _id, updated_by: _by, ...after } = state.row!;
    const { version: _version, last_request_id: _former, updated_by: _who, ...former } = before;
    assert.deepEqual([version, after], [3, former]);
  });

  it('refuses what was set up nowhere, or deleted', async () => {
    for (const row of [undefined, aRow({ deleted_at: '2026-11-01T00:00:00.000Z' })]) {
      await assert.rejects(updateIntegration(anUpdate({ label: 'x' }), updateDeps(row).deps), {
        code: 'not_configured',
      });
    }
  });
});

describe('deleting an integration', () => {
  const request = { org: 'acme', provider, actor: 'ana', requestId: 'r1', precondition: undefined };

  it('happens whatever a verdict does meanwhile', async () => {
    const { deps, state, store } = updateDeps(aRow());
    const replace = losingOnce(store, () => (state.row = aRow({ validation_status: 'VALID', version: 2 })));
    await deleteIntegration(request, { store: { ...deps.store, replace }, clock, log: silent });
    assert.notEqual(state.row?.deleted_at, null);
    sinon.assert.calledWithMatch(store.append, {
      action: 'deleted',
      from_status: 'VALID',
      to_status: 'NOT_CONFIGURED',
    });
  });
});
