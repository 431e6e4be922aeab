import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { ApiError } from '../kit/api-error.ts';
import type { Clock } from '../kit/contracts.ts';
import type { UnaryMethod } from '../kit/grpc.ts';
import { pageOf, type PageRequest } from '../kit/paging.ts';
import { transaction } from '../kit/transaction.ts';
import { versionName, type KeyAccess } from './key-access.ts';
import { applyUpdate, newKey, type KeyMessage } from './key-settings.ts';
import type { KeyLifecycle } from './key-lifecycle.ts';
import type { KeyRow } from './key-store.ts';
import { keyMessage, ringMessage } from './messages.ts';

interface ListRequest extends PageRequest {
  readonly parent: string;
  readonly filter: string;
  readonly orderBy: string;
}

interface CreateKeyRequest {
  readonly parent: string;
  readonly cryptoKeyId: string;
  readonly cryptoKey: KeyMessage | null;
  readonly skipInitialVersionCreation: boolean;
}

interface UpdateKeyRequest {
  readonly cryptoKey: KeyMessage | null;
  readonly updateMask: { readonly paths: readonly string[] } | null;
}

export interface KeyMethodDeps {
  readonly access: KeyAccess;
  readonly lifecycle: KeyLifecycle;
  readonly db: DatabaseSync;
  readonly clock: Clock;
}

/** Key rings: made and listed, never deleted, as at Google. */
export function ringMethods({ access, clock }: KeyMethodDeps): Record<string, UnaryMethod> {
  const { store } = access;
  return {
    CreateKeyRing({ parent, keyRingId }: { parent: string; keyRingId: string }, caller) {
      access.require(caller, 'cloudkms.keyRings.create', parent);
      const name = `${parent}/keyRings/${checkedId('key_ring_id', keyRingId)}`;
      if (store.ring(name)) throw new ApiError(409, `KeyRing ${name} already exists.`);
      store.addRing(name, Number(clock.now()));
      return ringMessage(access.ring(name));
    },
    GetKeyRing({ name }: { name: string }, caller) {
      access.require(caller, 'cloudkms.keyRings.get', name);
      return ringMessage(access.ring(name));
    },
    ListKeyRings({ parent, ...page }: ListRequest, caller) {
      access.require(caller, 'cloudkms.keyRings.list', parent);
      refuseFilter('ListKeyRings', page);
      const rings = store.rings(parent);
      const { items, nextPageToken } = pageOf(rings, page);
      return { keyRings: items.map(ringMessage), nextPageToken, totalSize: rings.length };
    },
  };
}

/** CryptoKeys for symmetric encryption; other purposes are refused by name. */
export function keyMethods({ access, lifecycle, db, clock }: KeyMethodDeps): Record<string, UnaryMethod> {
  const { store } = access;
  const shown = (key: KeyRow) =>
    keyMessage(key, key.primary_number === null ? undefined : store.version(key.name, key.primary_number));
  return {
    CreateCryptoKey({ parent, cryptoKeyId, cryptoKey, skipInitialVersionCreation }: CreateKeyRequest, caller) {
      access.require(caller, 'cloudkms.cryptoKeys.create', parent);
      const { name: ring } = access.ring(parent);
      const name = `${ring}/cryptoKeys/${checkedId('crypto_key_id', cryptoKeyId)}`;
      if (store.key(name)) throw new ApiError(409, `CryptoKey ${name} already exists.`);
      const key = newKey({ name, ring, tag: randomBytes(8), nowMs: Number(clock.now()) }, cryptoKey);
      return transaction(db, () => {
        const first = skipInitialVersionCreation ? null : lifecycle.addVersion(key).number;
        store.saveKey({ ...key, primary_number: first });
        return shown(access.key(name));
      });
    },
    GetCryptoKey({ name }: { name: string }, caller) {
      access.require(caller, 'cloudkms.cryptoKeys.get', name);
      return shown(access.key(name));
    },
    ListCryptoKeys({ parent, ...page }: ListRequest, caller) {
      access.require(caller, 'cloudkms.cryptoKeys.list', parent);
      refuseFilter('ListCryptoKeys', page);
      const keys = store.keys(access.ring(parent).name);
      const { items, nextPageToken } = pageOf(keys, page);
      return { cryptoKeys: items.map(shown), nextPageToken, totalSize: keys.length };
    },
    UpdateCryptoKey({ cryptoKey, updateMask }: UpdateKeyRequest, caller) {
      const name = cryptoKey?.name ?? '';
      access.require(caller, 'cloudkms.cryptoKeys.update', name);
      store.saveKey(applyUpdate(access.key(name), cryptoKey, updateMask?.paths ?? [], Number(clock.now())));
      return shown(access.key(name));
    },
    UpdateCryptoKeyPrimaryVersion({ name, cryptoKeyVersionId }: PrimaryRequest, caller) {
      access.require(caller, 'cloudkms.cryptoKeys.update', name);
      const key = access.key(name);
      const { version } = access.version(`${name}/cryptoKeyVersions/${cryptoKeyVersionId}`);
      if (version.state !== 'ENABLED') {
        const message = `${versionName(name, version.number)} is not enabled, current state is: ${version.state}.`;
        throw new ApiError(400, message, { status: 'FAILED_PRECONDITION' });
      }
      store.saveKey({ ...key, primary_number: version.number });
      return shown(access.key(name));
    },
  };
}

interface PrimaryRequest {
  readonly name: string;
  readonly cryptoKeyVersionId: string;
}

function checkedId(field: string, id: string): string {
  if (/^[a-zA-Z0-9_-]{1,63}$/.test(id)) return id;
  throw new ApiError(400, `${field} must match [a-zA-Z0-9_-]{1,63}.`);
}

function refuseFilter(method: string, { filter, orderBy }: Pick<ListRequest, 'filter' | 'orderBy'>): void {
  if (filter || orderBy)
    throw new ApiError(501, `${method}.filter and order_by are not implemented by the embedded cloud.`);
}
