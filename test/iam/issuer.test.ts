import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { openState } from '../../local/host/state.ts';
import { createIssuer, type UserTokenRequest } from '../../local/iam/issuer.ts';
import { parseTokenRequest } from '../../local/iam/token-arguments.ts';

const clock = { now: () => new Date(), onAdvance: () => undefined };

describe('issuer of user tokens', () => {
  let dir: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'issuer-'));
  });
  after(() => rm(dir, { recursive: true }));

  it('signs what its published keys verify', async () => {
    const issuer = await createIssuer({ db: openState(dir), clock });
    const token = await issuer.sign({ orgs: { acme: 'admin', globex: 'viewer' }, sub: 'ada', ttl_s: 60 });
    const { payload } = await jwtVerify(token, createLocalJWKSet(await issuer.jwks()), {
      issuer: issuer.issuer,
      audience: 'integration-setup',
    });
    assert.deepEqual(payload['orgs'], { acme: 'admin', globex: 'viewer' });
    assert.equal(payload.sub, 'ada');
    assert.equal(payload.exp! - payload.iat!, 60);
  });

  it('is the same for two openers of one store, whoever comes first', async () => {
    const fresh = await mkdtemp(join(tmpdir(), 'issuer-'));
    const dbs = [openState(fresh), openState(fresh)];
    const [server, cli] = await Promise.all(dbs.map((db) => createIssuer({ db, clock })));
    const [token] = await Promise.all([cli!.sign({ orgs: { acme: 'editor' } }), server!.jwks()]);
    const { protectedHeader } = await jwtVerify(token, createLocalJWKSet(await server!.jwks()));
    assert.ok(protectedHeader.kid);
    for (const db of dbs) db.close();
    await rm(fresh, { recursive: true });
  });

  it('publishes no private part of its key', async () => {
    const issuer = await createIssuer({ db: openState(dir), clock });
    const [key] = (await issuer.jwks()).keys;
    assert.deepEqual(Object.keys(key ?? {}).toSorted(), ['alg', 'e', 'kid', 'kty', 'n', 'use']);
  });

  it('describes itself at whatever address it is served', async () => {
    const issuer = await createIssuer({ db: openState(dir), clock });
    const document = issuer.openidConfiguration('http://127.0.0.1:1/oidc') as Record<string, unknown>;
    assert.equal(document['jwks_uri'], 'http://127.0.0.1:1/oidc/jwks.json');
    assert.equal(document['issuer'], issuer.issuer);
  });

  for (const { name, request } of [
    { name: 'a slug in capitals', request: { orgs: { Acme: 'admin' } } },
    { name: 'an unknown role', request: { orgs: { acme: 'root' } } },
    { name: 'orgs that are a list', request: { orgs: ['acme'] } },
    { name: 'a lifetime of nothing', request: { orgs: { acme: 'admin' }, ttl_s: 0 } },
    { name: 'a lifetime in words', request: { orgs: { acme: 'admin' }, ttl_s: 'soon' } },
    { name: 'a subject that is no text', request: { orgs: { acme: 'admin' }, sub: 7 } },
  ]) {
    it(`refuses ${name}`, async () => {
      const issuer = await createIssuer({ db: openState(dir), clock });
      await assert.rejects(issuer.sign(request as unknown as UserTokenRequest), { httpStatus: 400 });
    });
  }
});

describe('arguments of the token command', () => {
  it('name organisations, roles, subject and lifetime', () => {
    assert.deepEqual(parseTokenRequest(['--org', 'acme=admin', '--org', 'globex=viewer', '--ttl', '60']), {
      orgs: { acme: 'admin', globex: 'viewer' },
      sub: 'local-user',
      ttl_s: 60,
    });
  });

  for (const { name, args } of [
    { name: 'no organisation', args: [] },
    { name: 'an organisation without a role', args: ['--org', 'acme'] },
    { name: 'an unknown role', args: ['--org', 'acme=root'] },
    { name: 'a slug that is none', args: ['--org', 'Acme=admin'] },
    { name: 'a lifetime in words', args: ['--org', 'acme=admin', '--ttl', 'long'] },
    { name: 'an unknown flag', args: ['--org', 'acme=admin', '--forever'] },
    { name: 'a lone word', args: ['acme=admin'] },
  ]) {
    it(`are refused with ${name}`, () => {
      assert.throws(() => parseTokenRequest(args));
    });
  }
});
