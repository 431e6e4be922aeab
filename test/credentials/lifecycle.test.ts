import assert from 'node:assert/strict';
import { editedRow, reenteredRow, replacedRow } from '../../shared/credentials/changed-row.ts';
import type { IntegrationRow } from '../../shared/credentials/integration-row.ts';
import type { RowDraft } from '../../shared/credentials/integration-store.ts';
import {
  ACTS,
  after as next,
  candidateAfter,
  isVerdict,
  STATUSES,
  TRANSITIONS,
  type LifecycleEvent,
  type State,
  type Status,
} from '../../shared/credentials/lifecycle.ts';
import { awaitsTest, expiredRow, newRow, tombstone } from '../../shared/credentials/row-drafts.ts';
import { givenUpRow, testedRow } from '../../shared/credentials/tested-row.ts';
import { OUTCOMES, type Outcome } from '../../shared/providers/provider-spec.ts';
import { aRow, NOW } from './fixtures.ts';

const at = NOW.toISOString();
const by = { actor: 'ana', at: NOW };
const PAST = '2026-11-24T11:59:59.000Z';
const FUTURE = '2027-11-24T11:59:59.000Z';
const STATES: readonly State[] = ['NOT_CONFIGURED', ...STATUSES];
const EVENTS: readonly LifecycleEvent[] = [...ACTS, ...OUTCOMES];

const sealed = { ciphertext: 'bmV3', kmsKeyVersion: 'v2' };
const NEW_KEY = { sealed, fingerprint: 'feedbeef', metadata: { notes: 'new' } };
const check = (outcome: Outcome) => ({ outcome, at, checks: [] });
const stored = (changes: Partial<IntegrationRow>) => aRow({ last_check: check('accepted'), ...changes });
const rotating = (changes: Partial<IntegrationRow> = {}): IntegrationRow =>
  asRow(replacedRow(stored({ validation_status: 'VALID', ...changes }), NEW_KEY, by));
const asRow = (draft: RowDraft): IntegrationRow => ({ ...draft, version: 2, last_request_id: 'w' });

/** What every row has to be, whatever happened to it. */
function assertSound(row: RowDraft): void {
  if (row.deleted_at !== null) assert.equal(row.encrypted_credentials, null);
  else if (row.kms_key_version !== null) assert.notEqual(row.encrypted_credentials, null);
  if (row.candidate_status !== 'PENDING') assert.equal(row.candidate_encrypted_credentials, null);
  assert.notEqual(row.candidate_status, 'VALID');
}

/** The builder of rows that carries out an act. */
const BUILDERS: Partial<Record<LifecycleEvent, (row: IntegrationRow) => RowDraft>> = {
  replaced: (row) => replacedRow(row, NEW_KEY, by),
  edited: (row) => editedRow(row, { label: 'x' }, by),
  ran_out: (row) => expiredRow(row, by),
  deleted: (row) => tombstone(row, by),
  withdrawn: (row) => tombstone(row, by),
  given_up: (row) => givenUpRow(row, check('provider_error')),
};

