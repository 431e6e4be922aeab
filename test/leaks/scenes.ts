import { gzipSync } from 'node:zlib';
import { registry } from '../providers/fixtures.ts';
import type { LeakServer, Sent } from './leak-server.ts';
import type { Planted } from './planted.ts';

type Call = readonly [verb: string, path: string, request?: Sent];

const orgOf = (scene: string, { slug }: Planted): string => `${scene}_${slug.replaceAll('-', '_')}`;
const pathOf = (scene: string, set: Planted): string => `/integrations/${orgOf(scene, set)}/${set.slug}`;
const bodyOf = ({ credentials, metadata }: Planted): object => ({ credentials, metadata });
const soon = { prefer: 'wait=1' };
const streamed = { accept: 'text/event-stream' };

async function inOrder(server: LeakServer, calls: readonly Call[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const [verb, path, request] of calls) statuses.push((await server.call(verb, path, request)).status);
  return statuses;
}

/** The life of an integration that nobody disturbs; a second credential comes in between. */
export function liveThrough(server: LeakServer, first: Planted, second: Planted): Promise<number[]> {
  const path = pathOf('life', first);
  const org = path.slice(0, path.lastIndexOf('/'));
  const setup: Call = ['POST', `${path}/setup`, { body: bodyOf(first), headers: soon }];
  const keyed = { 'idempotency-key': `key-${first.slug}` };
  return inOrder(server, [
    ['POST', `${path}/setup?dry_run=true`, { body: bodyOf(first) }],
    ['POST', `${path}/setup?dry_run=true`, { body: bodyOf(first), headers: streamed }],
    setup,
    ['POST', `${path}/setup`, { body: bodyOf(first) }],
    ['POST', `${path}/setup`, { body: bodyOf(second) }],
    ['GET', path],
    ['GET', org],
    ['POST', `${path}/validate`, { headers: soon }],
    ['PUT', path, { body: bodyOf(second), headers: soon }],
    ['PUT', path, { body: { ...bodyOf(first), label: 'again' }, headers: { 'if-match': '"1"' } }],
    ['PUT', path, { body: { label: 'renamed' } }],
    ['GET', path],
    ['DELETE', path],
    ['GET', path],
    ['POST', `${path}/setup`, { body: bodyOf(second), headers: keyed }],
    ['POST', `${path}/setup`, { body: bodyOf(second), headers: keyed }],
    ['POST', `${path}/setup`, { body: bodyOf(first), headers: keyed }],
    ['GET', org],
  ]);
}

/** Requests that are refused, with a secret in every place where a client can put one. */
export async function beRefused(server: LeakServer, set: Planted): Promise<void> {
  const path = pathOf('refused', set);
  const calls = set.secrets.flatMap((secret) => [...bodies(path, set, secret), ...heads(path, set, secret)]);
  await inOrder(server, calls);
}

function bodies(path: string, set: Planted, secret: string): Call[] {
  const json = JSON.stringify(bodyOf(set));
  const { credentials = {} } = set;
  const typed = (contentType: string, body: Sent['body'], more = {}): Sent => ({
    body,
    headers: { 'content-type': contentType, ...more },
  });
  const misfits: unknown[] = [
    { credentials: secret },
    { credentials: [secret] },
    { credentials: { [secret]: secret } },
    { credentials: { ...credentials, [secret]: 7 } },
    { credentials: { ...credentials, extra: [secret] } },
    { credentials: Object.fromEntries(Object.keys(credentials).map((field) => [field, [secret]])) },
    { credentials: Object.fromEntries(Object.keys(credentials).map((field) => [field, { [field]: secret }])) },
    { credentials: Object.fromEntries(Object.keys(credentials).map((field) => [field, `"${secret}"`])) },
    { credentials: { ...credentials, padding: secret.repeat(Math.ceil(8_000 / secret.length)) } },
    { ...bodyOf(set), expires_at: secret },
    { ...bodyOf(set), label: secret.padEnd(101, secret) },
    { ...bodyOf(set), [secret]: secret },
    { ...bodyOf(set), metadata: { [secret]: secret } },
    { ...bodyOf(set), metadata: [secret] },
    secret,
    [secret],
    json.slice(0, -1),
    `${json},`,
    json.replace('{', `{"credentials":"${encodeURIComponent(secret)}",`),
    secret,
    `{"credentials":{"api_key":${secret}}}`,
    JSON.stringify({ ...bodyOf(set), padding: secret.repeat(Math.ceil(70_000 / secret.length)) }),
    // Only what is known by its form can be kept out of fields that everybody may read.
    ...(registry.looksSecret(secret)
      ? [
          { ...bodyOf(set), label: secret.slice(0, 100) },
          { ...bodyOf(set), metadata: { ...set.metadata, notes: `the key is ${secret}` } },
          { ...bodyOf(set), metadata: { ...set.metadata, account_id: secret } },
          {
            ...bodyOf(set),
            metadata: { additional_billing_accounts: [{ name: secret, billing_export_table: secret }] },
          },
        ]
      : []),
  ];
  return [
    ...misfits.flatMap((body): Call[] => [
      ['POST', `${path}/setup`, { body }],
      ['PUT', path, { body }],
    ]),
    ...[
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      `x/${encodeURIComponent(secret)}`,
    ].map((type): Call => ['POST', `${path}/setup`, typed(type, json)]),
    ['POST', `${path}/setup`, typed('application/json; charset=utf-16', json)],
    ['POST', `${path}/setup`, typed('application/json', gzipSync(json), { 'content-encoding': 'gzip' })],
    ['POST', `${path}/setup`, typed('application/json', json, { 'content-encoding': 'gzip' })],
    [
      'POST',
      `${path}/setup?dry_run=true`,
      { body: { credentials: { ...credentials, extra: [secret] } }, headers: streamed },
    ],
    ['POST', `${path}/validate`, { body: { credentials: secret } }],
    ['DELETE', path, { body: json }],
    ['PATCH', path, { body: json }],
  ];
}

