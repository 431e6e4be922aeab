/** What predefined roles allow, as far as this cloud knows the resources: `service.kind: verb verb` per line. */
const PROJECT = ['resourcemanager.projects: get list'];
const USAGE = ['serviceusage.services: get list', 'serviceusage.quotas: get'];

const TABLE_READS = 'bigquery.tables: get list getData getIamPolicy export createSnapshot replicateData';
const MODEL_READS = 'bigquery.models: getData getMetadata list export';
const DATA_WRITES = [
  'bigquery.config: get',
  'bigquery.datasets: create get getIamPolicy updateTag',
  'bigquery.models: create delete updateData updateMetadata updateTag',
  MODEL_READS,
  'bigquery.routines: create delete get list update updateTag',
  TABLE_READS,
  'bigquery.tables: create delete update updateData updateTag createIndex updateIndex deleteIndex restoreSnapshot',
];
const DATA_OWNERSHIP = [
  ...DATA_WRITES,
  'bigquery.datasets: delete update setIamPolicy link listSharedDatasetUsage',
  'bigquery.tables: deleteSnapshot setCategory setColumnDataPolicy setIamPolicy',
  'bigquery.rowAccessPolicies: create delete get getIamPolicy list setIamPolicy update',
];
const READ_SESSIONS = 'bigquery.readsessions: create getData update';

const KMS_READS = [
  'cloudkms.cryptoKeyVersions: get list',
  'cloudkms.cryptoKeys: get list',
  'cloudkms.keyRings: get list',
  'cloudkms.locations: get list',
];
const KMS_PLACES = ['cloudkms.locations: get list', 'resourcemanager.projects: get'];

const PUBSUB_READS = ['pubsub.snapshots: get list', 'pubsub.subscriptions: get list', 'pubsub.topics: get list'];
const PUBSUB_WRITES = [
  ...PUBSUB_READS,
  'pubsub.snapshots: create delete seek update',
  'pubsub.subscriptions: consume create delete update',
  'pubsub.topics: attachSubscription create delete detachSubscription publish update updateTag',
];

const RUN_READS = [
  'run.configurations: get list',
  'run.executions: get list',
  'run.jobs: get getIamPolicy list',
  'run.locations: list',
  'run.operations: get list',
  'run.revisions: get list',
  'run.routes: get list',
  'run.services: get getIamPolicy list',
  'run.tasks: get list',
];
const RUN_WRITES = [
  ...RUN_READS,
  'run.executions: cancel delete',
  'run.jobs: create delete run runWithOverrides update',
  'run.operations: delete',
  'run.revisions: delete',
  'run.routes: invoke',
  'run.services: create delete update',
];

const SCHEDULER_READS = ['cloudscheduler.jobs: fullView get list', 'cloudscheduler.locations: get list'];
const SCHEDULER_WRITES = [...SCHEDULER_READS, 'cloudscheduler.jobs: create delete enable pause run update'];

const LOG_READS = [
  'logging.buckets: get list',
  'logging.locations: get list',
  'logging.logEntries: list',
  'logging.logMetrics: get list',
  'logging.logServices: list',
  'logging.logs: list',
  'logging.sinks: get list',
  'logging.views: get list',
];

const MONITORING_READS = [
  'monitoring.alertPolicies: get list',
  'monitoring.dashboards: get list',
  'monitoring.groups: get list',
  'monitoring.metricDescriptors: get list',
  'monitoring.monitoredResourceDescriptors: get list',
  'monitoring.notificationChannels: get list',
  'monitoring.services: get list',
  'monitoring.slos: get list',
  'monitoring.timeSeries: list',
  'monitoring.uptimeCheckConfigs: get list',
];

const COMPUTE_READS = [
  'acceleratorTypes addresses autoscalers backendBuckets backendServices commitments diskTypes disks firewalls',
  'forwardingRules globalAddresses globalForwardingRules healthChecks images instanceGroupManagers instanceGroups',
  'instanceTemplates instances licenses machineImages machineTypes networks nodeGroups nodeTemplates regions',
  'reservations resourcePolicies routers routes snapshots subnetworks targetPools urlMaps vpnTunnels zones',
]
  .flatMap((line) => line.split(' '))
  .map((kind) => `compute.${kind}: get list`);

const BILLING_READS = [
  'billing.accounts: get getCarbonInformation getIamPolicy getPaymentInfo getPricing getSpendingInformation',
  'billing.accounts: getUsageExportSpec list',
  'billing.anomalies: get list',
  'billing.billingAccountPrice: get',
  'billing.billingAccountPrices: list',
  'billing.billingAccountServices: get list',
  'billing.billingAccountSkus: get list',
  'billing.budgets: get list',
  'billing.credits: list',
  'billing.resourceAssociations: list',
  'billing.subscriptions: get list',
];

const ACCOUNT_READS = ['iam.serviceAccounts: get list', ...PROJECT];

