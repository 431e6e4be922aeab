import type { QueryParameter } from '../../local/bigquery/contracts.ts';
import type { Cell } from '../sql/google-values.ts';

const STRING = { type: 'STRING' };
const PERIOD = {
  type: 'STRUCT',
  structTypes: [
    { name: 'billing_account_id', type: STRING },
    { name: 'invoice_month', type: STRING },
  ],
};

/** Billing periods as the REST API is sent them. */
export function periodsParameter(periods: readonly Cell[]): QueryParameter {
  const text = (cell: Cell | undefined) => ({ value: (cell ?? null) as string | null });
  return {
    name: 'periods',
    parameterType: { type: 'ARRAY', arrayType: PERIOD },
    parameterValue: {
      arrayValues: (periods as Record<string, Cell>[]).map((period) => ({
        structValues: {
          billing_account_id: text(period['billing_account_id']),
          invoice_month: text(period['invoice_month']),
        },
      })),
    },
  };
}
