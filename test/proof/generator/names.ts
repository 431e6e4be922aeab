import type { Cell } from '../../sql/google-values.ts';

export type Values = Readonly<Record<string, Cell>>;

/** What a service and a SKU are called in FOCUS; written by hand, so that a wrong lookup shows. */
export interface SkuFacts {
  readonly values: Values;
  readonly service: { readonly name: string; readonly category: string; readonly subcategory: string };
  readonly isKnownService: boolean;
  /** `SkuMeter` of priced rows; where the SKU has no text it is the service's name. */
  readonly meter: string;
  readonly series?: string;
  readonly storageClass?: string;
  readonly isDynamic?: true;
  readonly isRecurring?: true;
}

const service = (name: string, category: string, subcategory: string) => ({ name, category, subcategory });
const compute = service('Compute Engine', 'Compute', 'Virtual Machines');
const nobody = (name: string) => service(name, 'Other', 'Other (Other)');

function sku(
  [serviceId, serviceName, id, description]: readonly [Cell, Cell, Cell, Cell],
  facts: Omit<SkuFacts, 'values' | 'isKnownService'>,
): SkuFacts {
  const values = {
    'service.id': serviceId,
    'service.description': serviceName,
    'sku.id': id,
    'sku.description': description,
  };
  return { values, isKnownService: facts.service.category !== 'Other', ...facts };
}

const COMPUTE = '6F81-5844-456A';

export const SKUS: readonly SkuFacts[] = [
  sku([COMPUTE, 'Compute Engine', 'N1-CORE', 'N1 Predefined Instance Core running in Americas'], {
    service: compute,
    meter: 'Compute Usage',
    series: 'N1',
  }),
  sku([COMPUTE, 'Compute Engine', 'N2D-SPOT', 'Spot Preemptible N2D AMD Instance Ram running in Belgium'], {
    service: compute,
    meter: 'Compute Usage',
    series: 'N2D',
    isDynamic: true,
  }),
  sku([null, 'Compute Engine', 'GPU', 'Nvidia L4 GPU running in Belgium'], {
    service: compute,
    meter: 'Accelerator Usage',
  }),
  sku(['FFFF-0000-FFFF', 'Compute Engine', 'PD', 'SSD backed PD Capacity in Belgium'], {
    service: compute,
    meter: 'Block Volume Usage',
  }),
  sku([COMPUTE, 'Compute Engine (renamed)', 'SNAP', 'Storage PD Snapshot in US'], {
    service: service('Compute Engine (renamed)', 'Compute', 'Virtual Machines'),
    meter: 'Backup Storage',
  }),
  sku(['E505-1604-58F8', 'Networking', 'EGRESS', 'Network Inter Zone Data Transfer Out'], {
    service: service('Networking', 'Networking', 'Other (Networking)'),
    meter: 'Data Transfer',
  }),
  sku(['95FF-2EF5-5EA1', 'Cloud Storage', 'NEARLINE', 'Nearline Storage Belgium'], {
    service: service('Cloud Storage', 'Storage', 'Object Storage'),
    meter: 'Storage Usage',
    storageClass: 'Nearline',
  }),
  // By its id, whatever it is called.
  sku(['95FF-2EF5-5EA1', 'Cloud Run', 'ARCHIVE', 'Archive Storage Iowa'], {
    service: service('Cloud Run', 'Storage', 'Object Storage'),
    meter: 'Storage Usage',
    storageClass: 'Archive',
  }),
  sku(['95FF-2EF5-5EA1', 'Cloud Storage', 'CLASS-A', 'Class A Operations'], {
    service: service('Cloud Storage', 'Storage', 'Object Storage'),
    meter: 'API Requests',
  }),
  sku(['24E6-581D-38E5', 'BigQuery', 'ANALYSIS', 'Analysis (us)'], {
    service: service('BigQuery', 'Databases', 'Data Warehouses'),
    meter: 'Query Usage',
  }),
  sku(['AAAA-0000-AAAA', 'Google Cloud Pub/Sub', 'PUBSUB', 'Message Delivery Basic'], {
    service: service('Google Cloud Pub/Sub', 'Integration', 'Messaging'),
    meter: 'Message Delivery Basic',
  }),
  sku(['C7E2-9256-1C43', 'Vertex AI', 'TOKENS', 'Gemini Text Output Tokens'], {
    service: service('Vertex AI', 'AI and Machine Learning', 'Generative AI'),
    meter: 'Token Usage',
  }),
  sku([null, 'A Service Nobody Knows', 'NEW', 'Something new in Mars'], {
    service: nobody('A Service Nobody Knows'),
    meter: 'Something new',
  }),
  sku(['', '', 'LICENCE', 'Licensing Fee for Windows Server'], {
    service: service('Invoice', 'Management and Governance', 'Cost Management'),
    meter: 'Software Licence',
  }),
  sku([null, 'Support', 'SUPPORT', 'Monthly support fee'], {
    service: service('Support', 'Management and Governance', 'Support'),
    meter: 'Monthly support fee',
    isRecurring: true,
  }),
  sku(['9999-0000-9999', null, 'NAMELESS', null], { service: nobody('9999-0000-9999'), meter: '9999-0000-9999' }),
  sku([null, 'Größe 😀 GmbH (Private Offer)', 'OFFER', 'Plan “L” 😀'], {
    service: nobody('Größe 😀 GmbH (Private Offer)'),
    meter: 'Plan “L” 😀',
  }),
  sku([null, null, null, null], {
    service: service('Invoice', 'Management and Governance', 'Cost Management'),
    meter: 'Invoice',
  }),
  sku([null, 'Compute Engine', ' ', 'Instance Core without a SKU'], { service: compute, meter: 'Compute Usage' }),
];

