import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { loadConfig } from '../../../shared/platform/config.ts';
import { Secret } from '../../../shared/platform/secret.ts';
import { testConnection } from '../../../shared/providers/connection-test.ts';
import type { Credentials } from '../../../shared/providers/format-check.ts';
import { askedOnce, registry, serve } from '../fixtures.ts';
import { anApiKey, authorizationParts, isSignatureOf, PASSPHRASE, pem } from './oci-key.ts';

type Answer = readonly [status: number, body: unknown, headers?: Record<string, string>];
interface Seen {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const FRANKFURT = 'eu-frankfurt-1.oci.oraclecloud.com';
const ASHBURN = 'us-ashburn-1.oci.oraclecloud.com';
const user: Answer = [200, { id: 'ocid1.user.oc1..x', lifecycleState: 'ACTIVE' }];
const refused: Answer = [401, { code: 'NotAuthenticated', message: 'CANARY' }];
const usage: Answer = [200, { groupBy: [], items: [] }];
const homeIs = (home: string, ...others: string[]): Answer => [
  200,
  [home, ...others].map((regionName) => ({ regionName, status: 'READY', isHomeRegion: regionName === home })),
];

interface Options {
  readonly credentials?: Credentials;
  readonly now?: () => Date;
  readonly isPatient?: boolean;
}

/** Tests a key against hosts that answer so, one answer after the other, the last for ever. */
async function ask(answers: Readonly<Record<string, readonly Answer[]>>, options: Options = {}) {
  const { credentials = anApiKey(), now = () => new Date(), isPatient = false } = options;
  const left = new Map(Object.entries(answers).map(([place, list]) => [place, [...list]]));
  const seen: Seen[] = [];
  const { url, close } = await serve((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const line = (req.url ?? '').slice(1);
      seen.push({ line: `${req.method} ${line}`, headers: req.headers, body: Buffer.concat(chunks).toString() });
      const list = [...left].find(([place]) => line.startsWith(place))?.[1] ?? [];
      const [status, body, headers = {}] = (list.length > 1 ? list.shift() : list[0]) ?? [599, {}];
      res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    });
  });
  const hosts = [...new Set(Object.keys(answers).map((place) => place.split('/')[0]!))];
  const config = loadConfig({
    PROJECT_ID: 'test-project',
    KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
    PROVIDER_ENDPOINTS: JSON.stringify(Object.fromEntries(hosts.map((host) => [host, `${url}/${host}`]))),
  });
  const subject = {
    ...{ org: 'acme', provider: registry.get('oci'), credentials: Secret.of(credentials), metadata: {} },
    expiresAt: null,
  };
  const pauses: number[] = [];
  const wait = async (ms: number) => void pauses.push(ms);
  const deps = { ...askedOnce({ config, clock: { now } }), ...(isPatient ? { wait } : {}) };
  try {
    const result = await testConnection(subject, deps);
    return { result, seen, pauses, url, ids: result.checks.map(({ id, status }) => `${id} ${status}`) };
  } finally {
    await close();
  }
}

const allWell = {
  [`identity.${FRANKFURT}/20160918/users`]: [user],
  [`identity.${FRANKFURT}/20160918/tenancies`]: [homeIs('eu-frankfurt-1', 'us-ashburn-1')],
  [`usageapi.${FRANKFURT}`]: [usage],
};

