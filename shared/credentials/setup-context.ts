import { createHash } from 'node:crypto';
import type { Config } from '../platform/config.ts';
import type { Provider } from '../providers/registry.ts';
import { orgPrincipal } from '../gcp/org-principal.ts';
import { canonicalJson } from './canonical-json.ts';

export type SetupContextConfig = Pick<Config, 'projectId' | 'awsSubjects'> & Partial<Pick<Config, 'awsPlatform'>>;

/**
 * What a user needs before setting up: the provider's own context with the values of this organisation filled in.
 *
 * `{external_id}` ties a foreign account's trust to one organisation of ours; `{aws_subjects}` are the numeric ids of our
 * identities that may use it, without which a trust policy would be open to every Google account; `{aws_principal}` is the
 * AWS identity of this platform, where it has one: then what stands under `with_aws_principal` takes the place of the rest.
 * `{principal}`, which may stand within a text, is our identity at Google Cloud for this organisation alone.
 */
export function setupContext(
  { setup_context: context }: Provider,
  org: string,
  { projectId, awsSubjects, awsPlatform }: SetupContextConfig,
): Readonly<Record<string, unknown>> | undefined {
  if (!context) return undefined;
  const values: Readonly<Record<string, unknown>> = {
    '{external_id}': externalId(projectId, org),
    '{aws_subjects}': awsSubjects,
    '{aws_principal}': awsPlatform?.principalArn,
  };
  const principal = orgPrincipal(org, projectId);
  const { with_aws_principal: instead, ...usual } = context;
  const chosen = awsPlatform ? { ...usual, ...(instead as object | undefined) } : usual;
  return JSON.parse(JSON.stringify(chosen), (_key, value: unknown) => {
    if (typeof value !== 'string') return value;
    return value in values ? values[value] : value.replaceAll('{principal}', principal);
  }) as Readonly<Record<string, unknown>>;
}

/** No secret, but nobody else's: the same for an organisation at all times, and different in every deployment. */
export function externalId(projectId: string, org: string): string {
  const hash = createHash('sha256').update(canonicalJson(['external-id', projectId, org]));
  return `integration-${hash.digest('hex').slice(0, 32)}`;
}
