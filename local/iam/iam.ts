import type { DatabaseSync } from 'node:sqlite';
import type { AccessPolicy, Authenticator, Clock } from '../kit/contracts.ts';
import { Accounts, type Behaviour, type ServiceAccount } from './accounts.ts';
import { createAuthenticator } from './authenticator.ts';
import { BillingAccounts } from './billing-accounts.ts';
import { failedPrecondition, notFound } from './google-error.ts';
import { GoogleSigner } from './google-signer.ts';
import { Keys, type KeyFile } from './keys.ts';
import { createOperator, type Operator } from './operator.ts';
import { Policies } from './policies.ts';
import { Projects } from './projects.ts';
import { CLOUD_PLATFORM, scopesReach } from './scopes.ts';
import { Secrets } from './secrets.ts';
import { Services } from './services.ts';
import { AccessTokens } from './tokens.ts';

/** Longest life of an access token, seconds. */
export const MAX_TOKEN_LIFETIME_S = 3600;

/** Identities, their keys and tokens, and who may do what: the other services' view of IAM, and what tests and sandboxes steer. */
export interface Iam extends AccessPolicy, Authenticator {
  readonly operator: Operator;
  findServiceAccount(emailOrId: string): ServiceAccount | undefined;
  createServiceAccount(projectId: string, accountId: string, displayName?: string): Promise<ServiceAccount>;
  setAccountDisabled(email: string, disabled: boolean): void;
  deleteServiceAccount(email: string): void;
  undeleteServiceAccount(uniqueId: string): ServiceAccount;
  /** The key file as downloaded; its private key is not kept here. */
  createKey(email: string, options?: { validBefore?: Date }): Promise<KeyFile>;
  setKeyDisabled(keyId: string, disabled: boolean): void;
  deleteKey(keyId: string): void;
  /** Adds `email` to a role on `projects/p` or any resource below it. */
  grant(resource: string, role: string, email: string): void;
  revoke(resource: string, role: string, email: string): void;
  /** An access token; the same one again until five minutes before it runs out. */
  accessToken(email: string, scopes?: readonly string[], lifetimeS?: number): Promise<string>;
  /** An OIDC token as Google signs them for its service accounts. */
  idToken(email: string, audience: string): Promise<string>;
  /** Lets the token endpoint answer this account alone as an overloaded, absent or broken provider would. */
  setBehaviour(email: string, behaviour: Behaviour | undefined): void;
  /** For the REST services of this folder. */
  readonly internals: IamInternals;
}

export interface IamInternals {
  readonly accounts: Accounts;
  readonly keys: Keys;
  readonly projects: Projects;
  readonly policies: Policies;
  readonly tokens: AccessTokens;
  readonly signer: GoogleSigner;
  readonly services: Services;
  readonly billingAccounts: BillingAccounts;
  readonly clock: Clock;
}

export interface IamOptions {
  readonly db: DatabaseSync;
  readonly clock: Clock;
  readonly projectId: string;
}

export async function createIam({ db, clock, projectId }: IamOptions): Promise<Iam> {
  const accounts = new Accounts(db, clock);
  const keys = new Keys(db, clock);
  const projects = new Projects(db, clock);
  const tokens = new AccessTokens(db, clock);
  const policies = new Policies(db, (email) => accounts.find(email) !== undefined);
  const secrets = new Secrets(db);
  const signer = new GoogleSigner(secrets, clock);
  const services = new Services(db);
  const billingAccounts = new BillingAccounts(db);
  projects.ensure(projectId);
  const operator = createOperator(projectId, { accounts, keys, secrets });

  const known = (email: string): ServiceAccount => {
    const account = accounts.find(email);
    if (!account) throw notFound(`Service account ${email} does not exist.`);
    return account;
  };
  const enabled = (email: string): ServiceAccount => {
    const account = known(email);
    if (account.disabled) throw failedPrecondition(`Service account ${email} is disabled.`);
    return account;
  };
  // Without its owner nobody could mend this cloud.
  const mayFall = (email: string): ServiceAccount => {
    const account = known(email);
    if (account.email === operator.email) throw failedPrecondition('The operator cannot be disabled or deleted.');
    return account;
  };

  // A policy on something in a project means that the project is there.
  const inProject = (resource: string): string => {
    const [, project] = /^projects\/([^/]+)/.exec(resource) ?? [];
    if (project) projects.ensure(project);
    return resource;
  };

  return {
    operator,
    internals: { accounts, keys, projects, policies, tokens, signer, services, billingAccounts, clock },
    ...createAuthenticator({ accounts, keys, tokens, clock }),

    allows: (caller, permission, resource) =>
      scopesReach(caller.scopes, permission) &&
      (caller.email === operator.email || policies.granted(caller, permission, resource)),
    bindings: (resource) => policies.bindings(resource),
    setBindings: (resource, bindings) => policies.setBindings(inProject(resource), bindings),
    grant: (resource, role, email) => policies.addMember(inProject(resource), role, `serviceAccount:${email}`),
    revoke: (resource, role, email) => policies.removeMember(resource, role, `serviceAccount:${email}`),

    findServiceAccount: (emailOrId) => accounts.find(emailOrId),
    async createServiceAccount(project, accountId, displayName) {
      projects.ensure(project);
      return accounts.create(project, accountId, displayName);
    },
    setAccountDisabled(email, disabled) {
      accounts.setDisabled(mayFall(email).uniqueId, disabled);
    },
    deleteServiceAccount(email) {
      const account = mayFall(email);
      accounts.remove(account.uniqueId);
      policies.renameMember(`serviceAccount:${account.email}`, deletedMember(account));
    },
    undeleteServiceAccount(uniqueId) {
      const account = accounts.undelete(uniqueId);
      policies.renameMember(deletedMember(account), `serviceAccount:${account.email}`);
      return account;
    },
    createKey: async (email, { validBefore } = {}) => keys.create(known(email), validBefore),
    setKeyDisabled: (keyId, disabled) => keys.setDisabled(keyId, disabled),
    deleteKey: (keyId) => keys.remove(keyId),
    setBehaviour: (email, behaviour) => accounts.setBehaviour(known(email).uniqueId, behaviour),

    accessToken: async (email, scopes = [CLOUD_PLATFORM], lifetimeS = MAX_TOKEN_LIFETIME_S) =>
      tokens.reuse(enabled(email), scopes, lifetimeS).accessToken,
    idToken: async (email, audience) => signer.idToken(enabled(email), audience),
  };
}

function deletedMember({ email, uniqueId }: ServiceAccount): string {
  return `deleted:serviceAccount:${email}?uid=${uniqueId}`;
}