describe('the test of an Oracle Cloud key', () => {
  it('asks for the user, the regions and the costs of a day', async () => {
    const credentials = anApiKey();
    const now = () => new Date('2026-11-22T23:59:59Z');
    const { result, seen, ids } = await ask(allWell, { credentials, now });
    assert.equal(result.outcome, 'accepted', JSON.stringify(result.checks));
    assert.deepEqual(ids, ['format pass', 'key_match pass', 'identity pass', 'region pass', 'usage_read pass']);
    assert.deepEqual(
      seen.map(({ line }) => line),
      [
        `GET identity.${FRANKFURT}/20160918/users/${credentials['user']}`,
        `GET identity.${FRANKFURT}/20160918/tenancies/${credentials['tenancy']}/regionSubscriptions`,
        `POST usageapi.${FRANKFURT}/20200107/usage?limit=1`,
      ],
    );
    assert.deepEqual(JSON.parse(seen[2]!.body), {
      tenantId: credentials['tenancy'],
      timeUsageStarted: '2026-11-21T00:00:00Z',
      timeUsageEnded: '2026-11-22T00:00:00Z',
      granularity: 'DAILY',
      queryType: 'COST',
      isAggregateByTime: true,
    });
    assert.deepEqual(result.discovered, { home_region: 'eu-frankfurt-1', regions: ['eu-frankfurt-1', 'us-ashburn-1'] });
  });

  it('signs what it sends, as it is sent', async () => {
    const credentials = anApiKey();
    const { seen, url } = await ask(allWell, { credentials });
    for (const { line, headers, body } of seen) {
      const { headers: names = '', signature = '', keyId } = authorizationParts(headers.authorization!);
      const [method = '', path = ''] = line.split(' ');
      const target = `${method.toLowerCase()} /${path}`;
      const text = names.split(' ').map((name) => {
        return `${name}: ${name === '(request-target)' ? target : String(headers[name])}`;
      });
      assert(isSignatureOf(text.join('\n'), signature), line);
      assert.equal(keyId, `${credentials['tenancy']}/${credentials['user']}/${credentials['fingerprint']}`);
      assert.equal(headers.host, new URL(url).host);
      assert.equal(headers['content-length'], body === '' ? undefined : String(Buffer.byteLength(body)));
    }
  });

  it('reads costs in the home region, whatever region was stated', async () => {
    const { result, seen, ids } = await ask({
      ...allWell,
      [`identity.${FRANKFURT}/20160918/tenancies`]: [homeIs('us-ashburn-1', 'eu-frankfurt-1')],
      [`usageapi.${ASHBURN}`]: [usage],
    });
    assert.equal(result.outcome, 'accepted');
    assert.equal(seen.at(-1)!.line, `POST usageapi.${ASHBURN}/20200107/usage?limit=1`);
    assert(ids.includes('region warn'));
  });

  it('asks for the user at home when the stated region sends it there', async () => {
    const { result, seen, ids } = await ask({
      ...allWell,
      [`identity.${FRANKFURT}/20160918/users`]: [[403, { code: 'NotAllowed', message: '' }]],
      [`identity.${FRANKFURT}/20160918/tenancies`]: [homeIs('us-ashburn-1')],
      [`identity.${ASHBURN}/20160918/users`]: [[404, { code: 'NotAuthorizedOrNotFound', message: '' }]],
    });
    assert.equal(result.outcome, 'insufficient_permission');
    assert.deepEqual(ids.slice(2), ['identity warn', 'region warn', 'identity:us-ashburn-1 fail']);
    assert.equal(seen.length, 3);
  });

  const realms: { tenancy: string; region: string; domain: string }[] = [
    { tenancy: 'ocid1.tenancy.oc2..aaaa', region: 'us-langley-1', domain: 'oraclegovcloud.com' },
    { tenancy: 'ocid1.tenancy.oc3..aaaa', region: 'us-gov-phoenix-1', domain: 'oraclegovcloud.com' },
    { tenancy: 'ocid1.tenancy.oc4..aaaa', region: 'uk-gov-london-1', domain: 'oraclegovcloud.uk' },
    { tenancy: 'ocid1.tenancy.oc8..aaaa', region: 'ap-chiyoda-1', domain: 'oraclecloud8.com' },
    { tenancy: 'ocid1.tenancy.oc19..aaaa', region: 'eu-madrid-2', domain: 'oraclecloud.eu' },
    { tenancy: 'ocid1.tenancy.oc52..aaaa', region: 'xx-somewhere-1', domain: 'oraclecloud52.com' },
    { tenancy: 'ocidv1:tenancy:oc1:phx:1460406592660:aaaa', region: 'us-phoenix-1', domain: 'oraclecloud.com' },
  ];
  for (const { tenancy, region, domain } of realms) {
    it(`finds the hosts of ${tenancy}`, async () => {
      const credentials = anApiKey({ tenancy, user: tenancy.replace('tenancy', 'user'), region });
      const place = `${region}.oci.${domain}`;
      const { result, seen } = await ask(
        {
          [`identity.${place}/20160918/users/${encodeURIComponent(credentials['user']!)}`]: [user],
          [`identity.${place}/20160918/tenancies/${encodeURIComponent(tenancy)}/regionSubscriptions`]: [homeIs(region)],
          [`usageapi.${place}`]: [usage],
        },
        { credentials },
      );
      assert.equal(result.outcome, 'accepted', JSON.stringify(result.checks));
      assert(seen[0]!.headers.authorization!.includes(`keyId="${tenancy}/`));
    });
  }

  it('asks nobody about a realm whose hosts are not known', async () => {
    const credentials = anApiKey({ tenancy: 'ocid1.tenancy.oc7..aaaa' });
    const { result, seen } = await ask(allWell, { credentials });
    assert.deepEqual([result.outcome, seen.length], ['blocked', 0]);
    assert.match(result.checks.at(-1)!.message, /realm oc7/);
    assert(result.checks.at(-1)!.remedy);
  });

  it('takes no host from an answer that is none', async () => {
    for (const regionName of ['evil.example/', 'EVIL', 'a@b', '', 'us-ashburn-1.evil.example', null, 7]) {
      const list = [{ regionName, status: 'READY', isHomeRegion: true }];
      const { result, seen } = await ask({ ...allWell, [`identity.${FRANKFURT}/20160918/tenancies`]: [[200, list]] });
      assert.deepEqual([result.outcome, seen.length], ['provider_error', 2], String(regionName));
    }
  });

  it('waits for a key that was added a moment ago, and signs anew each time', async () => {
    let seconds = 0;
    const start = Date.now();
    const now = () => new Date(start + (seconds += 1) * 1000);
    const users = [refused, refused, user];
    const answers = { ...allWell, [`identity.${FRANKFURT}/20160918/users`]: users };
    const { result, seen, pauses } = await ask(answers, { isPatient: true, now });
    assert.equal(result.outcome, 'accepted');
    assert.deepEqual(pauses, [2000, 2000]);
    assert.equal(new Set(seen.map(({ headers }) => headers['x-date'])).size, seen.length);
  });

  it('waits for a policy that was written a moment ago', async () => {
    const costs = [[404, { code: 'NotAuthorizedOrNotFound', message: '' }], usage] as const;
    const { result, pauses } = await ask({ ...allWell, [`usageapi.${FRANKFURT}`]: costs }, { isPatient: true });
    assert.deepEqual([result.outcome, pauses.length], ['accepted', 1]);
  });

  for (const { name, offsetMs, outcome } of [
    { name: 'four minutes', offsetMs: 4 * 60_000, outcome: 'rejected' },
    { name: 'six minutes', offsetMs: 6 * 60_000, outcome: 'provider_error' },
    { name: 'minus six minutes', offsetMs: -6 * 60_000, outcome: 'provider_error' },
  ]) {
    it(`says ${outcome} of a refusal when the clocks are ${name} apart`, async () => {
      const now = () => new Date(Date.now() + offsetMs);
      const { result } = await ask({ ...allWell, [`identity.${FRANKFURT}/20160918/users`]: [refused] }, { now });
      assert.equal(result.outcome, outcome);
    });
  }

  it('names the region that may not exist when nobody answers there', async () => {
    const { result } = await ask({}, { credentials: anApiKey({ region: 'xx-nowhere-1' }) });
    assert.equal(result.outcome, 'unreachable');
    assert.match(result.checks.at(-1)!.remedy!, /xx-nowhere-1/);
  });

  it('shows neither key nor passphrase, nor what Oracle said', async () => {
    const credentials = anApiKey({ private_key: pem('pkcs1', true), passphrase: PASSPHRASE });
    for (const answers of [allWell, { ...allWell, [`identity.${FRANKFURT}/20160918/users`]: [refused] }]) {
      const { result, seen } = await ask(answers, { credentials });
      const told = JSON.stringify({ result, seen });
      for (const secret of [PASSPHRASE, 'PRIVATE KEY', credentials['private_key']!.split('\n')[5]!]) {
        assert(!told.includes(secret), secret);
      }
      assert(!JSON.stringify(result).includes('CANARY'));
    }
  });
});
