/** The few interfaces through which the embedded services know each other. */
import type { DatabaseSync } from 'node:sqlite';

/** Who makes a call: a service account or user e-mail, with the OAuth scopes of the token. */
export interface Caller {
  readonly email: string;
  readonly scopes: readonly string[];
}

/** Turns an `Authorization` header into a caller; an `ApiError` 401 when the token is absent, forged or expired. */
export interface Authenticator {
  authenticate(authorization: string | undefined): Promise<Caller>;
}

/**
 * IAM as the other services need it.
 * Resources are relative names, `projects/p`, `projects/p/datasets/d/tables/t`, `projects/p/locations/l/keyRings/r/cryptoKeys/k`;
 * a binding on a resource holds for everything below it.
 */
export interface AccessPolicy {
  /** Whether `caller` holds `permission` (`cloudkms.cryptoKeyVersions.useToDecrypt`) on `resource` or an ancestor. */
  allows(caller: Caller, permission: string, resource: string): boolean;
  bindings(resource: string): readonly Binding[];
  setBindings(resource: string, bindings: readonly Binding[]): void;
}

export interface Binding {
  readonly role: string; // 'roles/bigquery.dataViewer'
  readonly members: readonly string[]; // 'serviceAccount:a@p.iam.gserviceaccount.com', 'user:…', 'allUsers'
}

export interface Clock {
  now(): Date;
  /** Told whenever the clock was moved by hand (`POST /local/clock`), so that what is due then is done then. */
  onAdvance(listener: () => void): void;
}

export interface Fault {
  readonly id: string;
  readonly service: string;
  readonly method?: string;
  readonly kind: 'error' | 'latency' | 'reset' | 'garbage';
  readonly status?: number;
  readonly latency_ms?: number;
  readonly rate: number;
  readonly count?: number;
}

/** Injected faults: `next` says which one hits this call, and counts it down. */
export interface Faults {
  next(service: string, method: string): Fault | undefined;
}

/** Journal of calls, without bodies, behind `GET /local/calls`. */
export interface CallJournal {
  record(call: { service: string; method: string; caller: string; status: number }): void;
}

/** What every embedded service is given. */
export interface ServiceContext {
  /** Durable control-plane state (SQLite, WAL): each service makes its own tables, prefixed with its name. */
  readonly db: DatabaseSync;
  readonly clock: Clock;
  readonly auth: Authenticator;
  readonly policy: AccessPolicy;
  readonly faults: Faults;
  readonly journal: CallJournal;
  /** Folder for bulk data, below `.local/`. */
  readonly dataDir: string;
  /** The project that integration-setup itself runs in. */
  readonly projectId: string;
  readonly location: string;
}
