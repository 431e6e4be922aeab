import { RECONCILE } from '../../shared/pipelines/focus-statements.ts';
import type { Warehouse } from '../../shared/pipelines/warehouse.ts';
import { bounded, unavailable } from '../../shared/platform/deadline.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import type { CostRequest } from './cost-request.ts';
import { costStatement, LIST_BILLED_PERIODS, MAX_ROWS } from './cost-statements.ts';

/** One group's money as exact decimal text in plain notation, under the names of the groups. */
export type CostRow = Readonly<Record<string, string | null>>;

/** What an invoice came to in the export and in FOCUS. */
export interface Reconciliation {
  readonly billing_account_id: string;
  readonly invoice_month: string | null;
  readonly currency: string;
  readonly source: string;
  readonly focus: string;
  /** `focus` less `source`; anything but 0 is converted again by the next run. */
  readonly difference: string;
}

/** The FOCUS table of an organisation. */
export interface CostTable {
  readonly warehouse: Pick<Warehouse, 'query'>;
  /** When its rows were changed last. */
  readonly changedAt: Date;
}

export interface CostReport {
  readonly rows: readonly CostRow[];
  readonly as_of: string | null;
  readonly reconciliation: readonly Reconciliation[];
}

/**
 * Sums of the days asked for. An organisation without any converted bill has no costs, which is no error.
 *
 * @throws ServiceError `invalid_request` when it would be too many rows, `backend_unavailable`.
 */
export async function readCosts(request: CostRequest, table: CostTable | undefined): Promise<CostReport> {
  if (!table) return { rows: [], as_of: null, reconciliation: [] };
  const [rows, reconciliation] = await Promise.all([sumsOf(request, table), reconcile(request, table)]);
  return { rows, as_of: table.changedAt.toISOString(), reconciliation };
}

/** The sums alone, as downloads have them. */
export async function sumsOf({ from, to, groups }: CostRequest, { warehouse }: CostTable): Promise<readonly CostRow[]> {
  const { rows } = await ask(warehouse.query(costStatement(groups), instants({ from, to })));
  if (rows.length <= MAX_ROWS) return rows as CostRow[];
  const advice = 'ask for fewer days, or group by fewer or coarser things';
  throw new ServiceError('invalid_request', `The answer has more than ${MAX_ROWS} rows; ${advice}`);
}

/** Whole invoices: what Google Cloud bills is settled by account, month and currency. */
async function reconcile({ from, to }: CostRequest, { warehouse }: CostTable): Promise<Reconciliation[]> {
  const { rows: periods } = await ask(warehouse.query(LIST_BILLED_PERIODS, instants({ from, to })));
  if (periods.length === 0) return [];
  const { rows } = await ask(warehouse.query(RECONCILE, { periods }));
  return rows.map(({ focus_rows: _counted, ...reconciled }) => reconciled as unknown as Reconciliation);
}

const instants = ({ from, to }: Pick<CostRequest, 'from' | 'to'>) => ({
  from: `${from}T00:00:00Z`,
  to: `${to}T00:00:00Z`,
});

async function ask<T>(call: Promise<T>): Promise<T> {
  try {
    return await bounded('BigQuery', call);
  } catch (err) {
    throw err instanceof ServiceError ? err : unavailable('BigQuery', err);
  }
}
