import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseStrictJson } from '../../shared/http/strict-json.ts';

describe('strict JSON', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        fc.pre(
          !/__proto__|constructor|prototype|\\u0000|\\ud[89a-f]/i.test(text) &&
            JSON.stringify(JSON.parse(text)).isWellFormed(),
        );
        assert.deepEqual(parseStrictJson(text), JSON.parse(text));
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        if (!isJson) assert.throws(() => parseStrictJson(text));
      }),
    );
  });

  const CANARY = 'sk-proj-CANARY';
  const refused: { name: string; text: string; code?: string }[] = [
    { name: 'a comma at the end', text: `{"api_key":"${CANARY}",}` },
    { name: 'a string that does not end', text: `{"api_key":"${CANARY}` },
    { name: 'single quotes', text: `{'api_key':'${CANARY}'}` },
    { name: 'text after the value', text: `{} ${CANARY}` },
    { name: 'the same name twice', text: `{"a":"${CANARY}","a":1}` },
    { name: 'the same name in another spelling', text: `{"a":"${CANARY}","\\u0061":1}` },
    { name: '__proto__', text: `{"__proto__":{"x":"${CANARY}"}}` },
    { name: 'constructor', text: `{"constructor":1}` },
    { name: 'NUL', text: '{"a":"\\u0000"}' },
    { name: 'half of a surrogate pair', text: '{"a":"\\ud800"}' },
    { name: 'a number without bounds', text: '{"a":1e999}' },
    { name: 'NaN', text: '{"a":NaN}' },
    { name: 'a comment', text: '{/*x*/}' },
    { name: 'a raw control character', text: '{"a":"\u0001"}' },
    { name: 'nothing', text: ' ' },
    { name: 'too deep a nesting', text: '['.repeat(30_000), code: 'body_too_large' },
    { name: 'too many values', text: `[${'1,'.repeat(5_000)}1]`, code: 'body_too_large' },
  ];
  for (const { name, text, code = 'malformed_json' } of refused) {
    it(`refuses ${name} without quoting it`, () => {
      assert.throws(
        () => parseStrictJson(text),
        (err: Error & { code?: string }) => err.code === code && !err.message.includes('CANARY'),
      );
    });
  }
});
