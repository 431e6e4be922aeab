import assert from 'node:assert/strict';
import sinon from 'sinon';
import { integrationAnswer } from '../../functions/integrations/answers.ts';
import { parseSetup } from '../../functions/integrations/bodies.ts';
import { setUpIntegration, type SetupDeps } from '../../functions/integrations/set-up-integration.ts';
import { toIntegration } from '../../shared/credentials/integration.ts';
import { httpFunction } from '../../shared/http/edge.ts';
import { readJsonBody } from '../../shared/http/read-body.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import { aPlatform, host, setupDeps } from '../functions/fixtures.ts';
import { registry } from '../providers/fixtures.ts';
import { findCanaries } from './find-canaries.ts';
import { plantedSets, type Planted } from './planted.ts';

/** Everything that code can throw with a secret in it. */
const THROWN: { name: string; thrown: (secret: string) => unknown }[] = [
  { name: 'an error that quotes it', thrown: (secret) => new Error(`cannot use ${secret}`) },
  { name: 'an error of Node that quotes it', thrown: (secret) => caught(() => void JSON.parse(secret)) },
  { name: 'a failure that was caused by it', thrown: (secret) => new Error('failed', { cause: new Error(secret) }) },
  {
    name: 'a failure of ours that was caused by it',
    thrown: (secret) => new ServiceError('backend_unavailable', 'It does not answer', { cause: new Error(secret) }),
  },
  {
    name: 'a failure of ours that was caused by a text',
    thrown: (secret) => new ServiceError('internal', 'It failed', { cause: { request: { body: secret } } }),
  },
  {
    name: 'the error of a client, with the request it was about',
    thrown: (secret) =>
      Object.assign(new Error('refused'), {
        code: 403,
        config: { data: secret, headers: { authorization: secret } },
        toJSON: () => ({ data: secret }),
      }),
  },
  { name: 'several errors at once', thrown: (secret) => new AggregateError([new Error(secret)], 'all failed') },
  { name: 'a text', thrown: (secret) => secret },
  { name: 'an object', thrown: (secret) => ({ secret }) },
];

function caught(fail: () => void): unknown {
  try {
    fail();
  } catch (err) {
    return err;
  }
  return undefined;
}

const DEPENDENCIES: { name: string; broken: (deps: SetupDeps, fail: () => Promise<never>) => SetupDeps }[] = [
  { name: 'cipher', broken: (deps, encrypt) => ({ ...deps, cipher: { encrypt } }) },
  { name: 'topic', broken: (deps, publish) => ({ ...deps, topic: { publish } }) },
  ...(['find', 'create', 'append'] as const).map((method) => ({
    name: `store's ${method}`,
    broken: (deps: SetupDeps, fail: () => Promise<never>) => ({ ...deps, store: { ...deps.store, [method]: fail } }),
  })),
];

describe('code of ours that throws a secret', () => {
  let set: Planted;
  before(async () => (set = (await plantedSets()).find(({ slug }) => slug === 'azure')!));

  /** What a setup with these dependencies answers and logs. */
  async function setUp(broken: (deps: SetupDeps) => SetupDeps): Promise<{ status: number; text: string }> {
    const lines: string[] = [];
    const platform = aPlatform(lines);
    const authenticate = async () => ({ subject: 'ana', roleIn: () => 'admin' as const });
    const handler = httpFunction('integrations-setup', platform, { registry, authenticate }, [
      {
        path: '/integrations/{org}/{provider}/setup',
        scope: 'provider',
        async handle({ org, provider, principal, requestId, log, request }) {
          const body = parseSetup(await readJsonBody(request));
          const asked = { ...body, org, provider, actor: principal.subject, requestId };
          const { row } = await setUpIntegration(asked, { ...broken(setupDeps().deps), log });
          return integrationAnswer(202, toIntegration(row, provider, platform.config));
        },
      },
    ]);
    const { url, close } = await host(handler);
    const response = await fetch(`${url}/integrations/acme/azure/setup`, {
      method: 'POST',
      headers: { authorization: 'Bearer ana', 'content-type': 'application/json' },
      body: JSON.stringify({ credentials: set.credentials }),
    });
    const answer = `${[...response.headers].join('\n')}\n${await response.text()}`;
    await close();
    assert(response.status === 202 || lines.length > 0, 'a failure has to be in the log');
    return { status: response.status, text: `${answer}\n${lines.join('')}` };
  }

  for (const { name, broken } of DEPENDENCIES) {
    for (const { name: what, thrown } of THROWN) {
      it(`shows nothing of it when the ${name} throws ${what}`, async () => {
        // oxlint-disable-next-line typescript/only-throw-error -- libraries throw anything
        const fail = sinon.fake((): Promise<never> => Promise.reject(thrown(set.secrets[0]!)));
        const { status, text } = await setUp((deps) => broken(deps, fail));
        sinon.assert.called(fail);
        assert(status === 202 || status >= 500, `${status} ${text}`);
        assert.deepEqual(findCanaries(Buffer.from(text), set.canaries), [], text);
      });
    }
  }
});
