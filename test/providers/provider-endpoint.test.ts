import assert from 'node:assert/strict';
import { replacementOf } from '../../shared/providers/provider-endpoint.ts';

const ENDPOINTS = {
  'sts.us-east-1.amazonaws.com': 'http://127.0.0.1:1',
  'sts.*.amazonaws.com': 'http://127.0.0.1:2/sts/',
};
const replaced = (url: string) => replacementOf(new URL(url), ENDPOINTS).href;

describe('the endpoint of a provider', () => {
  it('is what configuration puts in place of its host, with path and query', () => {
    assert.equal(replaced('https://sts.us-east-1.amazonaws.com/a?b=c'), 'http://127.0.0.1:1/a?b=c');
  });

  it('may stand for one label of many hosts', () => {
    assert.equal(replaced('https://sts.eu-west-1.amazonaws.com/a'), 'http://127.0.0.1:2/sts/a');
  });

  for (const host of [
    'sts.amazonaws.com',
    'sts.a.b.amazonaws.com',
    'sts.x.amazonaws.com.evil.example',
    'xsts.a.amazonaws.com',
  ]) {
    it(`is the provider's own for ${host}`, () => {
      assert.equal(replaced(`https://${host}/`), `https://${host}/`);
    });
  }
});
