import assert from 'node:assert/strict';
import { isOwnAccount, orgPrincipal, principalId } from '../../../shared/gcp/org-principal.ts';

describe('principal of an organisation', () => {
  it('is an account of our own project', () => {
    assert.equal(orgPrincipal('acme_prod', 'ours'), 'integration-acme-prod@ours.iam.gserviceaccount.com');
  });

  const slugs = ['abc', 'acme', 'acme_', 'acme__', 'a_b', 'abcdefghijklmnopqr', 'abcdefghijklmnopqrs', 'a'.repeat(50)];
  for (const slug of slugs) {
    it(`has an id that Google takes for ${slug}`, () => {
      assert.match(principalId(slug), /^[a-z](?:[-a-z0-9]{4,28}[a-z0-9])$/);
    });
  }

  it('is different for different organisations', () => {
    const others = ['a_0_b', 'a0b', ...slugs, 'abcdefghijklmnopq_', 'abcdefghijklmnopqrst'];
    assert.equal(new Set(others.map(principalId)).size, others.length);
  });

  it('hashes what does not fit behind a digit, with which no slug begins', () => {
    assert.match(principalId('a'.repeat(50)), /^integration-0[0-9a-f]{17}$/);
  });

  it('knows accounts of our own project in any case', () => {
    assert(isOwnAccount('Integration-Acme@ours.iam.gserviceaccount.com', 'ours'));
    assert(!isOwnAccount('reader@theirs.iam.gserviceaccount.com', 'ours'));
    assert(!isOwnAccount('reader@ours.iam.gserviceaccount.com.evil.example', 'ours'));
  });
});
