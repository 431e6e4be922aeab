import assert from 'node:assert/strict';
import sinon from 'sinon';
import { parsePush } from '../../functions/validation/push-message.ts';
import { validateCredential, type ValidationDeps } from '../../functions/validation/validate-credential.ts';
import type { IntegrationRow } from '../../shared/credentials/integration-row.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import { Secret } from '../../shared/platform/secret.ts';
import { OUTCOMES, type Outcome } from '../../shared/providers/provider-spec.ts';
import { aRow, clock, NOW } from '../credentials/fixtures.ts';
import { registry } from '../providers/fixtures.ts';
import { silent } from './fixtures.ts';

const REQUEST = { org: 'acme', provider_key: 'OPENAI', credential_id: 'cred_1', version: 1, request_id: 'q1' };

function validationDeps(row: IntegrationRow | undefined, outcome: Outcome = 'accepted') {
  const state = { row };
  const store = {
    findSealed: sinon.fake(async () => state.row),
    replace: sinon.fake(async (read: IntegrationRow, draft: object) => {
      state.row = { ...draft, version: read.version + 1, last_request_id: 'w' } as IntegrationRow;
      return state.row;
    }),
    append: sinon.fake(async (_event: object, _id: string) => undefined),
  };
  const test = sinon.fake(async (_subject: object, _options: object) => ({
    outcome,
    checks: [],
    discovered: { datasets: [] },
  }));
  const cipher = { decrypt: sinon.fake(async (_ciphertext: string) => Secret.of({ api_key: 'sk-canary' })) };
  const deps = { registry, store, cipher, test, clock, log: silent } as unknown as ValidationDeps;
  return { deps, store, test, cipher, state };
}

const checked = (outcome: Outcome, message_id: string) => ({ outcome, at: NOW.toISOString(), checks: [], message_id });