/** A viewer sees tables' names through the dataset's own access list, not through this role: it has no tables.get. */
const VIEWER = [
  'bigquery.config: get',
  'bigquery.datasets: get getIamPolicy',
  'bigquery.jobs: create get list listExecutionMetadata',
  MODEL_READS,
  READ_SESSIONS,
  'bigquery.routines: get list',
  'bigquery.rowAccessPolicies: get getIamPolicy list',
  'bigquery.tables: createSnapshot getIamPolicy replicateData',
  ...KMS_READS,
  'cloudkms.cryptoKeys: getIamPolicy',
  'cloudkms.keyRings: getIamPolicy',
  'cloudkms.locations: generateRandomBytes',
  ...SCHEDULER_READS,
  'iam.roles: get list',
  'iam.serviceAccountKeys: get list',
  'iam.serviceAccounts: get getIamPolicy list',
  ...PUBSUB_READS,
  'pubsub.snapshots: seek',
  'resourcemanager.projects: get getIamPolicy list',
  ...RUN_READS,
  ...USAGE,
  ...LOG_READS,
  ...MONITORING_READS,
  ...COMPUTE_READS,
  'storage.buckets: list',
];

const EDITOR = [
  ...VIEWER,
  'bigquery.config: update',
  'bigquery.datasets: create',
  'bigquery.jobs: createGlobalQuery delete',
  'bigquery.models: create delete updateData updateMetadata',
  'bigquery.routines: create delete update',
  'bigquery.rowAccessPolicies: create delete update',
  'bigquery.tables: createIndex deleteIndex restoreSnapshot updateIndex',
  'cloudkms.cryptoKeyVersions: create delete update',
  'cloudkms.cryptoKeys: create delete update',
  'cloudkms.keyRings: create delete',
  ...SCHEDULER_WRITES,
  'iam.serviceAccountKeys: create delete disable enable',
  'iam.serviceAccounts: actAs create delete disable enable update',
  ...PUBSUB_WRITES,
  'resourcemanager.projects: move update',
  ...RUN_WRITES,
  'serviceusage.services: disable enable use',
  'storage.buckets: create delete',
];

