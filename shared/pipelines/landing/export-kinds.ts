import { NATIVE_ROWS } from './native-rows.ts';

/** What a table of a customer's Google Cloud billing is: each kind is exported by Google under its own switch. */
export type ExportKind = 'standard' | 'detailed' | 'native' | 'pricing' | 'commitments' | 'focus';

/** How one kind of export is recognised, and where it lands. */
export interface ExportRules {
  /** As messages name it. */
  readonly title: string;
  /** Field of the integration's metadata that names such a table. */
  readonly field: string;
  /** Raw table of the organisation. */
  readonly table: string;
  /** Columns without which the rows say nothing, or not what they cost; `a.b` is `b` within the record `a`. */
  readonly required: readonly string[];
  /** For an export whose columns are not those of its raw table. */
  readonly translated?: {
    /** Raw table that such an export has the columns of. */
    readonly shape: string;
    /** Columns of its own raw table, as expressions over those. */
    readonly columns: Readonly<Record<string, string>>;
  };
}

// Without credits an export does not say what is to be paid, so they are required as the cost is.
const MONEY = [
  'billing_account_id',
  'usage_start_time',
  'usage_end_time',
  'export_time',
  'cost',
  'currency',
  'credits.amount',
  'invoice.month',
];

export const EXPORT_KINDS: Readonly<Record<ExportKind, ExportRules>> = {
  detailed: {
    title: 'detailed billing export',
    field: 'detailed_export_table',
    table: 'cloud_gcp_billing_raw_daily',
    required: MONEY,
  },
  standard: {
    title: 'standard billing export',
    field: 'billing_export_table',
    table: 'cloud_gcp_billing_raw_daily',
    required: MONEY,
  },
  // Google's FOCUS export of an account that has no billing export.
  native: {
    title: 'FOCUS export',
    field: 'focus_export_table',
    table: 'cloud_gcp_billing_raw_daily',
    required: ['BillingAccountId', 'BilledCost', 'BillingCurrency', 'BillingPeriodStart', 'x_Credits.Amount'],
    translated: { shape: 'cloud_gcp_focus_raw', columns: NATIVE_ROWS },
  },
  pricing: {
    title: 'pricing export',
    field: 'pricing_export_table',
    table: 'cloud_gcp_pricing_raw',
    required: ['billing_account_id', 'sku.id'],
  },
  commitments: {
    title: 'committed use discount export',
    field: 'committed_use_discount_table',
    table: 'cloud_gcp_cud_subscriptions_raw',
    required: ['billing_account_id', 'subscription.instance_id'],
  },
  focus: {
    title: 'FOCUS export',
    field: 'focus_export_table',
    table: 'cloud_gcp_focus_raw',
    required: ['BillingAccountId', 'BilledCost', 'BillingCurrency', 'ChargePeriodStart'],
  },
};

/** What a raw table adds to the columns of its export, and how its rows are told apart. */
export interface RawTable {
  readonly name: string;
  /** Columns of its own, flat for clustering, by the path they are copied from. */
  readonly flat: Readonly<Record<string, string>>;
  /** Column that says which billing account pays. */
  readonly account: string;
  /** Column that says when Google wrote the row, where the export has one. */
  readonly exportedAt: string | undefined;
  /**
   * What is the same in two tables that hold one account twice: `rows` compares row by row, `accounts` takes a day of an
   * account from one table alone.
   */
  readonly comparedBy: 'rows' | 'accounts';
  /**
   * Which billing periods are converted again when its rows change: those of the rows, those that a commitment reaches whose
   * terms changed, or none.
   */
  readonly periods: 'of rows' | 'of commitments' | 'none';
}

const SNAPSHOT = { account: 'billing_account_id', comparedBy: 'accounts', periods: 'none' } as const;

const RAW_TABLES: readonly RawTable[] = [
  {
    name: 'cloud_gcp_billing_raw_daily',
    flat: { service_id: 'service.id', project_id: 'project.id', location_region: 'location.region' },
    account: 'billing_account_id',
    exportedAt: 'export_time',
    comparedBy: 'rows',
    periods: 'of rows',
  },
  {
    ...SNAPSHOT,
    name: 'cloud_gcp_pricing_raw',
    flat: { service_id: 'service.id', sku_id: 'sku.id' },
    exportedAt: 'export_time',
  },
  {
    ...SNAPSHOT,
    name: 'cloud_gcp_cud_subscriptions_raw',
    flat: {},
    exportedAt: undefined,
    periods: 'of commitments',
  },
  { ...SNAPSHOT, name: 'cloud_gcp_focus_raw', flat: {}, account: 'BillingAccountId', exportedAt: 'x_ExportTime' },
];

/** Columns of every raw table that code fills in. */
const LINEAGE = [
  'ingestion_date',
  'x_source_table',
  'x_org_slug',
  'x_pipeline',
  'x_run_id',
  'x_credential_id',
  'x_loaded_at',
];

/** @throws Error for a table that no export lands in. */
export function rawTable(name: string): RawTable {
  const found = RAW_TABLES.find((table) => table.name === name);
  if (!found) throw new Error(`No export lands in ${name}`);
  return found;
}

/** The raw table whose columns an export of a kind has. */
export function shapeOf(kind: ExportKind): RawTable {
  const { translated, table } = EXPORT_KINDS[kind];
  return rawTable(translated?.shape ?? table);
}

/** Columns of a raw table that an export cannot supply, since code fills them in. */
export function addedColumns({ flat }: Pick<RawTable, 'flat'>): ReadonlySet<string> {
  return new Set([...Object.keys(flat), ...LINEAGE]);
}
