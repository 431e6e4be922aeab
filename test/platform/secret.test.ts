import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { DeploymentError } from '../../shared/platform/errors.ts';
import { createLogger } from '../../shared/platform/log.ts';
import { Secret } from '../../shared/platform/secret.ts';

const CANARY = 'canary-4f1d';

describe('Secret', () => {
  const secret = Secret.of({ api_key: CANARY });

  for (const [name, show] of Object.entries<() => string>({
    JSON: () => JSON.stringify({ secret }),
    inspection: () => inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
    'a template': () => `${secret.toString()}`,
    'an error': () => String(new Error('failed', { cause: secret }).cause),
  })) {
    it(`does not show in ${name}`, () => assert.equal(show().includes(CANARY), false));
  }

  it('is there for who asks', () => assert.equal(secret.reveal().api_key, CANARY));
});

describe('log', () => {
  const lines: string[] = [];
  const log = createLogger({ component: 'test' }, (line) => lines.push(line));

  it('writes of an error its name, code and message only', () => {
    const err = Object.assign(new Error('refused'), { code: 403, config: { headers: { authorization: CANARY } } });
    log.error('call-failed', { err, org: 'acme' });
    const line = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
    assert.deepEqual(line['err'], { name: 'Error', code: 403, message: 'refused' });
    assert.equal(line['severity'], 'ERROR');
    assert.equal(line['component'], 'test');
  });

  it('writes the place and not the words of an error that quotes what it was given', () => {
    for (const fail of [() => void JSON.parse(CANARY), () => void new URL(`//${CANARY}`), () => CANARY.repeat(-1)]) {
      try {
        fail();
      } catch (err) {
        log.error('call-failed', { err });
      }
      assert(!lines.at(-1)?.includes(CANARY), lines.at(-1));
      const { err } = JSON.parse(lines.at(-1) ?? '') as { err: { name: string; at: string } };
      assert.match(err.name, /^(?:Syntax|Type|Range)Error$/);
      assert.match(err.at, /^at /);
    }
  });

  it('writes the words of those errors only whose words are known', () => {
    log.error('call-failed', { error: new Error(CANARY), cause: CANARY });
    assert(!lines.at(-1)?.includes(CANARY), lines.at(-1));
    log.error('call-failed', { error: new DeploymentError('KMS_KEY: missing') });
    assert(lines.at(-1)?.includes('KMS_KEY: missing'));
  });

  it('keeps one event on one line', () => {
    log.info('landed', { text: 'a\nb' });
    assert.equal(lines.at(-1)?.trim().split('\n').length, 1);
  });
});
