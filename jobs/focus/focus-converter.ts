import { CONVERT_PERIODS, LIST_PERIODS, MARK_PERIODS, RECONCILE } from '../../shared/pipelines/focus-statements.ts';
import { allOf, PipelineError, toPipelineError } from '../../shared/pipelines/pipeline-error.ts';
import type { Processor, StepContext } from '../../shared/pipelines/processor.ts';
import { jobIdOf, type Warehouse } from '../../shared/pipelines/warehouse.ts';

/** One invoice of one billing account; exports of before 2018 name no month. */
interface Period {
  readonly billing_account_id: string | null;
  readonly invoice_month: string | null;
}

/** What one currency of a period came to; amounts are exact decimal text. */
interface Reconciled {
  readonly currency: string;
  readonly source: string;
  readonly focus: string;
  readonly difference: string;
  readonly focus_rows: number;
}

/** Texts of the procedure's ASSERTs; any other message may quote a customer's row, so it is not passed on. */
const FAILED_CHECK = /FOCUS check failed: ([\w ,]+?)(?= at \[|[^\w ,]|$)/;
/** BigQuery's words for a sum, product or quotient beyond 38 digits. */
const OVERFLOW = /numeric overflow|Invalid (?:BIG)?NUMERIC value/i;

/**
 * Converts every billing period whose raw rows changed, each in a transaction of its own: one that fails keeps its former
 * rows and its mark, and stops none of the others.
 */
export function focusConverter(warehouseOf: (org: string) => Promise<Warehouse>): Processor {
  return {
    async run(context) {
      const warehouse = await warehouseOf(context.run.org);
      const periods = await takeUpPeriods(context, warehouse);
      const failures: PipelineError[] = [];
      for (const period of periods) {
        context.signal.throwIfAborted();
        const failure = await convert(context, warehouse, period).catch((err: unknown) => failureOf(err, period));
        if (failure) failures.push(failure);
      }
      context.signal.throwIfAborted();
      const all = allOf(failures);
      if (all && failures.length === periods.length) throw all;
      return { failures };
    },
  };
}

async function takeUpPeriods({ run, platform }: StepContext, warehouse: Warehouse): Promise<readonly Period[]> {
  const { from = null, to = null } = run.window;
  const { rows } = await warehouse.query(LIST_PERIODS, { from, to });
  const periods = rows as unknown as Period[];
  if (periods.length > 0) {
    await warehouse.query(MARK_PERIODS, { periods, run_id: run.id, now: platform.clock.now().toISOString() });
  }
  return periods;
}

async function convert(context: StepContext, warehouse: Warehouse, period: Period): Promise<undefined> {
  const { run, attempt, platform, signal, log } = context;
  if (period.billing_account_id === null)
    throw new PipelineError('conversion_failed', 'Rows of the export name no billing account');
  const jobId = jobIdOf('focus', run.id, platform.config.task.attempt, attempt, period);
  await warehouse.runOnce(jobId, CONVERT_PERIODS, { periods: [period] }, signal);
  const { rows } = await warehouse.query(RECONCILE, { periods: [period] });
  for (const { focus_rows, ...reconciled } of rows as unknown as Reconciled[]) {
    context.progress({ rows: Number(focus_rows) });
    log.info('period-converted', { ...period, ...reconciled, rows: Number(focus_rows) });
  }
}

function failureOf(err: unknown, { billing_account_id: account, invoice_month: month }: Period): PipelineError {
  const known = toPipelineError(err);
  if (known.code !== 'internal') return known;
  const { message } = err as Error;
  const reason =
    FAILED_CHECK.exec(message)?.[1] ??
    (OVERFLOW.test(message)
      ? 'amounts of it have more digits than can be computed exactly'
      : 'its rows cannot be converted');
  return new PipelineError('conversion_failed', `Billing period ${account} ${month ?? 'without month'}: ${reason}`, {
    cause: err,
  });
}
