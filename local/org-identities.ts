import { orgPrincipal, principalId } from '../shared/gcp/org-principal.ts';
import type { Cloud } from './cloud.ts';
import { emailOf, ORG_IDENTITY } from './topology.ts';

const ORG_SLUG = /^[a-z][a-z0-9_]{2,49}$/;
/** As many as anybody's experiments need; names that somebody makes up by the thousand get no identity. */
const MAX_ORGS = 2_000;

export interface OrgIdentities {
  /** Makes the organisation's identity when there is none yet. */
  ensure(org: string): Promise<void>;
}

/** What terraform makes for each organisation: an account of its own, whose tokens the functions and jobs may create. */
export function orgIdentities({ iam, context }: Pick<Cloud, 'iam' | 'context'>): OrgIdentities {
  const { projectId } = context;
  const made = new Map<string, Promise<void>>();
  const make = async (org: string): Promise<void> => {
    const email = orgPrincipal(org, projectId);
    if (!iam.findServiceAccount(email)) await iam.createServiceAccount(projectId, principalId(org), `For ${org}`);
    const account = `projects/${projectId}/serviceAccounts/${email}`;
    const { role, users } = ORG_IDENTITY;
    for (const user of users) {
      const userEmail = emailOf(user, projectId);
      const isThere = iam.bindings(account).some((binding) => {
        return binding.role === role && binding.members.includes(`serviceAccount:${userEmail}`);
      });
      if (!isThere && iam.findServiceAccount(userEmail)) iam.grant(account, role, userEmail);
    }
  };
  return {
    async ensure(org) {
      if (!ORG_SLUG.test(org) || (!made.has(org) && made.size >= MAX_ORGS)) return;
      const making = made.get(org) ?? make(org);
      made.set(org, making);
      await making.catch((err: unknown) => {
        made.delete(org);
        throw err;
      });
    },
  };
}
