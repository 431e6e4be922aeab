import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../kit/contracts.ts';
import { randomText } from '../sandbox-keys.ts';
import type { CloudName } from './azure-hosts.ts';

export type AppState =
  | 'active'
  | 'secret_expired'
  | 'deleted'
  | 'no_service_principal'
  | 'disabled'
  | 'blocked_by_policy'
  | 'rate_limited'
  | 'provider_error'
  | 'unavailable'
  | 'unreachable';
export type SubscriptionState = 'Enabled' | 'Warned' | 'PastDue' | 'Disabled' | 'Deleted';
/** How Cost Management meets whoever may read: gladly, too busy, or told to hide charges by the agreement. */
export type CostState = 'costs' | 'no_costs' | 'throttled' | 'hidden_charges';

/** What a directory knows about an application. */
export interface App {
  readonly client_id: string;
  readonly tenant_id: string;
  readonly cloud: CloudName;
  readonly secret_hash: string;
  readonly state: AppState;
}

export interface Subscription {
  readonly id: string;
  readonly tenant_id: string;
  readonly cloud: CloudName;
  readonly name: string;
  readonly state: SubscriptionState;
  readonly costs: CostState;
}

/** Who a token speaks for. */
export interface TokenHolder {
  readonly client_id: string;
  readonly tenant_id: string;
  readonly cloud: CloudName;
  readonly expires_at: number;
}

export const TOKEN_LIFE_S = 3599;

/** Directories, their applications, subscriptions and roles of all clouds; secrets and tokens are kept as hashes. */
export class AzureDirectory {
  readonly #db: DatabaseSync;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(db: DatabaseSync, clock: Pick<Clock, 'now'>) {
    this.#db = db;
    this.#clock = clock;
    db.exec(`CREATE TABLE IF NOT EXISTS sandbox_azure_apps (client_id TEXT PRIMARY KEY, tenant_id TEXT NOT NULL,
        cloud TEXT NOT NULL, secret_hash TEXT NOT NULL, state TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS sandbox_azure_subscriptions (id TEXT PRIMARY KEY, tenant_id TEXT NOT NULL,
        cloud TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, costs TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS sandbox_azure_roles (client_id TEXT NOT NULL, subscription_id TEXT NOT NULL,
        role TEXT NOT NULL, PRIMARY KEY (client_id, subscription_id, role));
      CREATE TABLE IF NOT EXISTS sandbox_azure_tokens (hash TEXT PRIMARY KEY, client_id TEXT NOT NULL,
        tenant_id TEXT NOT NULL, cloud TEXT NOT NULL, expires_at INTEGER NOT NULL)`);
  }

  /** Registers an application; the answer is the only copy of its secret. A directory is there as soon as it has one. */
  createApp({ cloud, tenant_id, state }: Pick<App, 'cloud' | 'tenant_id' | 'state'>): { id: string; secret: string } {
    const id = randomUUID();
    const secret = newClientSecret();
    this.#db
      .prepare(
        'INSERT INTO sandbox_azure_apps (client_id, tenant_id, cloud, secret_hash, state) VALUES (?, ?, ?, ?, ?)',
      )
      .run(id, tenant_id, cloud, hashOf(secret), state);
    return { id, secret };
  }

  setAppState(clientId: string, state: AppState): void {
    const { changes } = this.#db
      .prepare('UPDATE sandbox_azure_apps SET state = ? WHERE client_id = ?')
      .run(state, clientId);
    if (changes === 0) throw new Error(`There is no application ${clientId}.`);
  }

  app(clientId: string): App | undefined {
    const row = this.#db.prepare('SELECT * FROM sandbox_azure_apps WHERE client_id = ?').get(clientId.toLowerCase());
    return row as App | undefined;
  }

  isSecretOf({ secret_hash }: App, secret: string): boolean {
    return hashOf(secret) === secret_hash;
  }

  /** The cloud that a directory belongs to. */
  cloudOf(tenantId: string): CloudName | undefined {
    const row = this.#db
      .prepare('SELECT cloud FROM sandbox_azure_apps WHERE tenant_id = ? LIMIT 1')
      .get(tenantId.toLowerCase());
    return row?.['cloud'] as CloudName | undefined;
  }

  createSubscription(subscription: Omit<Subscription, 'id' | 'name'>): string {
    const id = randomUUID();
    const { tenant_id, cloud, state, costs } = subscription;
    this.#db
      .prepare(
        'INSERT INTO sandbox_azure_subscriptions (id, tenant_id, cloud, name, state, costs) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(id, tenant_id, cloud, `Sandbox ${id.slice(0, 4)}`, state, costs);
    return id;
  }

  subscription(id: string): Subscription | undefined {
    const row = this.#db.prepare('SELECT * FROM sandbox_azure_subscriptions WHERE id = ?').get(id.toLowerCase());
    return row as Subscription | undefined;
  }

  grant(clientId: string, subscriptionId: string, role: string): void {
    this.#db
      .prepare('INSERT OR IGNORE INTO sandbox_azure_roles (client_id, subscription_id, role) VALUES (?, ?, ?)')
      .run(clientId, subscriptionId, role);
  }

  roles(clientId: string, subscriptionId: string): readonly string[] {
    return this.#db
      .prepare('SELECT role FROM sandbox_azure_roles WHERE client_id = ? AND subscription_id = ?')
      .all(clientId, subscriptionId)
      .map((row) => row['role'] as string);
  }

  /** Keeps a token for its life; those that have run out are forgotten a day later, as ARM still tells them apart. */
  issue(token: string, { client_id, tenant_id, cloud }: App): void {
    const now = this.#nowSeconds();
    this.#db.prepare('DELETE FROM sandbox_azure_tokens WHERE expires_at < ?').run(now - 86_400);
    this.#db
      .prepare(
        'INSERT INTO sandbox_azure_tokens (hash, client_id, tenant_id, cloud, expires_at) VALUES (?, ?, ?, ?, ?)',
      )
      .run(hashOf(token), client_id, tenant_id, cloud, now + TOKEN_LIFE_S);
  }

  holderOf(token: string): (TokenHolder & { readonly hasExpired: boolean }) | undefined {
    const row = this.#db.prepare('SELECT * FROM sandbox_azure_tokens WHERE hash = ?').get(hashOf(token));
    const holder = row as TokenHolder | undefined;
    return holder && { ...holder, hasExpired: holder.expires_at <= this.#nowSeconds() };
  }

  #nowSeconds(): number {
    return Math.floor(this.#clock.now().getTime() / 1000);
  }
}

/** A client secret in the form that Entra gives them. */
export function newClientSecret(): string {
  const letters = (count: number): string => randomText(count).replaceAll('-', 'a');
  return `${letters(3)}8Q~${letters(34)}`;
}

/** A token that looks like those of Entra; who holds it is known by its hash alone. */
export function newAccessToken(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = { typ: 'JWT', alg: 'RS256', kid: randomText(27) };
  return `${part(header)}.${part(claims)}.${randomBytes(256).toString('base64url')}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
