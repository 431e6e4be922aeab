import { createHash } from 'node:crypto';

const PREFIX = 'integration-';
/** A service account id has 6 to 30 characters and ends with a letter or digit. */
const MAX_SLUG = 30 - PREFIX.length;

/**
 * The identity that stands for an organisation at its Google Cloud: always derived, so that none can name another's.
 *
 * Slugs hold no hyphen, so each keeps an id of its own; one that does not fit is hashed, behind a digit with which no slug begins.
 */
export function orgPrincipal(org: string, projectId: string): string {
  return `${principalId(org)}@${projectId}.iam.gserviceaccount.com`;
}

/** `acme_prod` becomes `integration-acme-prod`. */
export function principalId(org: string): string {
  if (org.length <= MAX_SLUG && !org.endsWith('_')) return PREFIX + org.replaceAll('_', '-');
  return `${PREFIX}0${createHash('sha256')
    .update(org)
    .digest('hex')
    .slice(0, MAX_SLUG - 1)}`;
}

/** Whether an account is of this platform's own project, and so nobody's to name. */
export function isOwnAccount(email: string, projectId: string): boolean {
  const account = email.toLowerCase();
  return (
    account.endsWith(`@${projectId}.iam.gserviceaccount.com`) || account === `${projectId}@appspot.gserviceaccount.com`
  );
}
