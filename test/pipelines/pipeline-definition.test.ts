import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { loadPipeline } from '../../shared/pipelines/pipeline-definition.ts';
import { readTables } from '../../shared/pipelines/table-config.ts';

const configs = fileURLToPath(new URL('../../configs/', import.meta.url));
const ids = globSync('{cloud,genai,saas}/**/*.yml', { cwd: configs }).map((file) => file.slice(0, -'.yml'.length));

describe('a pipeline definition', () => {
  for (const id of ids) {
    it(`${id} is valid, and its destination is a table of the organisation as configured`, () => {
      const { destination } = loadPipeline(id);
      const table = readTables('org').find(({ name }) => name === destination.table);
      assert.ok(table, `there is no configs/bigquery/org/${destination.table}.json`);
      if (destination.cluster) assert.deepEqual(table.clustering, destination.cluster);
      if (!destination.partition) return;
      const { field, type, expiration_days: days } = destination.partition;
      const expirationMs = days === undefined ? {} : { expirationMs: String(days * 86_400_000) };
      assert.deepEqual(table.timePartitioning, { type, field, ...expirationMs });
    });
  }

  it('reads durations and fills in what is left out', () => {
    const [authenticate] = loadPipeline('cloud/gcp/cost/billing').steps;
    assert.deepEqual(authenticate, {
      id: 'authenticate',
      processor: 'GCPAuthenticator',
      with: {},
      retry: { max: 3, backoffMs: 2_000 },
      timeoutMs: 120_000,
      onFailure: 'stop',
    });
  });

  it('is looked for below configs only', () => {
    assert.throws(() => loadPipeline('../package'), /no pipeline id/);
    assert.throws(() => loadPipeline('cloud/none'), /There is no pipeline cloud\/none/);
  });

  it('that is wrong is refused with all of its faults', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pipelines-'));
    try {
      await writeFile(
        join(folder, 'bad.yml'),
        'id: bad\nname: x\nprovider: gcp\nschedule: daily\nsteps: []\ncolour: red\n',
      );
      assert.throws(
        () => loadPipeline('bad', pathToFileURL(`${folder}/`)),
        /destination.*additional properties.*schedule.*steps/s,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
