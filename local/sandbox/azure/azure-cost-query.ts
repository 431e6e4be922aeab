import { randomUUID } from 'node:crypto';
import formats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { AzureCall } from './azure-call.ts';

interface CostQuery {
  readonly timePeriod?: { readonly from: string; readonly to: string };
  readonly timeframe: string;
  readonly dataset: { readonly granularity?: string; readonly aggregation?: Record<string, unknown> };
}

/** Closed object: what a published description does not name is a mistake of whoever asks. */
const closed = (required: readonly string[], properties: object): object => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
const oneOf = (...values: string[]): object => ({ type: 'string', enum: values });
const atMostTwo = { minItems: 1, maxItems: 2 };
const comparison = closed(['name', 'operator', 'values'], {
  name: { type: 'string' },
  operator: oneOf('In'),
  values: { type: 'array', minItems: 1, items: { type: 'string' } },
});
const filters = { type: 'array', minItems: 2, items: { $ref: '#/$defs/filter' } };

/** Body of Query - Usage as Microsoft.CostManagement 2025-03-01 describes it. */
const QUERY_SCHEMA = {
  $defs: { filter: closed([], { and: filters, or: filters, dimensions: comparison, tags: comparison }) },
  ...closed(['type', 'timeframe', 'dataset'], {
    type: oneOf('Usage', 'ActualCost', 'AmortizedCost'),
    timeframe: oneOf(
      ...['MonthToDate', 'BillingMonthToDate', 'TheLastMonth'],
      ...['TheLastBillingMonth', 'WeekToDate', 'Custom'],
    ),
    timePeriod: closed(['from', 'to'], {
      from: { type: 'string', format: 'date-time' },
      to: { type: 'string', format: 'date-time' },
    }),
    dataset: closed([], {
      // The service takes None as well; the published list holds Daily alone.
      granularity: oneOf('Daily', 'None'),
      configuration: closed([], { columns: { type: 'array', items: { type: 'string' } } }),
      aggregation: {
        type: 'object',
        minProperties: 1,
        maxProperties: 2,
        additionalProperties: closed(['name', 'function'], {
          name: oneOf('Cost', 'CostUSD', 'PreTaxCost', 'PreTaxCostUSD'),
          function: oneOf('Sum'),
        }),
      },
      grouping: {
        type: 'array',
        ...atMostTwo,
        items: closed(['type', 'name'], { type: oneOf('Dimension', 'TagKey'), name: { type: 'string' } }),
      },
      filter: { $ref: '#/$defs/filter' },
    }),
  }),
};

const ajv = new Ajv2020({ strict: false });
formats.default(ajv);
const isQuery = ajv.compile<CostQuery>(QUERY_SCHEMA);
const JSON_TYPE = /^application\/json(?:;\s*charset=utf-8)?$/i;

/** What is wrong with a query of costs, in a sentence; undefined when nothing is. */
export function costQueryFault({ headers, body }: AzureCall): string | undefined {
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) return 'The content type of the request is not application/json.';
  const query = parsed(body);
  if (!isQuery(query)) return `Invalid query definition: ${ajv.errorsText(isQuery.errors)}.`;
  const { timeframe, timePeriod } = query;
  if ((timeframe === 'Custom') !== (timePeriod !== undefined)) return 'Invalid query definition: timePeriod.';
  return timePeriod && timePeriod.from > timePeriod.to ? 'Invalid query definition: from is after to.' : undefined;
}

/** The one row of a day on which something was spent. */
export function costResult(subscriptionId: string, body: string): object {
  const { dataset, timePeriod } = JSON.parse(body) as CostQuery;
  const name = randomUUID();
  const sums = Object.keys(dataset.aggregation ?? { Cost: {} });
  const day = Number((timePeriod?.from ?? '2026-01-01').slice(0, 10).replaceAll('-', ''));
  const isDaily = dataset.granularity === 'Daily';
  const columns = [
    ...sums.map((sum) => ({ name: sum, type: 'Number' })),
    ...(isDaily ? [{ name: 'UsageDate', type: 'Number' }] : []),
    { name: 'Currency', type: 'String' },
  ];
  const row = [...sums.map(() => 12.3), ...(isDaily ? [day] : []), 'USD'];
  return {
    id: `subscriptions/${subscriptionId}/providers/Microsoft.CostManagement/query/${name}`,
    name,
    type: 'Microsoft.CostManagement/query',
    location: null,
    sku: null,
    eTag: null,
    properties: { nextLink: null, columns, rows: [row] },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
