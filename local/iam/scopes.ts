const AUTH = 'https://www.googleapis.com/auth/';
export const CLOUD_PLATFORM = `${AUTH}cloud-platform`;

/** Scopes, without their common beginning, that open a service beside cloud-platform; a read-only one opens reading alone. */
const SERVICE_SCOPES: Readonly<Record<string, { full: readonly string[]; read?: readonly string[] }>> = {
  bigquery: { full: ['bigquery'], read: ['bigquery.readonly', 'cloud-platform.read-only'] },
  billing: { full: ['cloud-billing'], read: ['cloud-billing.readonly'] },
  cloudkms: { full: ['cloudkms'] },
  compute: { full: ['compute'], read: ['compute.readonly', 'cloud-platform.read-only'] },
  iam: { full: ['iam'], read: ['cloud-platform.read-only'] },
  logging: { full: ['logging.admin'], read: ['logging.read', 'cloud-platform.read-only'] },
  monitoring: { full: ['monitoring'], read: ['monitoring.read', 'cloud-platform.read-only'] },
  pubsub: { full: ['pubsub'] },
  resourcemanager: {
    full: ['cloudplatformprojects'],
    read: ['cloudplatformprojects.readonly', 'cloud-platform.read-only'],
  },
  serviceusage: { full: ['service.management'], read: ['service.management.readonly', 'cloud-platform.read-only'] },
  storage: { full: ['devstorage.full_control'], read: ['devstorage.read_only', 'cloud-platform.read-only'] },
};

// A query job may be started with a read-only scope: what it writes is judged by the permissions on its tables.
const READS =
  /\.(get(?!AccessToken|OpenIdToken)\w*|list\w*|export|testIamPermissions)$|^bigquery\.(jobs|readsessions)\.create$/;

/** Whether a token of these scopes reaches a permission at all, whatever the roles say. */
export function scopesReach(scopes: readonly string[], permission: string): boolean {
  if (scopes.includes(CLOUD_PLATFORM)) return true;
  const service = SERVICE_SCOPES[permission.slice(0, permission.indexOf('.'))];
  if (!service) return false;
  const allowed = READS.test(permission) ? [...service.full, ...(service.read ?? [])] : service.full;
  return allowed.some((scope) => scopes.includes(AUTH + scope));
}

/** Whether the token endpoint knows such a scope. */
export function isScope(text: string): boolean {
  return /^https:\/\/www\.googleapis\.com\/auth\/[\w.-]+$/.test(text) || /^(openid|email|profile)$/.test(text);
}
