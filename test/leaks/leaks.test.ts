import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BigQuery } from '@google-cloud/bigquery';
import { tokenAuth } from '../../shared/gcp/service-account-auth.ts';
import { eventually } from '../harness/cloud.ts';
import { registry } from '../providers/fixtures.ts';
import { startEchoProvider, type Manner } from './echo-provider.ts';
import { canarySearch, type Canary } from './find-canaries.ts';
import { startLeakServer, type LeakServer } from './leak-server.ts';
import { planted, plantedSets, secretFields, type Planted } from './planted.ts';
import { askInTrouble, beRefused, liveThrough, storeInTrouble } from './scenes.ts';
import { filesBelow, processesOf, rowsBelow, type Sink } from './sinks.ts';

const ECHOING = ['api.anthropic.com', 'generativelanguage.googleapis.com', 'api.deepseek.com', 'slack.com'];
const KINDS = ['error', 'reset', 'garbage'] as const;
const MANNERS: Record<(typeof KINDS)[number], Manner> = { error: 'fails', reset: 'cuts off', garbage: 'garbles' };
/** Longer than any of our limits for one call of these services, milliseconds. */
const HANGING_MS = 4_000;

describe('secrets of every provider, wherever they go and whatever fails', function () {
  this.timeout(180_000);
  let folder: string;
  let server: LeakServer;
  let echo: Awaited<ReturnType<typeof startEchoProvider>>;
  let sets: Planted[];
  let others: Planted[];
  let customer: Planted;
  let search: (haystack: Buffer) => { canary: string; form: string; offset: number }[];
  const canaries: Canary[] = [];
  const processes: Sink[] = [];
  const jobs = new Map<string, number>();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'leaks-'));
    echo = await startEchoProvider();
    const endpoints = Object.fromEntries(ECHOING.map((host) => [host, echo.url]));
    [server, sets, others] = await Promise.all([startLeakServer(folder, endpoints), plantedSets(), plantedSets()]);
    const { providers } = (await server.steer('GET', 'sandbox?org=customer')) as {
      providers: Record<string, Record<string, object>>;
    };
    customer = planted('gcp', providers['gcp']!['valid']!);
    const known = ['valid', 'wrong'].flatMap((name) => [
      planted('gcp', providers['gcp']![name]!),
      planted('openai', providers['openai']![name]!),
    ]);
    // A key that its provider accepts is in use, and its successor a candidate.
    const accepted = known.filter(({ slug }) => slug === 'openai');
    sets = sets.map((set) => (set.slug === 'openai' ? accepted[0]! : set));
    canaries.push(...[...sets, ...others, ...known].flatMap((set) => set.canaries));
    search = canarySearch(canaries);
  });
  after(async () => {
    await server.stop();
    await echo.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Each provider on its own organisations, all at once. */
  const each = (play: (first: Planted, second: Planted) => Promise<unknown>): Promise<unknown> =>
    Promise.all(sets.map((set, index) => play(set, others[index]!)));
  const withFaults = async (faults: readonly object[], play: () => Promise<unknown>): Promise<void> => {
    for (const fault of faults) await server.steer('POST', 'faults', fault);
    await play();
    await server.steer('DELETE', 'faults');
  };
  const runJob = async (name: string, ...args: string[]): Promise<void> => {
    const { exit_code: exitCode } = (await server.steer('POST', `jobs/${name}`, { args })) as { exit_code: number };
    jobs.set(name, exitCode);
  };
  const nowhere = (sinks: readonly Sink[]): void => {
    assert(
      sinks.some(({ bytes }) => bytes.length > 0),
      'there is nothing to search',
    );
    const found = sinks.flatMap(({ name, bytes }) =>
      search(bytes).map(({ canary, form, offset }) => `${name}: ${canary} in ${form} at ${offset}`),
    );
    assert.deepEqual([...new Set(found)].slice(0, 20), []);
  };

  it('are planted in every field that the registry calls secret', () => {
    const fields = registry.providers.flatMap(({ slug }) => secretFields(slug).map((field) => `${slug} ${field}`));
    assert(fields.length >= 11);
    assert.deepEqual(
      fields.filter((field) => !canaries.some(({ name }) => name === field)),
      [],
    );
  });

  it('live from setup to deletion', async () => {
    await each((first, second) => liveThrough(server, first, second));
    const statuses = new Set(server.answers.map(({ status }) => status));
    for (const status of [200, 201, 202, 204, 404, 409, 412, 422]) assert(statuses.has(status), `no answer ${status}`);
    assert(echo.calls > 10);
  });

  it('are refused in every place of a request', async () => {
    const from = server.answers.length;
    await each((set) => beRefused(server, set));
    const refusals = server.answers.slice(from);
    const stored = refusals.filter(
      ({ status, to }) => status < 300 && !to.startsWith('GET') && !to.includes('dry_run'),
    );
    assert.deepEqual(
      stored.map(({ status, to }) => `${status} ${to}`),
      [],
    );
  });

  for (const kind of KINDS) {
    it(`meet backends and providers that answer with ${kind}`, async () => {
      echo.manner = MANNERS[kind];
      const troubled = ['kms', 'pubsub', 'oauth', 'openai'].map((service) => ({ service, kind }));
      await withFaults(troubled, () => each((first, second) => askInTrouble(server, `ask_${kind}`, first, second)));
      echo.manner = 'refuses';
      await withFaults([{ service: 'bigquery', kind }], () =>
        each((first, second) => storeInTrouble(server, `store_${kind}`, first, second)),
      );
      assert(server.answers.some(({ status }) => status === 503));
    });
  }

  it('meet backends that hang', async () => {
    const hanging = ['oauth', 'openai', 'pubsub', 'kms'].map((service) => ({
      service,
      kind: 'latency',
      latency_ms: HANGING_MS,
      // Most of the calls get past Cloud KMS, or nothing would come to the others.
      ...(service === 'kms' ? { count: 4 } : {}),
    }));
    await withFaults(hanging, () => each((first, second) => askInTrouble(server, 'hanging', first, second)));
  });

  it('are used by jobs, while backends work and while they fail', async () => {
    const { credentials, metadata } = customer;
    const { body } = await server.call('POST', '/integrations/customer/gcp/setup', {
      body: { credentials, metadata },
      headers: { prefer: 'wait=20' },
    });
    assert.equal(body.validation_status, 'VALID', JSON.stringify(body));
    const slow = { service: 'oauth', kind: 'latency', latency_ms: 1_500, count: 1 };
    const watching = eventually(async () => {
      const running = processesOf(folder);
      processes.push(...running);
      return running.some(({ bytes }) => bytes.includes('jobs/billing/main.ts'));
    });
    await withFaults([slow], () => Promise.all([runJob('billing', '--org', 'customer'), runJob('upkeep'), watching]));
    assert.deepEqual([...jobs.values()], [0, 0]);
    const failing = [
      { service: 'kms', kind: 'error', count: 2 },
      { service: 'oauth', kind: 'error' },
    ];
    await withFaults(failing, () => runJob('billing', '--org', 'customer'));
    assert.equal(jobs.get('billing'), 1);
  });

  it('stand in no answer, neither in its head nor in its body', () => {
    nowhere(server.answers.map(({ to, status, bytes }) => ({ name: `${status} to ${to}`, bytes })));
  });

  it('stand in no argument and no variable of a process', () => {
    assert(processes.some(({ name, bytes }) => name.endsWith('environ') && bytes.includes('CLOUD_RUN_JOB')));
    nowhere(processes);
  });

  it('stand in no table, and none in the journal of calls', async () => {
    const info = (await server.steer('GET', 'info')) as {
      project_id: string;
      endpoints: { bigquery: string };
      operator: { access_token: string };
    };
    const bigQuery = new BigQuery({
      projectId: info.project_id,
      apiEndpoint: info.endpoints.bigquery,
      authClient: tokenAuth(info.operator.access_token),
    });
    const [tables] = await bigQuery.dataset('integrations').getTables();
    const sinks = await Promise.all(
      tables.map(async ({ id }) => {
        const [rows] = await bigQuery.query(`SELECT TO_JSON_STRING(t) AS json FROM integrations.${id} AS t`);
        return {
          name: `table ${id}`,
          bytes: Buffer.from((rows as { json: string }[]).map(({ json }) => json).join('\n')),
        };
      }),
    );
    const filled = sinks.filter(({ bytes }) => bytes.length > 0).map(({ name }) => name);
    for (const name of ['org_integration_credentials', 'org_integration_events', 'idempotency_keys', 'pipeline_runs']) {
      assert(filled.includes(`table ${name}`), `${name} is empty`);
    }
    nowhere([...sinks, { name: 'calls', bytes: Buffer.from(JSON.stringify(await server.steer('GET', 'calls'))) }]);
  });

  it('stand in no file and in no row of the store, and nowhere in what the process wrote', async () => {
    await server.stop();
    const files = await filesBelow(folder);
    const names = files.map(({ name }) => name);
    for (const name of ['log/functions.jsonl', 'log/jobs.jsonl']) assert(names.includes(name), names.join());
    const rows = await rowsBelow(folder);
    for (const name of ['table pubsub_messages', 'table kms_key_versions']) {
      assert(
        rows.some((sink) => sink.name === name),
        rows.map((sink) => sink.name).join(),
      );
    }
    nowhere([...files, ...rows, { name: 'output', bytes: server.output() }]);
  });
});
