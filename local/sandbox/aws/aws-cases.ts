import type { ServiceContext } from '../../kit/contracts.ts';
import { externalId } from '../../../shared/credentials/setup-context.ts';
import { expectation, type CaseOutcome, type ProviderCases, type SandboxCase } from '../cases.ts';
import { newAccount, newId, newKey, type AwsState, type Identities, type NewKey } from './identities.ts';
import type { TrustPolicy } from './trust-policy.ts';

const SIMULATE = 'iam:SimulatePrincipalPolicy';
const ALL = ['ce:GetCostAndUsage', 'ce:GetDimensionValues', 'ce:GetTags', 'cur:DescribeReportDefinitions', SIMULATE];
/** AWS gives temporary keys 36 hours at most; a case has to work for as long as somebody plays with it. */
const LONG_MS = 3650 * 86_400_000;

/** Access keys for every verdict. */
export function awsKeysCases(identities: Identities, clock: ServiceContext['clock']): ProviderCases {
  const now = clock.now().getTime();
  const keyOf = (allowed: readonly string[], state: AwsState = 'active', lastsMs?: number): NewKey => {
    const principal = { arn: `arn:aws:iam::${newAccount()}:user/finops/reader`, userId: newId('AIDA'), allowed };
    return identities.createKey(principal, { state, ...(lastsMs ? { expiresAt: new Date(now + lastsMs) } : {}) });
  };
  return {
    valid: keysCase(keyOf(ALL), 'accepted'),
    session: keysCase(keyOf(ALL, 'active', LONG_MS), 'accepted'),
    no_cost_access: keysCase(keyOf([SIMULATE]), 'accepted'),
    root_user: keysCase(rootKey(identities), 'accepted'),
    wrong: keysCase(newKey(false), 'rejected'),
    wrong_secret: keysCase({ ...keyOf(ALL), secretAccessKey: newKey(false).secretAccessKey }, 'rejected'),
    revoked: keysCase(keyOf(ALL, 'inactive'), 'rejected'),
    expired: keysCase(keyOf(ALL, 'active', -1000), 'expired'),
    insufficient_permission: keysCase(keyOf(ALL, 'not_activated'), 'insufficient_permission'),
    rate_limited: keysCase(keyOf(ALL, 'rate_limited'), 'rate_limited'),
    unreachable: keysCase(keyOf(ALL, 'unreachable'), 'unreachable'),
    provider_error: keysCase(keyOf(ALL, 'provider_error'), 'provider_error'),
  };
}

function rootKey(identities: Identities): NewKey {
  const account = newAccount();
  return identities.createKey({ arn: `arn:aws:iam::${account}:root`, userId: account, allowed: ALL });
}

function keysCase({ accessKeyId, secretAccessKey, sessionToken }: NewKey, outcome: CaseOutcome): SandboxCase {
  const keys = { access_key_id: accessKeyId, secret_access_key: secretAccessKey };
  return {
    credentials: sessionToken === undefined ? keys : { ...keys, session_token: sessionToken },
    expect: expectation(outcome),
  };
}

export interface RoleCasesOptions {
  readonly org: string;
  /** The project of integration-setup, whose external ids these are. */
  readonly projectId: string;
  /** Numeric ids of our service accounts that roles trust. */
  readonly subjects: readonly string[];
}

/** Roles for every verdict, as customers of this organisation make them. */
export function awsRoleCases(identities: Identities, { org, projectId, subjects }: RoleCasesOptions): ProviderCases {
  const own = trustPolicy(subjects, externalId(projectId, org));
  const roleOf = (outcome: CaseOutcome, trust: TrustPolicy | undefined, state: AwsState = 'active'): SandboxCase => {
    const arn = `arn:aws:iam::${newAccount()}:role/finops/CostReader`;
    if (trust) identities.createRole({ arn, trust, allowed: ALL, state });
    return { credentials: { role_arn: arn }, expect: expectation(outcome) };
  };
  const stranger = trustPolicy(subjects, externalId(projectId, `not ${org}`));
  return {
    valid: roleOf('accepted', own),
    open_to_all: roleOf('accepted', trustPolicy(subjects)),
    not_trusted: roleOf('insufficient_permission', stranger),
    insufficient_permission: roleOf('insufficient_permission', stranger),
    wrong: roleOf('insufficient_permission', undefined),
    rate_limited: roleOf('rate_limited', own, 'rate_limited'),
    unreachable: roleOf('unreachable', own, 'unreachable'),
    provider_error: roleOf('provider_error', own, 'provider_error'),
  };
}

/** As the setup shows it; without a tie, as somebody shortens it who is in a hurry. */
export function trustPolicy(subjects: readonly string[], tie?: string): TrustPolicy {
  const StringEquals = {
    'accounts.google.com:aud': subjects,
    'accounts.google.com:sub': subjects,
    ...(tie === undefined ? {} : { 'accounts.google.com:oaud': tie }),
  };
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: 'accounts.google.com' },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals },
      },
    ],
  };
}
