/** One row of the standard usage cost export, as NDJSON for a load job; what is absent is NULL. */
export interface ExportRow {
  readonly billing_account_id: string;
  readonly service?: { readonly id: string; readonly description: string };
  readonly sku?: { readonly id: string; readonly description: string };
  readonly usage_start_time: string;
  readonly usage_end_time: string;
  readonly project?: ExportProject;
  readonly labels: readonly Label[];
  readonly system_labels: readonly Label[];
  readonly location?: { location: string; country?: string; region?: string; zone?: string };
  readonly tags: readonly (Label & { readonly inherited: boolean; readonly namespace: string })[];
  readonly price?: ExportPrice;
  readonly export_time: string;
  /** FLOAT64 in the export, with the tails that doubles have. */
  readonly cost: number;
  readonly currency: string;
  readonly currency_conversion_rate: number;
  readonly usage?: { amount: number; unit: string; amount_in_pricing_units: number; pricing_unit: string };
  readonly credits: readonly Credit[];
  readonly invoice: { readonly month: string; readonly publisher_type: string };
  readonly cost_type: 'regular' | 'tax' | 'adjustment' | 'rounding_error';
  readonly adjustment_info?: { id: string; description: string; mode: string; type: string };
  readonly cost_at_list?: number;
  readonly transaction_type: 'GOOGLE' | 'THIRD_PARTY_RESELLER' | 'THIRD_PARTY_AGENCY';
  readonly seller_name?: string;
  readonly subscription?: { readonly instance_id: string };
  readonly cost_at_effective_price_default?: string;
  readonly cost_at_list_consumption_model?: string;
  readonly consumption_model?: { readonly id: string; readonly description: string };
}

export interface Label {
  readonly key: string;
  readonly value: string;
}

export interface Credit {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly full_name: string;
  readonly amount: number;
}

/** NUMERIC: decimal text. */
export interface ExportPrice {
  readonly effective_price: string;
  readonly tier_start_amount: string;
  readonly unit: string;
  readonly pricing_unit_quantity: string;
  readonly list_price: string;
  readonly effective_price_default: string;
  readonly list_price_consumption_model: string;
}

export interface ExportProject {
  readonly id: string;
  readonly number: string;
  readonly name: string;
  readonly labels: readonly Label[];
  readonly ancestry_numbers: string;
  readonly ancestors: readonly { readonly resource_name: string; readonly display_name: string }[];
}