describe('lifecycle', () => {
  describe('of a stored credential', () => {
    for (const state of STATES) {
      for (const event of EVENTS) {
        const to = next(state, event);
        it(`${to === undefined ? 'knows no' : `goes to ${to} by`} ${event} in ${state}`, () => {
          const declared = (TRANSITIONS.active[state] as Record<string, string>)[event];
          assert.equal(to, declared === 'same' ? state : declared);
          if (state === 'NOT_CONFIGURED') return;
          const build = OUTCOMES.includes(event as Outcome)
            ? (row: IntegrationRow) => testedRow(row, check(event as Outcome), undefined)
            : BUILDERS[event];
          if (!build) return;
          const row = stored({ validation_status: state });
          if (to === undefined) {
            assert.throws(() => build(row));
            return;
          }
          const draft = build(row);
          assertSound(draft);
          if (to === 'NOT_CONFIGURED') assert.equal(draft.deleted_at, at);
          else if (to === 'candidate')
            assert.deepEqual([draft.validation_status, draft.candidate_status], [state, 'PENDING']);
          else assert.equal(draft.validation_status, to);
        });
      }
    }
  });

  describe('of a candidate', () => {
    for (const state of STATUSES) {
      for (const event of EVENTS) {
        const to = candidateAfter(event);
        const isOutcome = OUTCOMES.includes(event as Outcome);
        if (!isOutcome && event !== 'given_up') continue;
        it(`goes to ${to} by ${event} beside ${state}`, () => {
          const row = rotating();
          const draft = isOutcome
            ? testedRow({ ...row, validation_status: state }, check(event as Outcome), undefined)
            : givenUpRow({ ...row, validation_status: state }, check('provider_error'));
          assertSound(draft);
          if (to !== 'promoted') {
            assert.deepEqual([draft.validation_status, draft.candidate_status], [state, to]);
            assert.equal(draft.encrypted_credentials, row.encrypted_credentials);
            assert.equal(draft.candidate_last_check?.outcome, isOutcome ? event : 'provider_error');
            return;
          }
          assert.deepEqual([draft.validation_status, draft.candidate_status], ['VALID', null]);
          assert.deepEqual(
            [draft.encrypted_credentials, draft.kms_key_version, draft.fingerprint, draft.metadata],
            ['bmV3', 'v2', 'feedbeef', { notes: 'new' }],
          );
        });
      }
    }

    it('never touches what pipelines use before it has passed', () => {
      const row = stored({ validation_status: 'VALID', expires_at: FUTURE });
      const { encrypted_credentials, fingerprint, metadata, expires_at } = replacedRow(
        row,
        { ...NEW_KEY, expiresAt: null },
        by,
      );
      assert.deepEqual(
        [encrypted_credentials, fingerprint, metadata, expires_at],
        [row.encrypted_credentials, row.fingerprint, row.metadata, FUTURE],
      );
    });

    it('brings its own expiry, or none', () => {
      const passed = (change: object) =>
        testedRow(
          asRow(replacedRow(stored({ validation_status: 'VALID', expires_at: FUTURE }), { ...NEW_KEY, ...change }, by)),
          check('accepted'),
          undefined,
        ).expires_at;
      assert.equal(passed({}), null);
      assert.equal(passed({ expiresAt: '2028-01-01T00:00:00.000Z' }), '2028-01-01T00:00:00.000Z');
    });

    it('that has run out meanwhile takes no place', () => {
      const row = asRow(replacedRow(stored({ validation_status: 'VALID' }), { ...NEW_KEY, expiresAt: PAST }, by));
      const draft = testedRow(row, check('accepted'), undefined);
      assert.deepEqual([draft.validation_status, draft.candidate_status], ['VALID', 'EXPIRED']);
    });

    it('of metadata alone is tested with the credential in use, and keeps its expiry', () => {
      const change = { sealed: undefined, fingerprint: '1a557469', metadata: { notes: 'n' } };
      const row = asRow(replacedRow(stored({ validation_status: 'VALID', expires_at: FUTURE }), change, by));
      assert.equal(row.candidate_encrypted_credentials, null);
      const draft = testedRow(row, check('accepted'), undefined);
      assert.deepEqual(
        [draft.encrypted_credentials, draft.metadata, draft.expires_at],
        ['c2VhbGVk', { notes: 'n' }, FUTURE],
      );
    });

    it('takes over what a candidate before it has brought and the change leaves out', () => {
      const again = { sealed: undefined, fingerprint: 'feedbeef', metadata: { notes: 'newer' } };
      const draft = replacedRow(rotating(), again, by);
      assert.deepEqual(
        [draft.candidate_encrypted_credentials, draft.candidate_kms_key_version, draft.candidate_metadata],
        ['bmV3', 'v2', { notes: 'newer' }],
      );
    });

    it('becomes the credential at once when the one in use has failed meanwhile', () => {
      const row = { ...rotating(), validation_status: 'INVALID' as Status };
      const draft = replacedRow(row, { sealed: undefined, fingerprint: 'feedbeef', metadata: { notes: 'n' } }, by);
      assert.deepEqual(
        [draft.validation_status, draft.encrypted_credentials, draft.candidate_status],
        ['PENDING', 'bmV3', null],
      );
      assert(awaitsTest(asRow(draft)));
    });
  });

  it('keeps the time of validation when a test comes to no verdict', () => {
    const row = stored({ validation_status: 'VALID', last_validated_at: PAST });
    assert.equal(testedRow(row, check('unreachable'), undefined).last_validated_at, PAST);
    assert(!isVerdict('unreachable') && isVerdict('expired'));
  });

  it('leaves an accepted credential EXPIRED whose stated expiry has passed', () => {
    assert.equal(testedRow(stored({ expires_at: PAST }), check('accepted'), undefined).validation_status, 'EXPIRED');
  });

  it('lets an edited expiry that has passed take effect at once', () => {
    const edit = (validation_status: Status, expiresAt: string) =>
      editedRow(stored({ validation_status }), { expiresAt }, by).validation_status;
    assert.equal(edit('VALID', PAST), 'EXPIRED');
    assert.equal(edit('VALID', FUTURE), 'VALID');
    assert.equal(edit('EXPIRED', FUTURE), 'EXPIRED');
    assert.equal(edit('PENDING', PAST), 'PENDING');
  });

  it('forgets the former test when another credential takes its place', () => {
    const row = stored({
      validation_status: 'INVALID',
      discovered: { a: 1 },
      last_validated_at: PAST,
      expires_at: PAST,
    });
    const draft = replacedRow(row, NEW_KEY, by);
    assert.deepEqual(
      [draft.last_check, draft.discovered, draft.last_validated_at, draft.expires_at],
      [null, null, null, null],
    );
  });

  describe('of a manual entry', () => {
    const manual = { org: 'acme', providerKey: 'SLACK', credentialId: 'c', fingerprint: 'f', metadata: {}, ...by };
    const entered = (expiresAt: string | null = null) =>
      asRow(newRow({ ...manual, sealed: undefined, label: null, expiresAt }));

    it('is VALID at once, or EXPIRED when it says so itself', () => {
      assert.equal(entered().validation_status, 'VALID');
      assert.equal(entered(PAST).validation_status, 'EXPIRED');
      assert.deepEqual(
        entered().last_check?.checks.map(({ id }) => id),
        ['manual_entry'],
      );
    });

    it('is judged at once whenever it is changed', () => {
      const change = { sealed: undefined, fingerprint: 'feedbeef', metadata: { seats: 2 } };
      assert.equal(reenteredRow(entered(PAST), { ...change, expiresAt: FUTURE }, by).validation_status, 'VALID');
      assert.equal(editedRow(entered(PAST), { expiresAt: null }, by).validation_status, 'VALID');
      assert.equal(editedRow(entered(), { expiresAt: PAST }, by).validation_status, 'EXPIRED');
    });

    it('takes an added credential as candidate', () => {
      const draft = replacedRow(entered(), NEW_KEY, by);
      assert.deepEqual([draft.validation_status, draft.candidate_status], ['VALID', 'PENDING']);
      assert.equal(testedRow(asRow(draft), check('accepted'), undefined).kms_key_version, 'v2');
    });
  });
});
