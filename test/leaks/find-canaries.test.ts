import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { PEM } from '../providers/fixtures.ts';
import { findCanaries, type Canary } from './find-canaries.ts';

const KEY: Canary = { name: 'key', value: 'sk-FAKE+8fK2/pQ"7vX~e1 Zt\\yübR0cWm9' };
const KEY_PEM: Canary = { name: 'pem', value: PEM };
const BODY = PEM.split('\n').slice(1, -2).join('');
const DER = createPrivateKey(PEM).export({ type: 'pkcs8', format: 'der' });
const json = (value: unknown): string => JSON.stringify(value);

const hidingPlaces: { name: string; text: string | Buffer; canary: Canary }[] = [
  { name: 'as it is', text: `bad key ${KEY.value}!`, canary: KEY },
  { name: 'cut short', text: `bad key ${KEY.value.slice(0, 13)}...`, canary: KEY },
  { name: 'without its beginning', text: `...${KEY.value.slice(-24)}`, canary: KEY },
  { name: 'in JSON', text: json({ a: KEY.value }), canary: KEY },
  { name: 'in JSON in JSON', text: json({ a: json({ b: KEY.value }) }), canary: KEY },
  { name: 'percent-encoded', text: `/path/${encodeURIComponent(KEY.value)}`, canary: KEY },
  { name: 'in a form', text: new URLSearchParams({ key: KEY.value }).toString(), canary: KEY },
  { name: 'in UTF-16', text: Buffer.from(KEY.value, 'utf16le'), canary: KEY },
  { name: 'in hex', text: Buffer.from(KEY.value).toString('hex'), canary: KEY },
  { name: 'in capital hex', text: Buffer.from(KEY.value).toString('hex').toUpperCase(), canary: KEY },
  ...['', 'x', 'xy'].flatMap((before) =>
    (['base64', 'base64url'] as const).map((form) => ({
      name: `in ${form} ${before.length} bytes in`,
      text: Buffer.from(`${before}${KEY.value}`).toString(form),
      canary: KEY,
    })),
  ),
  { name: 'as a PEM', text: PEM, canary: KEY_PEM },
  { name: 'as a PEM in JSON', text: json({ private_key: PEM }), canary: KEY_PEM },
  { name: 'as a PEM in JSON in JSON', text: json(json({ private_key: PEM })), canary: KEY_PEM },
  { name: 'as the body of a PEM on one line', text: BODY, canary: KEY_PEM },
  { name: 'as the body of a PEM on other lines', text: BODY.replace(/.{50}/g, '$&\r\n'), canary: KEY_PEM },
  {
    name: 'as a service account JSON in base64',
    text: Buffer.from(json({ private_key: PEM })).toString('base64'),
    canary: KEY_PEM,
  },
  { name: 'as the bytes of a PEM', text: DER, canary: KEY_PEM },
  { name: 'as the bytes of a PEM in hex', text: DER.toString('hex'), canary: KEY_PEM },
];

describe('the search for secrets', () => {
  for (const { name, text, canary } of hidingPlaces) {
    it(`finds one ${name}`, () => {
      const haystack = Buffer.concat([
        Buffer.from('some words before '),
        Buffer.from(text as string),
        Buffer.from(' end'),
      ]);
      const found = findCanaries(haystack, [KEY, KEY_PEM]);
      assert.deepEqual([...new Set(found.map((finding) => finding.canary))], [canary.name]);
    });
  }

  // Each spelling alone: the pieces of a text in which only this spelling can match.
  const spellings: { form: string; text: (piece: string) => string | Buffer }[] = [
    { form: 'raw', text: (piece) => piece },
    { form: 'json', text: (piece) => json(piece) },
    { form: 'json in json', text: (piece) => json(json(piece)) },
    { form: 'url', text: (piece) => encodeURIComponent(piece) },
    { form: 'form', text: (piece) => new URLSearchParams({ a: piece }).toString() },
    { form: 'hex', text: (piece) => Buffer.from(piece).toString('hex') },
    { form: 'base64', text: (piece) => Buffer.from(`.${piece}.`).toString('base64') },
    { form: 'base64url', text: (piece) => Buffer.from(`.${piece}.`).toString('base64url') },
  ];
  for (const { form, text } of spellings) {
    it(`knows the spelling ${form}`, () => {
      const piece = '"a \\b+?>~ü/>';
      const found = findCanaries(Buffer.from(text(piece) as string), [{ name: 'piece', value: piece }]);
      assert(
        found.some((finding) => finding.form === form),
        JSON.stringify(found),
      );
    });
  }

  it('finds nothing where nothing is', () => {
    const other = json({ message: 'The credential is wrong', fingerprint: '1a557469', key: 'sk-FAKE+' });
    assert.deepEqual(findCanaries(Buffer.from(other), [KEY, KEY_PEM]), []);
    assert.deepEqual(findCanaries(Buffer.alloc(0), [KEY]), []);
  });

  it('does not take the public half of a key for the key', () => {
    const spki = createPrivateKey(PEM).export({ type: 'pkcs8', format: 'der' }).subarray(38, 294);
    assert.deepEqual(findCanaries(Buffer.from(spki.toString('base64url')), [KEY_PEM]), []);
  });
});
