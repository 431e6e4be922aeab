import type { Values } from '../generator/names.ts';
import type { FocusRow } from '../oracle/expected-parts.ts';

/** What the Cloud Billing API lists: an account that was renamed, and a subaccount without a name. */
const LISTED: readonly Values[] = [
  {
    name: 'billingAccounts/0RDER0-000000-000000',
    displayName: 'Zoo',
    parent: 'organizations/1',
    ingestion_date: '2026-02-01',
  },
  { name: 'billingAccounts/0RDER0-000000-000000', displayName: 'Größe 😀', ingestion_date: '2026-02-10' },
  {
    name: 'billingAccounts/0RDER1-000000-000000',
    displayName: ' ',
    masterBillingAccount: 'billingAccounts/1',
    ingestion_date: '2026-02-10',
  },
];
const EXPECTED: Readonly<Record<string, readonly [name: string, type: string]>> = {
  '0RDER0-000000-000000': ['Größe 😀', 'Billing Account'],
  '0RDER1-000000-000000': ['0RDER1-000000-000000', 'Billing Subaccount'],
  '0RDER2-000000-000000': ['0RDER2-000000-000000', 'Billing Account'],
};

export const listedAccounts = (): readonly Values[] => LISTED;

/** Accounts that are called otherwise than they are listed. */
export function accountFaults(focus: readonly FocusRow[]): string[] {
  return Object.entries(EXPECTED)
    .filter(([id, expected]) => {
      const rows = focus.filter((row) => row['BillingAccountId'] === id);
      const isCalled = (row: FocusRow) =>
        row['BillingAccountName'] === expected[0] && row['BillingAccountType'] === expected[1];
      return rows.length === 0 || !rows.every(isCalled);
    })
    .map(([id]) => id);
}
