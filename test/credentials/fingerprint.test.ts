import assert from 'node:assert/strict';
import { fingerprint } from '../../shared/credentials/fingerprint.ts';

describe('fingerprint', () => {
  it('is the beginning of SHA-256 over the canonical credential', () => {
    assert.equal(fingerprint({ api_key: 'sk-test' }), '1a557469');
  });

  it('does not depend on the order of fields', () => {
    assert.equal(fingerprint({ a: '1', b: '2' }), fingerprint({ b: '2', a: '1' }));
    assert.notEqual(fingerprint({ a: '1' }), fingerprint({ a: '2' }));
  });
});
