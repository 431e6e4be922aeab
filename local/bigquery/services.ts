import type { ServiceContext } from '../kit/contracts.ts';
import type { Access } from './access.ts';
import type { LocalCatalog } from './catalog/catalog.ts';
import type { SqlEngine } from './contracts.ts';
import type { Duck } from './duck.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { ResultStore } from './jobs/result-store.ts';
import type { RowWriter } from './loads/row-writer.ts';
import type { RowInserter } from './rows/insert-rows.ts';
import type { TableReader } from './rows/table-reader.ts';

/** What the routes work with. */
export interface Services {
  readonly ctx: ServiceContext;
  readonly duck: Duck;
  readonly catalog: LocalCatalog;
  readonly access: Access;
  readonly engine: SqlEngine;
  readonly jobs: Jobs;
  readonly results: ResultStore;
  readonly rowWriter: RowWriter;
  readonly reader: TableReader;
  readonly inserter: RowInserter;
}
