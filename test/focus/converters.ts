import type { Cell } from '../sql/google-values.ts';
import { startGoogleSql } from '../sql/zetasql.ts';
import { startEmbeddedWarehouse } from './embedded-conversion.ts';
import { convertWithGoogle, periodsOf, rowsOfTable, type Beside } from './google-conversion.ts';
import type { RawRow } from './raw-rows.ts';

export type FocusRow = Readonly<Record<string, Cell>>;

/** An engine that a conversion is proven on; each conversion starts from empty tables. */
export interface Converter {
  convert(rows: readonly RawRow[], beside?: Beside): Promise<Converted>;
  close(): Promise<void>;
}

export interface Converted {
  readonly focus: readonly FocusRow[];
  readonly quality: readonly FocusRow[];
}

export const CONVERTERS: readonly { readonly engine: string; readonly start: () => Promise<Converter> }[] = [
  { engine: "Google's engine", start: startGoogle },
  { engine: 'the embedded engine', start: startEmbedded },
];

async function startGoogle(): Promise<Converter> {
  const google = await startGoogleSql();
  return {
    convert: async (rows, beside) => convertWithGoogle(google, rows, periodsOf(rows), beside),
    close: () => google.close(),
  };
}

const WRITTEN = ['cloud_gcp_billing_raw_daily', 'cost_data_standard_1_3', 'data_quality_results'];

async function startEmbedded(): Promise<Converter> {
  const warehouse = await startEmbeddedWarehouse();
  return {
    async convert(rows, beside = {}) {
      await warehouse.load('cloud_gcp_billing_raw_daily', rows);
      for (const [table, values] of Object.entries(beside)) await warehouse.load(table, rowsOfTable(table, values));
      await warehouse.convert(periodsOf(rows));
      const focus = await warehouse.rows('cost_data_standard_1_3');
      const quality = await warehouse.rows('data_quality_results');
      for (const table of [...WRITTEN, ...Object.keys(beside)])
        await warehouse.query(`DELETE FROM \`{{project}}.{{org}}.${table}\` WHERE TRUE`);
      return { focus, quality };
    },
    close: () => warehouse.close(),
  };
}
