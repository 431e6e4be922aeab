import fc from 'fast-check';

export const ODD_METHODS = [
  'HEAD',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'PROPFIND',
  'SEARCH',
  'LINK',
  'POST',
  'PUT',
  'DELETE',
  'GET',
];

const AROUND = [
  ['', ''],
  ['\u0000', ''],
  ['\u202e', '\u2066'],
  ['😀', '\ufeff'],
  ["' OR 1=1; --", ''],
  ['<script>', '</script>'],
  ['${', '}'],
  ['{{', '}}'],
  ['../../', '/..%2f'],
  ['\r\nX-Injected: ', '\r\n'],
  ['`', '`; DROP TABLE x'],
  ['\u001b[31m', '\u0007'],
  ['%s%n%x', '%'],
  ['é', 'e\u0301'],
  ['', 'a'.repeat(3000)],
] as const;

/** Texts that break what is careless; each holds the canary, so that it is found wherever it comes out. */
export function hostileText(canary: string): fc.Arbitrary<string> {
  return fc.constantFrom(...AROUND).map(([before, after]) => before + canary + after);
}

/** Values of every other type, and numbers at the ends of theirs. */
export function hostileValue(canary: string): fc.Arbitrary<unknown> {
  const plain = [
    null,
    true,
    false,
    0,
    -0,
    -1,
    1e308,
    -1e308,
    5e-324,
    2 ** 53,
    -(2 ** 31),
    1.5,
    '',
    [],
    {},
    [[]],
    [null],
  ];
  return fc.oneof(
    hostileText(canary),
    fc.constantFrom<unknown>(...plain),
    hostileText(canary).map((text) => [text]),
    hostileText(canary).map((text) => ({ [text]: text })),
    fc
      .constantFrom('toString', 'hasOwnProperty', '__defineGetter__', 'valueOf', 'then')
      .map((name) => ({ [name]: canary })),
    fc.integer({ min: 15, max: 40 }).map((depth) => nested(depth, canary)),
  );
}

function nested(depth: number, inside: unknown): unknown {
  return depth === 0 ? inside : { [depth % 2 ? 'a' : canaryFree]: nested(depth - 1, inside) };
}
const canaryFree = 'b';

/** Request targets that parsers of paths disagree about. */
export function hostileTargets(canary: string): fc.Arbitrary<string> {
  return fc.constantFrom(
    '//',
    '///',
    '//health',
    `//${canary}/health`,
    '/\\\\/health',
    '/./health',
    '/x/../health',
    '/health/',
    '/health%2f',
    '/%68ealth',
    '/%',
    '/%zz',
    '/%c0%af',
    '/health;a=b',
    '/HEALTH',
    '/?',
    '/integrations',
    '/integrations/',
    '/integrations//gcp',
    '/integrations/acme//setup',
    `/integrations/acme/${canary}/setup`,
    `/integrations/acme/../${canary}`,
    '/integrations/acme%2fgcp',
    '/integrations/%2e%2e/providers',
    '/integrations/acme/gcp/setup/',
    `/integrations/acme/gcp/${canary}`,
    `/integrations/${'a'.repeat(4000)}`,
    `/${canary}?${canary}=%`,
    `/providers?${'x='.repeat(2000)}`,
    '/openapi.json/..',
    '/constructor',
    '/__proto__',
    'http://[',
    `http://${canary}/health`,
    '*',
  );
}

/** Headers that lie, repeat or go on for long. */
export function HOSTILE_HEADERS(canary: string): Readonly<Record<string, readonly string[]>> {
  return {
    accept: ['text/html', 'text/event-stream', '*/*;q=0', `${canary}/x`, 'application/json;q=abc', ',,,'],
    prefer: [`wait=${canary}`, 'wait=0, wait=0', 'wait="1"', `${canary}; wait=0`, 'x'.repeat(4000)],
    'if-match': [canary, `"${canary}"`, '""', 'W/*', '"1', `"${'9'.repeat(3000)}"`],
    'idempotency-key': ['', ' ', `\u00e9${canary}`, `${canary} ${canary}`, `${canary}${'k'.repeat(300)}`],
    'x-request-id': [`${canary} `.repeat(2), `<${canary}>`, `${canary}${'r'.repeat(200)}`, '', 'fine-id.1', '{}'],
    authorization: [
      '',
      'Bearer',
      `Bearer ${canary}`,
      `Basic ${canary}`,
      `Bearer ${canary}.${canary}.${canary}`,
      'Bearer a b',
    ],
    'content-type': [
      'text/plain',
      'application/jsonp',
      `application/json; charset=${canary}`,
      'application/x+json',
      '',
      canary,
    ],
    'content-encoding': ['gzip', 'br', 'identity', canary],
    origin: ['null', `https://${canary}.example`, '*', 'https://console.example'],
    'x-forwarded-for': [canary],
    'x-http-method-override': ['DELETE'],
    host: [`${canary}.example`],
    cookie: [`session=${canary}`],
    traceparent: [canary, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    range: ['bytes=0-1'],
    expect: [canary],
  };
}
