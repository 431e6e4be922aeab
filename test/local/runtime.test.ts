import assert from 'node:assert/strict';
import { request } from 'node:http';
import { eventually, startTestCloud, type TestCloud } from '../harness/cloud.ts';

describe('the embedded runtime', function () {
  this.timeout(60_000);
  let cloud: TestCloud;
  before(async () => void (cloud = await startTestCloud()));
  after(() => cloud.close());

  /** Status of a call with headers that `fetch` would not let through. */
  const statusWith = (headers: Record<string, string>, path = '/local/info'): Promise<number> =>
    new Promise((resolve, reject) => {
      const call = request(cloud.url + path, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      call.once('error', reject).end();
    });
  const local = async (verb: string, path: string, body?: unknown) => {
    const response = await fetch(`${cloud.url}/local/${path}`, {
      method: verb,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    // oxlint-disable-next-line typescript/no-explicit-any -- answers of any shape
    return { status: response.status, body: (response.status === 204 ? {} : await response.json()) as any };
  };
  const withToken = async (url: string, method = 'GET', body?: object) => {
    const { body: info } = await local('GET', 'info');
    const response = await fetch(
      url.replace('{run}', info.endpoints.run).replace('{scheduler}', info.endpoints.scheduler),
      {
        method,
        headers: { authorization: `Bearer ${info.operator.access_token}` },
        ...(body ? { body: JSON.stringify(body) } : {}),
      },
    );
    // oxlint-disable-next-line typescript/no-explicit-any -- answers of any shape
    return (await response.json()) as any;
  };

  for (const [name, headers] of Object.entries<Record<string, string>>({
    'a rebound host name': { host: 'evil.example:8080' },
    'a page of another origin': { origin: 'https://evil.example' },
    'an opaque origin': { origin: 'null' },
  })) {
    it(`does not let ${name} steer it`, async () => assert.equal(await statusWith(headers), 403));
  }

  it('names its endpoints and the operator', async () => {
    const { body } = await local('GET', 'info');
    assert.deepEqual(Object.keys(body.endpoints).toSorted(), [
      'bigquery',
      'iam',
      'kms_grpc',
      'kms_rest',
      'metadata',
      'oauth',
      'pubsub',
      'run',
      'scheduler',
    ]);
    assert.equal(body.operator.credentials.type, 'service_account');
    assert.match(body.operator.credentials.token_uri, /^http:\/\/127\.0\.0\.1:\d+\/token$/);
  });

  it('injects a fault as often as it is told, and takes it back', async () => {
    const { status, body } = await local('POST', 'faults', {
      service: 'bigquery',
      kind: 'error',
      status: 503,
      rate: 1,
    });
    assert.equal(status, 201);
    assert.equal((await cloud.call('GET', '/integrations/acme')).status, 503);
    assert.equal((await local('DELETE', `faults/${body.id}`)).status, 204);
    assert.equal((await cloud.call('GET', '/integrations/acme')).status, 200);
  });

  for (const [name, call] of Object.entries<[string, string, unknown?]>({
    'a fault of an unknown kind': ['POST', 'faults', { service: 'kms', kind: 'fire', rate: 1 }],
    'a clock that runs backwards': ['POST', 'clock', { advance_s: -1 }],
    'arguments that are no texts': ['POST', 'jobs/billing', { args: [1] }],
    'an org that is none': ['GET', 'sandbox?org=A%20B'],
  })) {
    it(`refuses ${name}`, async () => assert.equal((await local(...call)).status, 400));
  }

  it('knows no job but ours', async () => assert.equal((await local('POST', 'jobs/miner')).status, 404));

  it('answers the exit code of a job', async () => {
    assert.deepEqual((await local('POST', 'jobs/upkeep')).body, { exit_code: 0 });
    assert.deepEqual((await local('POST', 'jobs/billing', { args: ['--unknown'] })).body, { exit_code: 1 });
  });

  it('moves the clock of jobs with its own', async () => {
    const now = Date.now();
    await local('POST', 'clock', { advance_s: 86_400 });
    const lines: string[] = [];
    await cloud.jobs.run({ job: 'focus', args: ['--org', 'nobody'], onLine: (line) => lines.push(line) });
    const { time } = JSON.parse(lines.at(-1) ?? '{}') as { time: string };
    assert(new Date(time).getTime() > now + 86_000_000, time);
  });

  it('starts jobs by the Run API, as the scheduler does when the time comes', async () => {
    const jobs = '{run}/v2/projects/integration-setup-local/locations/us-central1/jobs';
    const started = await withToken(`${jobs}/upkeep:run`, 'POST', {});
    const done = await eventually(async () => {
      const operation = await withToken(`{run}/v2/${started.name}`);
      return operation.done ? operation : undefined;
    });
    assert.equal(done.response.succeededCount, 1);

    await local('POST', 'clock', { advance_s: 660 });
    await eventually(async () => {
      const entry = await withToken(
        '{scheduler}/v1/projects/integration-setup-local/locations/us-central1/jobs/upkeep',
      );
      return entry.lastAttemptTime && !entry.status?.code;
    });
  });
});
