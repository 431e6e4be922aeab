import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { functions, type FunctionName } from '../../functions/index.ts';
import { closureOf, filesOf, importsOf, ROOT } from './import-graph.ts';

const BIGQUERY = '@google-cloud/bigquery';
const KMS = '@google-cloud/kms';
const PUBSUB = '@google-cloud/pubsub';
const SCHEDULER = '@google-cloud/scheduler';

/** The cloud clients that each deployed function needs; a cold start pays for every one that it loads. */
const CLIENTS: Readonly<Record<string, readonly string[]>> = {
  'integrations-setup': [BIGQUERY, KMS, PUBSUB],
  'integrations-update': [BIGQUERY, KMS, PUBSUB],
  'integrations-validate': [BIGQUERY, PUBSUB],
  'integrations-list': [BIGQUERY],
  'integrations-get': [BIGQUERY],
  'integrations-delete': [BIGQUERY],
  validation: [BIGQUERY, KMS],
  pipelines: [BIGQUERY],
  costs: [BIGQUERY],
  providers: [],
};

const JOB_CLIENTS: Readonly<Record<string, readonly string[]>> = {
  billing: [BIGQUERY, KMS],
  focus: [BIGQUERY],
  upkeep: [BIGQUERY, KMS, PUBSUB, SCHEDULER],
};

const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  /** What the embedded cloud and the tests are made of. */
  readonly devDependencies: object;
  readonly dependencies: object;
};

/** A client that one of our files may import; `@google-cloud/common` and the like come with them. */
const isClient = (name: string) => name in PACKAGE.dependencies && name.startsWith('@google-cloud/');
const isDevelopment = (name: string) => name in PACKAGE.devDependencies;

/** The module of each function, as the table of contents names it. */
function entries(): Record<FunctionName, string> {
  const source = readFileSync(join(ROOT, 'functions/index.ts'), 'utf8');
  const found = [...source.matchAll(/^\s*'?([\w-]+)'?: \(\) => import\('\.\/([^']+)'\)/gm)];
  return Object.fromEntries(found.map(([, name, path]) => [name, `functions/${path}`])) as Record<FunctionName, string>;
}

async function loadedBy(entry: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--no-warnings',
    join(import.meta.dirname, 'loaded-packages.ts'),
    join(ROOT, entry),
  ]);
  return JSON.parse(stdout) as string[];
}

describe('the import graph', function () {
  this.timeout(30_000);

  it('has an entry for every function', () => {
    assert.deepEqual(Object.keys(entries()), Object.keys(functions));
    assert.deepEqual(Object.keys(CLIENTS).toSorted(), Object.keys(functions).toSorted());
  });

  for (const [name, entry] of Object.entries(entries())) {
    it(`gives ${name} the clients it uses and no other`, async () => {
      const { packages } = closureOf(entry);
      assert.deepEqual(packages.filter(isClient), CLIENTS[name], 'by its import statements');
      assert.deepEqual(packages.filter(isDevelopment), []);
      const loaded = await loadedBy(entry);
      assert.deepEqual(loaded.filter(isClient), CLIENTS[name], 'by what Node loads');
      const unseen = packages.filter((statically) => !loaded.includes(statically));
      assert.deepEqual(unseen, [], 'an import statement was misread');
    });
  }

  for (const job of readdirSync(join(ROOT, 'jobs'), { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    it(`gives the job ${job.name} no client that it has no use for`, () => {
      const allowed = JOB_CLIENTS[job.name];
      assert(allowed, 'name its clients in this test');
      const { packages } = closureOf(`jobs/${job.name}/main.ts`);
      const wrong = packages.filter((name) => isDevelopment(name) || (isClient(name) && !allowed.includes(name)));
      assert.deepEqual(wrong, []);
    });
  }

  it('leaves import() to the table of contents, the entry of the deployed functions, and to what is heavy and seldom needed', () => {
    const product = filesOf('functions', 'jobs', 'shared');
    const lazy = Object.fromEntries(
      product.map((file) => [file, importsOf(file).lazy] as const).filter(([, names]) => names.length > 0),
    );
    assert.deepEqual(lazy, {
      'functions/index.ts': Object.values(entries()),
      'functions/main.ts': ['@google-cloud/functions-framework'],
      // Few ask for a file, and its writer is heavier than all else that costs need.
      'functions/costs/costs.ts': ['functions/costs/parquet.ts'],
      // Only who starts a run needs the client, which is heavier than all else that reading runs needs.
      'shared/gcp/run-jobs.ts': ['@google-cloud/run'],
      // AWS's client is heavy, and most tests are not about AWS.
      'shared/providers/connection-test.ts': ['shared/providers/aws/aws-tester.ts'],
    });
  });
});

/** A folder and the folders that nothing in it may import from, types included. */
const ONE_WAY = [
  { folder: 'shared', never: ['functions', 'jobs', 'local', 'test', 'bench'] },
  { folder: 'functions', never: ['jobs', 'local', 'test', 'bench'] },
  { folder: 'jobs', never: ['functions', 'local', 'test', 'bench'] },
  { folder: 'local', never: ['test', 'bench'] },
];

describe('imports between folders', () => {
  for (const { folder, never } of ONE_WAY) {
    it(`never lead from ${folder} to ${never.join(', ')}`, () => {
      const wrong = filesOf(folder).flatMap((file) =>
        importsOf(file)
          .all.filter((name) => never.some((other) => name.startsWith(`${other}/`)))
          .map((name) => `${file} imports ${name}`),
      );
      assert.deepEqual(wrong, []);
    });
  }

  it('bring cloud clients to shared/gcp only', () => {
    const wrong = filesOf('functions', 'jobs', 'shared')
      .filter((file) => !file.startsWith('shared/gcp/') && file !== 'functions/main.ts')
      .filter((file) => importsOf(file).static.some(isGoogle));
    assert.deepEqual(wrong, []);
  });

  it('leave the environment to shared/platform/config.ts', () => {
    const readers = filesOf('functions', 'jobs', 'shared', 'local').filter((file) =>
      /process\.env\b|from 'node:process'/.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    assert.deepEqual(readers, ['shared/platform/config.ts']);
  });
});

const isGoogle = (name: string) => name.startsWith('@google-cloud/') || name === 'google-auth-library';
