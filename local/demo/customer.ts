import type { ExportProject, Label } from './export-row.ts';

/** A billing account of the sample customer. */
export interface BillingAccount {
  /** `01A2B3-C4D5E6-F7A8B9` */
  readonly id: string;
  readonly name: string;
  readonly currency: string;
  /** USD to the account's currency. */
  readonly rate: number;
  /** Share of the list price that the contract takes off Compute Engine. */
  readonly computeDiscount: number;
  /** Part of all rows. */
  readonly share: number;
}

export const BILLING_ACCOUNTS: readonly BillingAccount[] = [
  { id: '01A2B3-C4D5E6-F7A8B9', name: 'Acme Inc.', currency: 'USD', rate: 1, computeDiscount: 0, share: 0.65 },
  { id: '0F9E8D-7C6B5A-493827', name: 'Acme GmbH', currency: 'EUR', rate: 0.92, computeDiscount: 0.08, share: 0.35 },
];

/** The name that Google gives to an account's export table. */
export function exportTableOf({ id }: Pick<BillingAccount, 'id'>): string {
  return `gcp_billing_export_v1_${id.replaceAll('-', '_')}`;
}

export const ORGANISATION = '412098765432';

const label = (text: string): Label[] =>
  text.split(' ').map((pair) => {
    const [key = '', value = ''] = pair.split('=');
    return { key, value };
  });

function project(number: string, id: string, name: string, labels: string, folder: [string, string]): ExportProject {
  const [folderNumber, folderName] = folder;
  return {
    id,
    number,
    name,
    labels: label(labels),
    ancestry_numbers: `/${ORGANISATION}/${folderNumber}/`,
    ancestors: [
      { resource_name: `organizations/${ORGANISATION}`, display_name: 'acme.example' },
      { resource_name: `folders/${folderNumber}`, display_name: folderName },
      { resource_name: `projects/${number}`, display_name: name },
    ],
  };
}

const PRODUCTION: [string, string] = ['560011223344', 'production'];
const SHARED: [string, string] = ['560055667788', 'shared'];

export const PROJECTS: readonly ExportProject[] = [
  project('731000000001', 'acme-shop-prod', 'Shop', 'env=prod team=shop cost-center=4711', PRODUCTION),
  project('731000000002', 'acme-search-prod', 'Search', 'env=prod team=search cost-center=4712', PRODUCTION),
  project('731000000003', 'acme-data-platform', 'Data platform', 'env=prod team=data cost-center=4720', SHARED),
  project('731000000004', 'acme-ml-lab', 'ML lab', 'env=research team=ml cost-center=4730', SHARED),
  project('731000000005', 'acme-staging', 'Staging', 'env=staging team=platform', SHARED),
  project('731000000006', 'acme-sandbox-eu', 'Sandbox EU', 'env=dev', SHARED),
];

export const LABEL_SETS: readonly (readonly Label[])[] = [
  [],
  label('env=prod app=checkout'),
  label('env=prod app=catalog version='),
  label('env=staging app=checkout'),
  label('goog-k8s-cluster-name=main k8s-namespace=payments goog-k8s-cluster-location=us-central1'),
  label('team=data pipeline=nightly'),
];
