import type { Duck } from '../duck.ts';
import { quoted } from '../values/types.ts';
import type { LocalCatalog } from './catalog.ts';
import { createPhysical, physicalTables } from './physical.ts';

/**
 * Brings catalogue and database together after a crash between their two writes.
 *
 * @param committed - Ids of transactions that happened: their tables are what they were to become.
 */
export async function repair(catalog: LocalCatalog, duck: Duck, committed: ReadonlySet<string>): Promise<void> {
  const { store } = catalog;
  for (const { id, ref, resource } of store.intents()) {
    if (committed.has(id)) catalog.adopt(ref, resource);
    store.removeIntent(id);
  }
  const present = await physicalTables(duck);
  for (const { projectId, datasetId } of store.datasets()) {
    for (const { info } of store.tables(projectId, datasetId)) {
      const isThere = present.delete(`${projectId}:${datasetId}.${info.ref.tableId}`);
      if (!isThere && info.type === 'TABLE') await duck.transaction((run) => createPhysical(run, info));
    }
  }
  for (const { schema, table } of present.values()) await duck.run(`DROP TABLE ${quoted(schema)}.${quoted(table)}`);
}
