import assert from 'node:assert/strict';
import { after as next, isVerdict, STATUSES } from '../../shared/credentials/lifecycle.ts';
import { newRow, testedRow, tombstone } from '../../shared/credentials/row-drafts.ts';
import { OUTCOMES } from '../../shared/providers/provider-spec.ts';
import { aRow, NOW } from './fixtures.ts';

const at = NOW.toISOString();

describe('lifecycle', () => {
  it('begins with a submission or an entry by hand and nothing else', () => {
    assert.equal(next('NOT_CONFIGURED', 'submitted'), 'PENDING');
    assert.equal(next('NOT_CONFIGURED', 'entered_by_hand'), 'VALID');
    assert.equal(next('NOT_CONFIGURED', 'accepted'), undefined);
    assert.equal(next('VALID', 'submitted'), undefined);
  });

  for (const status of STATUSES) {
    it(`leaves ${status} by a verdict only`, () => {
      for (const outcome of OUTCOMES) {
        const moved = next(status, outcome);
        if (!isVerdict(outcome)) assert.equal(moved, status);
        else assert.equal(moved, { accepted: 'VALID', expired: 'EXPIRED' }[outcome as string] ?? 'INVALID');
      }
    });
  }

  it('keeps status and time of validation when a test comes to no verdict', () => {
    const row = aRow({ validation_status: 'VALID', last_validated_at: '2026-11-01T00:00:00.000Z' });
    const tested = testedRow(row, { outcome: 'unreachable', at, checks: [] }, undefined);
    assert.equal(tested.validation_status, 'VALID');
    assert.equal(tested.last_validated_at, '2026-11-01T00:00:00.000Z');
    assert.equal(tested.last_check?.outcome, 'unreachable');
  });

  it('leaves an accepted credential EXPIRED whose stated expiry has passed', () => {
    const tested = testedRow(
      aRow({ expires_at: '2026-11-24T11:59:59.000Z' }),
      { outcome: 'accepted', at, checks: [] },
      undefined,
    );
    assert.equal(tested.validation_status, 'EXPIRED');
  });

  it('keeps no ciphertext in a tombstone', () => {
    const { encrypted_credentials, candidate_encrypted_credentials, deleted_at } = tombstone(aRow(), 'ana', NOW);
    assert.deepEqual([encrypted_credentials, candidate_encrypted_credentials, deleted_at], [null, null, at]);
  });

  it('makes a manual entry VALID at once', () => {
    const input = {
      org: 'acme',
      providerKey: 'SLACK',
      credentialId: 'c',
      fingerprint: 'f',
      metadata: {},
      actor: 'ana',
      at: NOW,
    };
    const row = newRow({ ...input, sealed: undefined, label: null, expiresAt: null });
    assert.equal(row.validation_status, 'VALID');
    assert.deepEqual(
      row.last_check?.checks.map(({ id }) => id),
      ['manual_entry'],
    );
  });
});