const ROLES: Readonly<Record<string, readonly string[]>> = {
  browser: ['resourcemanager.projects: get getIamPolicy list'],
  editor: EDITOR,
  viewer: VIEWER,

  'bigquery.admin': [
    ...DATA_OWNERSHIP,
    READ_SESSIONS,
    'bigquery.config: update',
    'bigquery.jobs: create createGlobalQuery delete get list listAll listExecutionMetadata update',
    'bigquery.rowAccessPolicies: overrideTimeTravelRestrictions',
    ...PROJECT,
  ],
  'bigquery.dataEditor': [...DATA_WRITES, ...PROJECT],
  'bigquery.dataOwner': [...DATA_OWNERSHIP, ...PROJECT],
  'bigquery.dataViewer': [
    'bigquery.datasets: get getIamPolicy',
    MODEL_READS,
    'bigquery.routines: get list',
    TABLE_READS,
    ...PROJECT,
  ],
  'bigquery.jobUser': ['bigquery.config: get', 'bigquery.jobs: create', ...PROJECT],
  'bigquery.metadataViewer': [
    'bigquery.datasets: get getIamPolicy',
    'bigquery.models: getMetadata list',
    'bigquery.routines: get list',
    'bigquery.tables: get getIamPolicy list',
    ...PROJECT,
  ],
  'bigquery.readSessionUser': [READ_SESSIONS, ...PROJECT],
  'bigquery.user': [
    'bigquery.config: get',
    'bigquery.datasets: create get getIamPolicy',
    'bigquery.jobs: create list',
    'bigquery.models: list',
    'bigquery.routines: list',
    'bigquery.tables: list',
    READ_SESSIONS,
    ...PROJECT,
  ],

  'billing.viewer': BILLING_READS,

  // An administrator of keys cannot use them.
  'cloudkms.admin': [
    ...KMS_READS,
    'cloudkms.cryptoKeyVersions: create delete destroy restore update',
    'cloudkms.cryptoKeys: create delete getIamPolicy setIamPolicy update',
    'cloudkms.keyRings: create delete getIamPolicy setIamPolicy',
    'resourcemanager.projects: get',
  ],
  'cloudkms.cryptoKeyDecrypter': ['cloudkms.cryptoKeyVersions: useToDecrypt', ...KMS_PLACES],
  'cloudkms.cryptoKeyEncrypter': ['cloudkms.cryptoKeyVersions: useToEncrypt', ...KMS_PLACES],
  'cloudkms.cryptoKeyEncrypterDecrypter': ['cloudkms.cryptoKeyVersions: useToDecrypt useToEncrypt', ...KMS_PLACES],
  'cloudkms.viewer': [...KMS_READS, 'resourcemanager.projects: get'],

  'cloudscheduler.admin': [...SCHEDULER_WRITES, ...PROJECT, ...USAGE],
  'cloudscheduler.viewer': [...SCHEDULER_READS, ...PROJECT, ...USAGE],

  'compute.viewer': [...COMPUTE_READS, ...PROJECT, ...USAGE],

  'iam.securityReviewer': [
    'bigquery.datasets: getIamPolicy',
    'bigquery.jobs: list',
    'bigquery.tables: getIamPolicy list',
    'cloudkms.cryptoKeyVersions: list',
    'cloudkms.cryptoKeys: getIamPolicy list',
    'cloudkms.keyRings: getIamPolicy list',
    'cloudkms.locations: list',
    'cloudscheduler.jobs: list',
    'iam.roles: get list',
    'iam.serviceAccountKeys: list',
    'iam.serviceAccounts: get getIamPolicy list',
    'pubsub.snapshots: getIamPolicy list',
    'pubsub.subscriptions: getIamPolicy list',
    'pubsub.topics: getIamPolicy list',
    'resourcemanager.projects: getIamPolicy list',
    'run.jobs: getIamPolicy list',
    'run.services: getIamPolicy list',
  ],
  'iam.serviceAccountAdmin': [
    'iam.serviceAccounts: create delete disable enable getIamPolicy setIamPolicy undelete update',
    ...ACCOUNT_READS,
  ],
  'iam.serviceAccountKeyAdmin': ['iam.serviceAccountKeys: create delete disable enable get list', ...ACCOUNT_READS],
  'iam.serviceAccountOpenIdTokenCreator': ['iam.serviceAccounts: getOpenIdToken'],
  'iam.serviceAccountTokenCreator': [
    'iam.serviceAccounts: getAccessToken getOpenIdToken implicitDelegation signBlob signJwt',
    ...ACCOUNT_READS,
  ],
  'iam.serviceAccountUser': ['iam.serviceAccounts: actAs', ...ACCOUNT_READS],
  'iam.serviceAccountViewer': [
    'iam.serviceAccountKeys: get list',
    'iam.serviceAccounts: getIamPolicy',
    ...ACCOUNT_READS,
  ],

  'logging.admin': [
    ...LOG_READS,
    'logging.logEntries: create',
    'logging.logMetrics: create delete update',
    'logging.logs: delete',
    'logging.privateLogEntries: list',
    'logging.sinks: create delete update',
    ...PROJECT,
  ],
  'logging.logWriter': ['logging.logEntries: create route'],
  'logging.viewer': [...LOG_READS, 'resourcemanager.projects: get'],

  'monitoring.metricWriter': [
    'monitoring.metricDescriptors: create get list',
    'monitoring.monitoredResourceDescriptors: get list',
    'monitoring.timeSeries: create',
  ],
  'monitoring.viewer': [...MONITORING_READS, ...PROJECT],

  'pubsub.admin': [
    ...PUBSUB_WRITES,
    'pubsub.snapshots: getIamPolicy setIamPolicy',
    'pubsub.subscriptions: getIamPolicy setIamPolicy',
    'pubsub.topics: getIamPolicy setIamPolicy',
    'resourcemanager.projects: get',
    ...USAGE,
  ],
  'pubsub.editor': [...PUBSUB_WRITES, 'resourcemanager.projects: get', ...USAGE],
  'pubsub.publisher': ['pubsub.topics: publish'],
  'pubsub.subscriber': ['pubsub.snapshots: seek', 'pubsub.subscriptions: consume', 'pubsub.topics: attachSubscription'],
  'pubsub.viewer': [...PUBSUB_READS, 'resourcemanager.projects: get', ...USAGE],

  'resourcemanager.projectIamAdmin': ['resourcemanager.projects: get getIamPolicy setIamPolicy'],

  'run.admin': [...RUN_WRITES, 'run.jobs: setIamPolicy', 'run.services: setIamPolicy', ...PROJECT],
  'run.developer': [...RUN_WRITES, ...PROJECT],
  'run.invoker': ['run.jobs: run', 'run.routes: invoke'],
  'run.jobsExecutor': ['run.executions: cancel', 'run.jobs: run'],
  'run.jobsExecutorWithOverrides': ['run.executions: cancel', 'run.jobs: run runWithOverrides'],
  'run.viewer': [...RUN_READS, ...PROJECT],

  'serviceusage.serviceUsageConsumer': [...USAGE, 'serviceusage.services: use', 'monitoring.timeSeries: list'],
  'serviceusage.serviceUsageViewer': [...USAGE, 'monitoring.timeSeries: list'],

  'storage.bucketViewer': ['storage.buckets: get list', ...PROJECT],
  'storage.objectViewer': ['storage.folders: get list', 'storage.objects: get list', ...PROJECT],
};

const OWNER = 'roles/owner';
const PERMISSIONS = new Map(
  Object.entries(ROLES).map(([role, lines]) => [`roles/${role}`, new Set(lines.flatMap(permissionsOf))]),
);

function permissionsOf(line: string): string[] {
  const [kind = '', verbs = ''] = line.split(': ');
  return verbs.split(' ').map((verb) => `${kind}.${verb}`);
}

export function isKnownRole(role: string): boolean {
  return role === OWNER || PERMISSIONS.has(role);
}

/** Whether `role` (`roles/bigquery.dataViewer`) includes `permission`; an owner holds every one. */
export function roleAllows(role: string, permission: string): boolean {
  return role === OWNER || (PERMISSIONS.get(role)?.has(permission) ?? false);
}
