import { ApiError } from '../kit/api-error.ts';
import type { AccessPolicy, Caller } from '../kit/contracts.ts';
import type { MessageStore } from './message-store.ts';
import type { SubscriptionMessage, TopicMessage } from './settings.ts';

/** A client that sends no authorization, as official clients do to an emulator host: it may do everything. */
export const TRUSTED: Caller = { email: 'loopback', scopes: [] };

/** Finds topics and subscriptions for callers who may. */
export class PubSubAccess {
  readonly store: MessageStore;
  readonly #policy: AccessPolicy;

  constructor(store: MessageStore, policy: AccessPolicy) {
    this.store = store;
    this.#policy = policy;
  }

  allows(caller: Caller, permission: string, resource: string): boolean {
    return caller === TRUSTED || this.#policy.allows(caller, permission, resource);
  }

  require(caller: Caller, permission: string, resource: string): void {
    if (this.allows(caller, permission, resource)) return;
    throw new ApiError(403, `User not authorized to perform this action. Permission '${permission}' is missing.`);
  }

  topic(name: string): TopicMessage {
    return this.store.topic(name) ?? notFound(name);
  }

  subscription(name: string): SubscriptionMessage {
    return this.store.subscription(name) ?? notFound(name);
  }

  assertExists(resource: string): void {
    if (resource.includes('/topics/')) this.topic(resource);
    else this.subscription(resource);
  }
}

function notFound(name: string): never {
  throw new ApiError(404, `Resource not found (resource=${shortName(name)}).`);
}

export function alreadyExists(name: string): ApiError {
  return new ApiError(409, `Resource already exists in the project (resource=${shortName(name)}).`);
}

export function shortName(name: string): string {
  return name.split('/').at(-1) ?? name;
}

/** The project of `projects/p/topics/t`, after a check of the whole name. */
export function projectOf(name: string, kind: 'topics' | 'subscriptions'): string {
  const match = /^(projects\/[^/]+)\/(\w+)\/(?!goog)[A-Za-z][\w.~+%-]{2,254}$/.exec(name);
  if (match?.[2] === kind) return match[1]!;
  throw new ApiError(400, `Invalid [${kind}] name: (name=${name})`);
}
