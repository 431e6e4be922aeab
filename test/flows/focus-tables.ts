import { ensureTable } from '../../shared/pipelines/org-dataset.ts';
import { readTables } from '../../shared/pipelines/table-config.ts';
import { operatorBigQuery } from '../../local/provision.ts';
import type { TestCloud } from '../harness/cloud.ts';

/** What a test says of a FOCUS row; the columns that have to be there are filled in. */
export interface FocusRow {
  readonly day: string;
  readonly service: string;
  readonly cost: string;
  readonly currency?: string;
  readonly account?: string;
  readonly month?: string;
  readonly more?: Readonly<Record<string, string | null>>;
}

/** A row of the raw export with its credits, as the doubles that it has. */
export interface ExportedRow {
  readonly day: string;
  readonly cost: number;
  readonly credits?: readonly number[];
  readonly currency?: string;
  readonly account?: string;
  readonly month?: string;
}

export const ACCOUNT = '0000AA-1111BB-2222CC';
const TABLES = new Set(['cost_data_standard_1_3', 'cloud_gcp_billing_raw_daily']);

/** The tables of an organisation that costs are read from, with rows as a test wants them. */
export async function fillOrg(
  cloud: TestCloud,
  org: string,
  { focus = [], raw = [] }: { readonly focus?: readonly FocusRow[]; readonly raw?: readonly ExportedRow[] },
): Promise<void> {
  const dataset = operatorBigQuery(cloud.cloud).dataset(`${org}_prod`);
  await dataset.create({ location: 'us-central1' });
  for (const config of readTables('org').filter(({ name }) => TABLES.has(name))) await ensureTable(dataset, config);
  if (focus.length > 0) await dataset.table('cost_data_standard_1_3').insert(focus.map(focusRow));
  if (raw.length > 0) await dataset.table('cloud_gcp_billing_raw_daily').insert(raw.map(rawRow));
}

function focusRow({ day, service, cost, currency = 'USD', account = ACCOUNT, month, more }: FocusRow): object {
  const at = day.includes('T') ? day : `${day}T08:00:00Z`;
  const costs = { BilledCost: cost, EffectiveCost: cost, ListCost: cost, ContractedCost: cost };
  return {
    ...costs,
    BillingAccountId: account,
    BillingCurrency: currency,
    BillingPeriodStart: '2026-02-01T08:00:00Z',
    BillingPeriodEnd: '2026-03-01T08:00:00Z',
    ChargeCategory: 'Usage',
    ChargePeriodStart: at,
    ChargePeriodEnd: at,
    InvoiceIssuerName: 'Google Cloud',
    ProviderName: 'Google Cloud',
    PublisherName: 'Google Cloud',
    ServiceProviderName: 'Google Cloud',
    ServiceCategory: 'Compute',
    ServiceName: service,
    x_InvoiceMonth: month ?? monthOf(day),
    ...more,
  };
}

function rawRow({ day, cost, credits = [], currency = 'USD', account = ACCOUNT, month }: ExportedRow): object {
  return {
    billing_account_id: account,
    usage_start_time: `${day}T08:00:00Z`,
    cost,
    currency,
    credits: credits.map((amount) => ({ amount })),
    invoice: { month: month ?? monthOf(day) },
    ingestion_date: day,
    x_source_table: 'customer.billing.export',
    x_org_slug: 'acme',
    x_pipeline: 'cloud/gcp/cost/billing',
    x_run_id: 'run-1',
    x_credential_id: 'credential-1',
    x_loaded_at: '2026-02-11T05:00:00Z',
  };
}

const monthOf = (day: string): string => day.slice(0, 7).replace('-', '');