/** Headers that are read, and headers that others read for us. */
const READ = ['idempotency-key', 'if-match', 'prefer', 'authorization', 'origin', 'accept'];
const PASSED_ON = ['cookie', 'referer', 'user-agent', 'traceparent', 'x-cloud-trace-context', 'x-forwarded-for'];

function heads(path: string, set: Planted, secret: string): Call[] {
  const org = path.slice(0, path.lastIndexOf('/'));
  const body = bodyOf(set);
  const inUrl = encodeURIComponent(secret);
  const inHeader = secret.replace(/\s+/g, '');
  // A request id is answered and logged as it stands, unless its form tells that it is a secret.
  const read = registry.looksSecret(inHeader) ? ['x-request-id', ...READ] : READ;
  const withHeader = (name: string, value = inHeader): Sent => ({ headers: { [name]: value } });
  return [
    ['POST', `${path}/setup?api_key=${inUrl}`, { body: {} }],
    ['POST', `${path}/setup?dry_run=${inUrl}`, { body: {} }],
    ['POST', `${path}/setup/${inUrl}`, { body }],
    ['POST', `${org}/${inUrl}/setup`, { body }],
    ['GET', `/integrations/${inUrl}`],
    ['GET', `/${inUrl}`],
    ['GET', `/%${inUrl}`],
    ['GET', `${org}?status=${inUrl}&category=${inUrl}`],
    ...read.flatMap((name): Call[] => [
      ['POST', `${path}/setup`, { body: { credentials: {} }, ...withHeader(name) }],
      ['PUT', path, { body: { label: 'x' }, ...withHeader(name) }],
      ['POST', `${path}/validate`, withHeader(name, inHeader.slice(0, 100))],
    ]),
    ...[...read, ...PASSED_ON].map((name): Call => ['GET', path, withHeader(name)]),
  ];
}

/** What goes on while Cloud KMS, Pub/Sub and the provider are in trouble. */
export function askInTrouble(server: LeakServer, scene: string, first: Planted, second: Planted): Promise<unknown> {
  const [path, known] = [pathOf(scene, first), pathOf('life', first)];
  const dryRun = `${path}/setup?dry_run=true`;
  return atOnce(server, [
    ['POST', `${path}/setup`, { body: bodyOf(first) }],
    ['PUT', known, { body: bodyOf(second) }],
    ['POST', `${known}/validate`],
    ['POST', dryRun, { body: bodyOf(first) }],
    ['POST', dryRun, { body: bodyOf(second), headers: streamed }],
  ]);
}

/** What goes on while the rows cannot be read or written. */
export function storeInTrouble(server: LeakServer, scene: string, first: Planted, second: Planted): Promise<unknown> {
  const [path, known] = [pathOf(scene, first), pathOf('life', first)];
  return atOnce(server, [
    ['POST', `${path}/setup`, { body: bodyOf(first) }],
    ['POST', `${path}/setup`, { body: bodyOf(second), headers: { 'idempotency-key': scene } }],
    ['PUT', known, { body: bodyOf(second) }],
    ['GET', known],
  ]);
}

function atOnce(server: LeakServer, calls: readonly Call[]): Promise<unknown> {
  return Promise.all(calls.map(([verb, path, request]) => server.call(verb, path, request)));
}
