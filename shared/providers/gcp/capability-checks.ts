import { googleHost } from '../../gcp/google-hosts.ts';
import type { Check } from '../../credentials/integration-row.ts';
import type { ProviderAnswer } from '../provider-http.ts';
import type { TestRun } from '../test-run.ts';
import { askGoogle, consumerIn, withReasons, type Reader } from './google-api.ts';
import type { Granted } from './permission-check.ts';

/** Something that a pipeline may read beside the export: not needed, and told for what it is worth. */
interface Capability {
  /** Check of the registry, and which of its kind. */
  readonly check: string;
  readonly of?: string;
  readonly label: string;
  readonly what: string;
  readonly role: string;
  /** On the project; absent where it is granted elsewhere and only asking tells. */
  readonly permission?: string;
  /** One item, no cost. */
  path(project: string, now: Date): string;
}

const METRIC = 'aiplatform.googleapis.com/publisher/online_serving/token_count';
const MINUTE_MS = 60_000;

const BILLING_ACCOUNTS = {
  label: 'cloudbilling',
  what: 'billing accounts',
  role: 'roles/billing.viewer',
  path: () => '/v1/billingAccounts?pageSize=1',
} as const;

const CAPABILITIES: readonly Capability[] = [
  { check: 'billing_viewer', ...BILLING_ACCOUNTS },
  { check: 'billing_viewer', of: 'billing_accounts', ...BILLING_ACCOUNTS },
  {
    check: 'inventory',
    of: 'compute_instances',
    label: 'compute',
    what: 'Compute Engine instances',
    role: 'roles/compute.viewer',
    permission: 'compute.instances.list',
    // Every zone has a line of its own even where nothing is; the kind alone keeps the answer small.
    path: (project) =>
      `/compute/v1/projects/${project}/aggregated/instances?maxResults=1&returnPartialSuccess=true&fields=kind`,
  },
  {
    check: 'inventory',
    of: 'storage_buckets',
    label: 'storage',
    what: 'Cloud Storage buckets',
    role: 'roles/storage.bucketViewer',
    permission: 'storage.buckets.list',
    path: (project) => `/storage/v1/b?project=${project}&maxResults=1&projection=noAcl`,
  },
  {
    check: 'inventory',
    of: 'iam_service_accounts',
    label: 'iam',
    what: 'service accounts',
    role: 'roles/iam.serviceAccountViewer',
    permission: 'iam.serviceAccounts.list',
    path: (project) => `/v1/projects/${project}/serviceAccounts?pageSize=1`,
  },
  {
    check: 'genai_metrics',
    label: 'monitoring',
    what: 'usage metrics of generative AI',
    role: 'roles/monitoring.viewer',
    permission: 'monitoring.timeSeries.list',
    path: (project, now) => `/v3/projects/${project}/timeSeries?${lastMinute(now)}`,
  },
];

/** What one `testIamPermissions` on the project can say about all of them. */
export const CAPABILITY_PERMISSIONS: readonly string[] = CAPABILITIES.flatMap(({ permission }) => permission ?? []);

/** Looks at all of them at once; what is known not to be granted is not asked for. The caller reports. */
export async function lookAtCapabilities(
  reader: Reader,
  { granted, billingAccount }: { readonly granted: Granted; readonly billingAccount: string | undefined },
  run: TestRun,
): Promise<Check[]> {
  const asked = new Map<string, Promise<ProviderAnswer>>();
  return Promise.all(
    CAPABILITIES.map(async (capability) => {
      const { check, of, label, permission } = capability;
      const places = placesOf(capability, reader, billingAccount);
      const isKnownToLack = permission !== undefined && granted?.has(permission) === false;
      const result = await run.look(
        check,
        async () => {
          const answer = isKnownToLack ? NOT_GRANTED : await once(capability);
          places['consumer'] = consumerIn(answer) ?? reader.projectId;
          return answer;
        },
        { host: googleHost(label), places },
      );
      const status = result.check.status === 'fail' ? 'warn' : result.check.status;
      return { id: checkId(check, of), ...result.check, status };
    }),
  );

  /** The same list serves two purposes and is asked for once. */
  function once({ label, path }: Capability): Promise<ProviderAnswer> {
    const question = { label, path: path(encodeURIComponent(reader.projectId), run.platform.clock.now()) };
    const answer = asked.get(question.path) ?? askGoogle(run.endpoints, { ...question, token: reader.token });
    asked.set(question.path, answer);
    answer.catch(() => asked.delete(question.path));
    return answer;
  }
}

/** As Google would say it, had it been asked. */
const NOT_GRANTED = withReasons({
  status: 403,
  headers: {},
  body: { error: { status: 'PERMISSION_DENIED', details: [{ reason: 'IAM_PERMISSION_DENIED' }] } },
});

function checkId(check: string, of: string | undefined): string {
  return of === undefined ? check : `inventory:${of}`;
}

function placesOf(
  { label, what, role, of }: Capability,
  { email, projectId }: Reader,
  billingAccount = 'BILLING_ACCOUNT_ID',
): Record<string, string> {
  return {
    email,
    project: projectId,
    consumer: projectId,
    service: googleHost(label),
    what,
    role,
    billing_account: billingAccount,
    purpose: of ?? 'genai',
  };
}

function lastMinute(now: Date): string {
  return new URLSearchParams({
    filter: `metric.type = "${METRIC}"`,
    'interval.startTime': new Date(now.getTime() - MINUTE_MS).toISOString(),
    'interval.endTime': now.toISOString(),
    view: 'HEADERS',
    pageSize: '1',
  }).toString();
}
