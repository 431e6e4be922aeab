import { mkdir } from 'node:fs/promises';
import { apiListener, listen } from '../kit/api-server.ts';
import type { ServiceContext } from '../kit/contracts.ts';
import { Access } from './access.ts';
import { CatalogStore } from './catalog/catalog-store.ts';
import { LocalCatalog } from './catalog/catalog.ts';
import { Expiry } from './catalog/expiry.ts';
import { repair } from './catalog/repair.ts';
import { Duck } from './duck.ts';
import { runCopyJob } from './jobs/copy-job.ts';
import type { Job } from './jobs/job.ts';
import { JobStore } from './jobs/job-store.ts';
import { Jobs } from './jobs/jobs.ts';
import { runQueryJob } from './jobs/query-job.ts';
import { ResultStore } from './jobs/result-store.ts';
import { runLoadJob } from './loads/load-job.ts';
import { RowWriter } from './loads/row-writer.ts';
import { datasetRoutes } from './routes/dataset-routes.ts';
import { iamRoutes } from './routes/iam-routes.ts';
import { jobRoutes } from './routes/job-routes.ts';
import { projectRoutes } from './routes/project-routes.ts';
import { queryRoutes } from './routes/query-routes.ts';
import { routineRoutes } from './routes/routine-routes.ts';
import { rowRoutes } from './routes/row-routes.ts';
import { tableRoutes } from './routes/table-routes.ts';
import { uploadRoutes } from './routes/upload-routes.ts';
import { RowInserter } from './rows/insert-rows.ts';
import { TableReader } from './rows/table-reader.ts';
import type { Services } from './services.ts';
import { createSqlEngine } from './sql/engine.ts';

/** BigQuery v2 over REST: the catalogue in SQLite, the rows in DuckDB, both surviving kill -9. */
export async function startBigQuery(
  ctx: ServiceContext,
  options: { readonly port?: number } = {},
): Promise<{ url: string; close(): Promise<void> }> {
  await mkdir(ctx.dataDir, { recursive: true });
  const duck = await Duck.open(ctx.dataDir);
  const { services, expiry } = await assemble(ctx, duck);
  const { auth, faults, journal } = ctx;
  const server = await listen(
    apiListener({ service: 'bigquery', routes: routesOf(services), auth, faults, journal }),
    options.port,
  );
  return {
    url: server.url,
    async close() {
      await server.close();
      await services.jobs.stop();
      await expiry.stop();
      services.reader.close();
      duck.close();
    },
  };
}

async function assemble(ctx: ServiceContext, duck: Duck): Promise<{ services: Services; expiry: Expiry }> {
  const { clock, dataDir } = ctx;
  const catalog = new LocalCatalog(new CatalogStore(ctx.db), duck, clock);
  const access = new Access(ctx.policy, catalog.store);
  const expiry = new Expiry(catalog, duck);
  const rowWriter = new RowWriter({ catalog, access, expiry, duck, dataDir });
  const results = new ResultStore(dataDir);
  const engine = await createSqlEngine(duck.instance, catalog);
  const query = {
    engine,
    catalog,
    access,
    results,
    rowWriter,
    keep: (job: Job) => jobs.keep(job),
    isKept: (job: Job) => jobs.isKept(job),
  };
  const jobs = new Jobs({
    store: new JobStore(ctx.db),
    catalog,
    access,
    clock,
    execute: {
      query: (job) => runQueryJob(job, query),
      load: (job, upload) => runLoadJob(job, upload, { catalog, rowWriter }),
      copy: (job) => runCopyJob(job, { catalog, access, rowWriter }),
    },
  });
  const committed = await duck.takeCommits();
  await repair(catalog, duck, committed);
  jobs.endInterrupted(committed);
  await Promise.all([results.sweep(), rowWriter.sweep()]);
  expiry.start(clock);
  const reader = new TableReader(duck);
  const inserter = new RowInserter(rowWriter, clock);
  return { services: { ctx, duck, catalog, access, engine, jobs, results, rowWriter, reader, inserter }, expiry };
}

function routesOf(services: Services) {
  return [
    ...projectRoutes(services),
    ...datasetRoutes(services),
    ...tableRoutes(services),
    ...iamRoutes(services),
    ...rowRoutes(services),
    ...routineRoutes(services),
    ...queryRoutes(services),
    ...jobRoutes(services),
    ...uploadRoutes(services),
  ];
}