describe('validating a credential', () => {
  for (const outcome of OUTCOMES) {
    const isVerdict = ['accepted', 'rejected', 'expired', 'insufficient_permission'].includes(outcome);
    it(`${isVerdict ? 'writes the verdict' : 'keeps the status and asks for another delivery'} when it is ${outcome}`, async () => {
      const { deps, state, store } = validationDeps(aRow(), outcome);
      const done = validateCredential(REQUEST, 'm1', deps);
      if (isVerdict) await done;
      else await assert.rejects(done, { code: 'provider_unreachable' });
      assert.equal(state.row?.validation_status === 'PENDING', !isVerdict);
      assert.equal(state.row?.last_check?.outcome, outcome);
      sinon.assert.calledWithMatch(store.append, { action: 'tested', actor: 'validation', outcome });
    });
  }

  it('does nothing on a second delivery of a judged message', async () => {
    const { deps, test } = validationDeps(aRow());
    await validateCredential(REQUEST, 'm1', deps);
    await validateCredential(REQUEST, 'm1', deps);
    sinon.assert.calledOnce(test);
  });

  it('tests again on a second delivery of a message that came to no verdict', async () => {
    const row = aRow({ validation_status: 'VALID', version: 6, last_check: checked('unreachable', 'm1') });
    const { deps, test } = validationDeps(row);
    await validateCredential({ ...REQUEST, version: 5 }, 'm1', deps);
    sinon.assert.calledOnceWithMatch(test, { org: 'acme' }, { isRepeated: true });
  });

  it('leaves a provider alone for as long as it asked for, and asks then', async () => {
    const retry_at = new Date(NOW.getTime() + 60_000).toISOString();
    const { deps, test, store, cipher } = validationDeps(
      aRow({ last_check: { ...checked('rate_limited', 'm1'), retry_at } }),
    );
    await assert.rejects(validateCredential(REQUEST, 'm1', deps), { code: 'provider_unreachable' });
    sinon.assert.notCalled(test);
    sinon.assert.notCalled(cipher.decrypt);
    sinon.assert.notCalled(store.replace);
    const later = { ...deps, clock: { now: () => new Date(retry_at) } };
    await validateCredential(REQUEST, 'm1', later);
    sinon.assert.calledOnce(test);
  });

  it('tells the test what an earlier one found out, unless it is about another credential', async () => {
    const discovered = { key_valid_before: '2026-01-01T00:00:00Z' };
    const { deps, test } = validationDeps(aRow({ discovered }));
    await validateCredential(REQUEST, 'm1', deps);
    sinon.assert.calledWithMatch(test, { discovered });
    const other = validationDeps(aRow({ discovered, validation_status: 'VALID', candidate_status: 'PENDING' }));
    await validateCredential(REQUEST, 'm1', other.deps);
    assert.equal('discovered' in other.test.firstCall.args[0], false);
  });

  it('keeps when a provider wants to be asked again', async () => {
    const { deps, state } = validationDeps(aRow());
    const test = async () => ({ outcome: 'rate_limited', checks: [], retryAfterMs: 17_000 }) as const;
    await assert.rejects(validateCredential(REQUEST, 'm1', { ...deps, test }), { code: 'provider_unreachable' });
    assert.equal(state.row?.last_check?.retry_at, new Date(NOW.getTime() + 17_000).toISOString());
  });

  const skipped: { name: string; row: IntegrationRow | undefined }[] = [
    { name: 'a row that is not there', row: undefined },
    { name: 'a tombstone', row: aRow({ deleted_at: NOW.toISOString() }) },
    { name: 'another credential', row: aRow({ credential_id: 'cred_2' }) },
    { name: 'a version that was judged meanwhile', row: aRow({ version: 2, validation_status: 'VALID' }) },
  ];
  for (const { name, row } of skipped) {
    it(`lets a message for ${name} pass without a test`, async () => {
      const { deps, test, cipher, store } = validationDeps(row);
      await validateCredential(REQUEST, 'm1', deps);
      sinon.assert.notCalled(test);
      sinon.assert.notCalled(cipher.decrypt);
      sinon.assert.notCalled(store.replace);
    });
  }

  it('tests what is PENDING whatever version was asked for', async () => {
    const { deps, test } = validationDeps(aRow({ version: 3 }));
    await validateCredential(REQUEST, 'm9', deps);
    sinon.assert.calledOnce(test);
  });

  it('never lands a verdict on a row that changed during the test', async () => {
    const { deps } = validationDeps(aRow());
    const store = { ...deps.store, replace: () => Promise.reject(new ServiceError('version_conflict', 'x')) };
    await assert.rejects(validateCredential(REQUEST, 'm1', { ...deps, store }), { code: 'version_conflict' });
  });

  it('judges a ciphertext of another row INVALID, since nothing will open it', async () => {
    const { deps, state } = validationDeps(aRow());
    const cipher = { decrypt: () => Promise.reject(new ServiceError('decryption_failed', 'x')) };
    await validateCredential(REQUEST, 'm1', { ...deps, cipher });
    assert.equal(state.row?.validation_status, 'INVALID');
    assert.equal(state.row?.last_check?.checks[0]?.id, 'decrypt');
  });

  for (const code of ['key_version_disabled', 'decryption_denied', 'backend_unavailable'] as const) {
    it(`changes nothing and asks for another delivery on ${code}`, async () => {
      const { deps, store } = validationDeps(aRow());
      const cipher = { decrypt: () => Promise.reject(new ServiceError(code, 'x')) };
      await assert.rejects(validateCredential(REQUEST, 'm1', { ...deps, cipher }), { code });
      sinon.assert.notCalled(store.replace);
    });
  }

  it('opens a credential before its event is stored for nobody: without an audit there is no test', async () => {
    const { deps, test, store } = validationDeps(aRow());
    const append = () => Promise.reject(new ServiceError('backend_unavailable', 'x'));
    await assert.rejects(validateCredential(REQUEST, 'm1', { ...deps, store: { ...deps.store, append } }), {
      code: 'backend_unavailable',
    });
    sinon.assert.notCalled(test);
    sinon.assert.notCalled(store.replace);
  });

  it('writes who opened it, and for which request', async () => {
    const { deps, store } = validationDeps(aRow());
    await validateCredential(REQUEST, 'm1', deps);
    sinon.assert.calledWithMatch(store.append, { action: 'decrypted', actor: 'validation', request_id: 'q1' });
  });

  it('tests the candidate with its own credential, and leaves the one in use alone', async () => {
    const candidate = {
      candidate_status: 'PENDING',
      candidate_encrypted_credentials: 'bmV3',
      candidate_kms_key_version: 'v2',
      candidate_fingerprint: 'feedbeef',
      candidate_metadata: { notes: 'new' },
    } as const;
    const row = aRow({ validation_status: 'VALID', ...candidate });
    const { deps, state, test, cipher, store } = validationDeps(row, 'rejected');
    await validateCredential(REQUEST, 'm1', deps);
    sinon.assert.calledWith(cipher.decrypt, 'bmV3');
    sinon.assert.calledWithMatch(test, { metadata: { notes: 'new' } }, { isRepeated: false });
    assert.deepEqual([state.row?.validation_status, state.row?.candidate_status], ['VALID', 'INVALID']);
    assert.equal(state.row?.candidate_encrypted_credentials, null);
    sinon.assert.calledWithMatch(store.append, { action: 'candidate_tested', fingerprint: 'feedbeef' });
  });

  it('reads a push, and calls anything else no message', () => {
    const data = Buffer.from(JSON.stringify(REQUEST)).toString('base64');
    const push = { message: { data, messageId: '7', publishTime: 'x' }, subscription: 's' };
    assert.deepEqual(parsePush(push), { messageId: '7', request: REQUEST });
    for (const body of [undefined, [], {}, { message: {} }, { message: { data: 'e30=', messageId: '7' } }]) {
      assert.throws(() => parsePush(body), { code: 'invalid_request' });
    }
  });
});