/** A place of the export, and what it is in FOCUS: [region, its name, zone]. */
export interface PlaceFacts {
  readonly values: Values;
  readonly region: readonly [id: string | null, name: string | null, zone: string | null];
}

function place(
  [location, country, region, zone]: readonly [Cell, Cell, Cell, Cell],
  focus: PlaceFacts['region'],
): PlaceFacts {
  return {
    values: {
      'location.location': location,
      'location.country': country,
      'location.region': region,
      'location.zone': zone,
    },
    region: focus,
  };
}

export const PLACES: readonly PlaceFacts[] = [
  place(['us-central1-a', 'US', 'us-central1', 'us-central1-a'], ['us-central1', 'Iowa', 'us-central1-a']),
  place(['europe-west1', 'BE', 'europe-west1', null], ['europe-west1', 'Belgium', null]),
  place(['europe-west3-c', 'DE', null, null], ['europe-west3', 'Frankfurt', null]),
  place([null, null, '', 'us-west9-b'], ['us-west9', 'us-west9', 'us-west9-b']),
  place(['us', 'US', null, null], ['us', 'United States (multi-region)', null]),
  place(['nam4', null, null, null], ['nam4', 'nam4', null]),
  place(['DE', 'DE', null, null], [null, null, null]),
  place(['global', null, 'global', null], [null, null, null]),
  place(['', '', '', ''], [null, null, null]),
  place([null, null, null, null], [null, null, null]),
];

/** A resource of the export; `type` null: named after the service. */
export interface ResourceFacts {
  readonly values: Values;
  readonly id: string | null;
  readonly name: string | null;
  readonly type: string | null;
}

const resource = (name: Cell, global: Cell, [id, title, type]: readonly (string | null)[]): ResourceFacts => ({
  values: { 'resource.name': name, 'resource.global_name': global },
  id: id ?? null,
  name: title ?? null,
  type: type ?? null,
});
const INSTANCE = '//compute.googleapis.com/projects/1/zones/us-central1-a/instances/7';
const BUCKET = '//storage.googleapis.com/projects/_/buckets/größe';
const URL_MAP = '//compute.googleapis.com/projects/1/global/urlMaps/maps';
const DATABASE = '//cloudsql.googleapis.com/projects/p/instances/main';
const POLICY = '//example.googleapis.com/projects/1/retentionPolicies/p';
const ADDRESS = '//example.googleapis.com/projects/1/sharedAddresses/a';

export const RESOURCES: readonly ResourceFacts[] = [
  resource('7', INSTANCE, [INSTANCE, null, 'compute.googleapis.com/Instance']),
  resource('web-1', INSTANCE, [INSTANCE, 'web-1', 'compute.googleapis.com/Instance']),
  resource('projects/_/buckets/größe', BUCKET, [BUCKET, 'projects/_/buckets/größe', 'storage.googleapis.com/Bucket']),
  resource('projects/1/disks/99', URL_MAP, [URL_MAP, null, 'compute.googleapis.com/UrlMap']),
  resource(null, DATABASE, [DATABASE, null, 'sqladmin.googleapis.com/Instance']),
  resource(null, POLICY, [POLICY, null, 'example.googleapis.com/RetentionPolicy']),
  resource('', ADDRESS, [ADDRESS, null, 'example.googleapis.com/SharedAddress']),
  resource('only-a-name', null, ['only-a-name', null, null]),
  resource('odd', '//example.googleapis.com', ['//example.googleapis.com', 'odd', null]),
  resource('', ' ', []),
  resource(null, null, []),
];

/** Units of the export and their FOCUS names; `Units` stands for what FOCUS cannot express. */
export const UNITS: Readonly<Record<string, string>> = {
  seconds: 'Seconds',
  bytes: 'B',
  'byte-seconds': 'B-Seconds',
  requests: 'Requests',
  count: 'Count',
  hour: 'Hours',
  gibibyte: 'GiB',
  'gibibyte month': 'GiB-Months',
  'gibibyte-month': 'GiB-Months',
  'node hour': 'Node-Hours',
  'query per second': 'Queries/Second',
  '1000 api calls': '1000 API Calls',
  'gibibyte/3 months': 'GiB/3 Months',
  widget: 'Widgets',
  'grüße 😀': 'Units',
};
/** Those that the product spells out word by word, and reports. */
export const UNKNOWN_UNITS: ReadonlySet<string> = new Set([
  'node hour',
  'query per second',
  '1000 api calls',
  'gibibyte/3 months',
  'widget',
  'grüße 😀',
]);

/** Parties of a sale and the name FOCUS gives to service provider, publisher and host. */
export const SELLERS: readonly { readonly values: Values; readonly name: string }[] = [
  { values: {}, name: 'Google Cloud' },
  { values: { transaction_type: 'GOOGLE', seller_name: 'Ignored' }, name: 'Google Cloud' },
  { values: { transaction_type: 'THIRD_PARTY_RESELLER', seller_name: 'Größe 😀, Inc.' }, name: 'Größe 😀, Inc.' },
  { values: { transaction_type: 'THIRD_PARTY_AGENCY', seller_name: ' ' }, name: 'Google Cloud' },
  { values: { transaction_type: 'A_SALE_OF_NEXT_YEAR', seller_name: 'Acme' }, name: 'Google Cloud' },
];
