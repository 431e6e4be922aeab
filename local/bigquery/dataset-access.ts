import type { AccessPolicy, Binding, Caller } from '../kit/contracts.ts';
import type { DatasetEntry } from './catalog/resources.ts';
import { datasetResource, invalid } from './errors.ts';
import { isObject, type Json } from './requests.ts';

/** An entry of a dataset's access list. */
type Entry = Readonly<Record<string, unknown>>;

const ROLES: Readonly<Record<string, string>> = {
  READER: 'roles/bigquery.dataViewer',
  WRITER: 'roles/bigquery.dataEditor',
  OWNER: 'roles/bigquery.dataOwner',
};
const BASIC_NAMES = Object.fromEntries(Object.entries(ROLES).map(([basic, role]) => [role, basic]));

/** Members of the project's own roles, who are no IAM members. */
const SPECIAL_GROUPS: Readonly<Record<string, readonly string[]>> = {
  projectReaders: ['roles/viewer', 'roles/editor', 'roles/owner'],
  projectWriters: ['roles/editor', 'roles/owner'],
  projectOwners: ['roles/owner'],
};

export const DEFAULT_ACCESS: readonly Entry[] = [
  { role: 'WRITER', specialGroup: 'projectWriters' },
  { role: 'OWNER', specialGroup: 'projectOwners' },
  { role: 'READER', specialGroup: 'projectReaders' },
];

const READS =
  /^bigquery\.(tables\.(get|list|getData|export)|datasets\.get|routines\.(get|list)|models\.(get\w*|list|export))$/;
const WRITES = /^bigquery\.(tables\.(create|delete|update|updateData)|routines\.\w+|models\.\w+)$/;

/** Whether a special group of the dataset lets the caller do it. */
export function specialGroupAllows(
  policy: AccessPolicy,
  dataset: DatasetEntry,
  caller: Caller,
  permission: string,
): boolean {
  return keptEntries(dataset.resource).some(({ role, specialGroup }) => {
    const reaches =
      role === 'OWNER' ||
      (READS.test(permission) && role !== undefined) ||
      (role === 'WRITER' && WRITES.test(permission));
    if (!reaches || typeof specialGroup !== 'string') return false;
    const roles = SPECIAL_GROUPS[specialGroup] ?? [];
    return policy
      .bindings(`projects/${dataset.projectId}`)
      .some((binding) => roles.includes(binding.role) && isMember(caller, binding) && scopesReach(caller, permission));
  });
}

const isMember = ({ email }: Caller, { members }: Binding): boolean =>
  members.includes(`serviceAccount:${email}`) || members.includes(`user:${email}`);

/** The token's scopes bound special groups as they bind roles: a read-only token writes nowhere. */
function scopesReach(caller: Caller, permission: string): boolean {
  if (READS.test(permission)) return true;
  return caller.scopes.some((scope) => /\/(cloud-platform|bigquery)$/.test(scope));
}

/** The access list as the REST API shows it: IAM's bindings on the dataset, and what only the dataset knows. */
export function accessList(policy: AccessPolicy, dataset: DatasetEntry): Entry[] {
  const bindings = policy.bindings(datasetResource(dataset.projectId, dataset.datasetId));
  const members = bindings.flatMap(({ role, members: all }) =>
    all.map((member) => ({ role: BASIC_NAMES[role] ?? role, ...memberEntry(member) })),
  );
  return [...keptEntries(dataset.resource), ...members];
}

function memberEntry(member: string): Entry {
  const [kind = '', name = ''] = member.split(':', 2);
  if (kind === 'user' || kind === 'serviceAccount') return { userByEmail: name };
  if (kind === 'group') return { groupByEmail: name };
  if (kind === 'domain') return { domain: name };
  if (member === 'allAuthenticatedUsers') return { specialGroup: member };
  return { iamMember: member };
}

const keptEntries = (resource: Json): readonly Entry[] => (resource['access'] as Entry[] | undefined) ?? [];

/** Splits a wanted access list into what the dataset keeps and what IAM keeps. */
export function splitAccess(access: unknown): { kept: Entry[]; bindings: Binding[] } {
  if (!Array.isArray(access)) throw invalid('Invalid value for access: an array is expected');
  const kept: Entry[] = [];
  const members = new Map<string, Set<string>>();
  for (const entry of access as unknown[]) {
    if (!isObject(entry)) throw invalid('Invalid value for access: an object is expected');
    const member = memberOf(entry);
    if (member === undefined) kept.push(entry);
    else {
      const role = roleOf(entry);
      members.set(role, (members.get(role) ?? new Set()).add(member));
    }
  }
  return { kept, bindings: [...members].map(([role, all]) => ({ role, members: [...all] })) };
}

function roleOf({ role }: Entry): string {
  const name = ROLES[String(role)] ?? String(role);
  if (!name.includes('roles/')) throw invalid(`Invalid value for role: ${String(role)}`);
  return name;
}

/** The IAM member that an entry means; undefined for those that only a dataset knows. */
function memberOf(entry: Entry): string | undefined {
  const { userByEmail, groupByEmail, domain, iamMember, specialGroup } = entry;
  if (typeof userByEmail === 'string') {
    return `${userByEmail.endsWith('.gserviceaccount.com') ? 'serviceAccount' : 'user'}:${userByEmail}`;
  }
  if (typeof groupByEmail === 'string') return `group:${groupByEmail}`;
  if (typeof domain === 'string') return `domain:${domain}`;
  if (typeof iamMember === 'string') return iamMember;
  if (specialGroup === 'allAuthenticatedUsers') return 'allAuthenticatedUsers';
  const isKept =
    (typeof specialGroup === 'string' && specialGroup in SPECIAL_GROUPS) ||
    entry['view'] ||
    entry['routine'] ||
    entry['dataset'];
  if (!isKept) throw invalid('An access entry names nobody.');
  return undefined;
}
