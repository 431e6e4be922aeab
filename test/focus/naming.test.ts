import assert from 'node:assert/strict';
import type { Cell } from '../sql/google-values.ts';
import { startGoogleSql, type GoogleSql } from '../sql/zetasql.ts';
import { convertWithGoogle, rawRows } from './google-conversion.ts';

type Row = Readonly<Record<string, Cell>>;

/** One thing that the export writes and what FOCUS calls it. */
const NAMINGS: readonly { readonly of: string; readonly row: Row; readonly focus: Row }[] = [
  ...Object.entries({
    seconds: 'Seconds',
    'byte-seconds': 'B-Seconds',
    'gibibyte month': 'GiB-Months',
    'gibibyte-month': 'GiB-Months',
    'vcpu hour': 'Core-Hours',
    '1000 count': '1000 Count',
    'node hour': 'Node-Hours',
    'tebibyte day': 'TiB-Days',
    'query per second': 'Queries/Second',
    '1000 api calls': '1000 API Calls',
    'gibibyte/3 months': 'GiB/3 Months',
    widget: 'Widgets',
    '§': 'Units',
  }).map(([unit, name]) => ({
    of: `the unit ${unit}`,
    row: { 'usage.pricing_unit': unit },
    focus: { PricingUnit: name, x_PricingUnit: unit },
  })),
  ...Object.entries({
    'N1 Predefined Instance Core running in Americas': 'Compute Usage',
    'Network Inter Zone Data Transfer Out': 'Data Transfer',
    'Commitment v1: Cpu in Americas for 1 Year': 'Commitment',
    'Nvidia L4 GPU running in Belgium': 'Accelerator Usage',
    'SSD backed PD Capacity in Belgium': 'Block Volume Usage',
    'Class A Operations': 'API Requests',
    'Nearline Storage Belgium': 'Storage Usage',
    'Analysis (us)': 'Query Usage',
    'Licensing Fee for Windows': 'Software Licence',
    'Message Delivery Basic': 'Message Delivery Basic',
    'Something new in Belgium': 'Something new',
  }).map(([text, meter]) => ({
    of: `the SKU ${text}`,
    row: { 'sku.description': text },
    focus: { SkuMeter: meter, ChargeDescription: text },
  })),
  {
    of: 'a machine series',
    row: { 'sku.description': 'Spot Preemptible N2D AMD Instance Ram' },
    focus: { SkuPriceDetails: '{"InstanceSeries":"N2D","x_TierStartAmount":0}' },
  },
  {
    of: 'a storage class',
    row: { 'sku.description': 'Coldline Storage Iowa', 'price.tier_start_amount': '1000' },
    focus: { SkuPriceDetails: '{"StorageClass":"Coldline","x_TierStartAmount":1000}' },
  },
  {
    of: 'a region',
    row: { 'location.region': 'europe-west3' },
    focus: { RegionId: 'europe-west3', RegionName: 'Frankfurt', AvailabilityZone: null },
  },
  {
    of: 'a zone',
    row: { 'location.zone': 'europe-west3-a' },
    focus: { RegionId: 'europe-west3', RegionName: 'Frankfurt', AvailabilityZone: 'europe-west3-a' },
  },
  {
    of: 'a multi-region',
    row: { 'location.location': 'us', 'location.country': 'US' },
    focus: { RegionId: 'us', RegionName: 'United States (multi-region)' },
  },
  { of: 'a dual-region', row: { 'location.location': 'nam4' }, focus: { RegionId: 'nam4', RegionName: 'nam4' } },
  {
    of: 'a country',
    row: { 'location.location': 'DE', 'location.country': 'DE' },
    focus: { RegionId: null, RegionName: null },
  },
  { of: 'the whole world', row: { 'location.location': 'global' }, focus: { RegionId: null, RegionName: null } },
  ...Object.entries({
    '//compute.googleapis.com/projects/1/zones/us-central1-a/instances/7': 'compute.googleapis.com/Instance',
    '//cloudsql.googleapis.com/projects/p/instances/main': 'sqladmin.googleapis.com/Instance',
    '//storage.googleapis.com/projects/_/buckets/invoices': 'storage.googleapis.com/Bucket',
    '//compute.googleapis.com/projects/1/global/urlMaps/maps': 'compute.googleapis.com/UrlMap',
    '//compute.googleapis.com/projects/1/global/firewallPolicies/p': 'compute.googleapis.com/FirewallPolicy',
    '//compute.googleapis.com/projects/1/regions/r/externalVpnGateways/g': 'compute.googleapis.com/ExternalVpnGateway',
  }).map(([id, type]) => ({
    of: `the resource ${id}`,
    row: { 'resource.global_name': id },
    focus: { ResourceId: id, ResourceType: type },
  })),
  {
    of: 'a resource that has only a name',
    row: { 'resource.name': 'queue', 'service.description': 'Cloud Tasks' },
    focus: { ResourceId: 'queue', ResourceName: null, ResourceType: 'Cloud Tasks resource' },
  },
  {
    of: 'a service by its id',
    row: { 'service.id': '6F81-5844-456A', 'service.description': 'Compute Engine (renamed)' },
    focus: { ServiceCategory: 'Compute', ServiceSubcategory: 'Virtual Machines' },
  },
  {
    of: 'a service by its name without Google and Cloud',
    row: { 'service.description': 'Google Cloud Pub/Sub' },
    focus: { ServiceCategory: 'Integration', ServiceSubcategory: 'Messaging' },
  },
  {
    of: 'a service that nobody knows',
    row: { 'service.description': 'Time Machine' },
    focus: { ServiceName: 'Time Machine', ServiceCategory: 'Other', ServiceSubcategory: 'Other (Other)' },
  },
];

describe('the FOCUS name', () => {
  let google: GoogleSql;
  let found: ReadonlyMap<Cell, Row>;
  before(async () => {
    google = await startGoogleSql();
    const usage = { cost: 1, 'usage.amount': 1, 'usage.amount_in_pricing_units': 1 };
    const rows = NAMINGS.map(({ row }, at) => ({ ...usage, ...row, 'sku.id': `SKU-${at}` }));
    const { focus } = await convertWithGoogle(google, rawRows(rows));
    found = new Map(focus.map((row) => [row['x_SkuId'] ?? null, row]));
  });
  after(() => google.close());

  for (const [at, { of, focus }] of NAMINGS.entries()) {
    it(`of ${of} is found`, () => {
      const row = found.get(`SKU-${at}`);
      assert.deepEqual(Object.fromEntries(Object.keys(focus).map((column) => [column, row?.[column]])), focus);
    });
  }
});
