import { DatabaseSync } from 'node:sqlite';
import { ApiError } from '../../local/kit/api-error.ts';
import type { Binding, Caller, Fault, ServiceContext } from '../../local/kit/contracts.ts';

/** A service context of plain objects: the token is the caller's e-mail, the policy a map, the clock moved by hand. */
export interface FakeContext extends ServiceContext {
  readonly calls: { service: string; method: string; caller: string; status: number }[];
  readonly granted: Map<string, Binding[]>;
  /** Faults to come, first in first out. */
  readonly planned: Fault[];
  advance(ms: number): void;
  /** Lets `email` use a permission on a resource and all below it; permissions stand where roles do. */
  grant(email: string, permission: string, resource?: string): void;
}

export const OWNER = 'owner@p.iam.gserviceaccount.com';
export const PROJECT = 'test-project';

export function fakeContext(file = ':memory:', startMs = Date.UTC(2026, 10, 1)): FakeContext {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA journal_mode = WAL');
  const granted = new Map<string, Binding[]>();
  const planned: Fault[] = [];
  const calls: FakeContext['calls'] = [];
  const listeners: (() => void)[] = [];
  let nowMs = startMs;
  return {
    db,
    calls,
    granted,
    planned,
    clock: { now: () => new Date(nowMs), onAdvance: (listener) => void listeners.push(listener) },
    auth: { authenticate: async (header) => callerOf(header) },
    policy: {
      allows: ({ email }, permission, resource) => allows(granted, email, permission, resource),
      bindings: (resource) => granted.get(resource) ?? [],
      setBindings: (resource, bindings) => void granted.set(resource, [...bindings]),
    },
    faults: { next: (service, method) => nextFault(planned, service, method) },
    journal: { record: (call) => void calls.push(call) },
    dataDir: '',
    projectId: PROJECT,
    location: 'europe-west1',
    advance(ms) {
      nowMs += ms;
      for (const listener of listeners) listener();
    },
    grant(email, permission, resource = `projects/${PROJECT}`) {
      const bindings = granted.get(resource) ?? [];
      granted.set(resource, [...bindings, { role: permission, members: [`serviceAccount:${email}`] }]);
    },
  };
}

function callerOf(header: string | undefined): Caller {
  const email = header?.startsWith('Bearer ') ? header.slice(7) : '';
  if (!email.includes('@')) throw new ApiError(401, 'Request had invalid authentication credentials.');
  return { email, scopes: ['https://www.googleapis.com/auth/cloud-platform'] };
}

function allows(granted: Map<string, Binding[]>, email: string, permission: string, resource: string): boolean {
  if (email === OWNER) return true;
  const ancestors = resource.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
  return ancestors.some((ancestor) =>
    granted
      .get(ancestor)
      ?.some(({ role, members }) => role === permission && members.includes(`serviceAccount:${email}`)),
  );
}

function nextFault(planned: Fault[], service: string, method: string): Fault | undefined {
  const index = planned.findIndex((fault) => fault.service === service && (fault.method ?? method) === method);
  return index < 0 ? undefined : planned.splice(index, 1)[0];
}
