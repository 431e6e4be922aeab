import { ApiError } from '../kit/api-error.ts';
import type { AccessPolicy, Caller } from '../kit/contracts.ts';
import type { KeyRow, KeyStore, VersionRow } from './key-store.ts';

/** Finds rings, keys and versions for callers who may: the right is asked first, so a missing key tells a stranger nothing. */
export class KeyAccess {
  readonly store: KeyStore;
  readonly #policy: AccessPolicy;

  constructor(store: KeyStore, policy: AccessPolicy) {
    this.store = store;
    this.#policy = policy;
  }

  allows(caller: Caller, permission: string, resource: string): boolean {
    return this.#policy.allows(caller, permission, resource);
  }

  require(caller: Caller, permission: string, resource: string): void {
    if (this.allows(caller, permission, resource)) return;
    throw new ApiError(403, `Permission '${permission}' denied on resource '${resource}' (or it may not exist).`);
  }

  ring(name: string): { name: string; created_ms: number } {
    return this.store.ring(name) ?? notFound('KeyRing', name);
  }

  key(name: string): KeyRow {
    return this.store.key(name) ?? notFound('CryptoKey', name);
  }

  version(name: string): { key: KeyRow; version: VersionRow } {
    const { keyName, number } = splitVersionName(name);
    const key = this.store.key(keyName) ?? notFound('CryptoKeyVersion', name);
    return { key, version: this.store.version(keyName, number) ?? notFound('CryptoKeyVersion', name) };
  }

  assertExists(resource: string): void {
    if (/\/cryptoKeys\/[^/]+$/.test(resource)) this.key(resource);
    else if (/\/keyRings\/[^/]+$/.test(resource)) this.ring(resource);
    else throw new ApiError(400, `Resource '${resource}' holds no IAM policy of Cloud KMS.`);
  }
}

function notFound(kind: string, name: string): never {
  throw new ApiError(404, `${kind} ${name} not found.`);
}

export function splitVersionName(name: string): { keyName: string; number: number } {
  const match = /^(?<keyName>.+)\/cryptoKeyVersions\/(?<number>\d{1,9})$/.exec(name);
  if (!match?.groups) throw new ApiError(400, `'${name}' is not the name of a CryptoKeyVersion.`);
  return { keyName: match.groups['keyName']!, number: Number(match.groups['number']) };
}

export function versionName(key: string, number: number): string {
  return `${key}/cryptoKeyVersions/${number}`;
}
