import { ApiError } from '../kit/api-error.ts';
import type { Clock } from '../kit/contracts.ts';
import type { UnaryMethod } from '../kit/grpc.ts';
import { pageOf, type PageRequest } from '../kit/paging.ts';
import { splitVersionName, versionName, type KeyAccess } from './key-access.ts';
import type { KeyLifecycle } from './key-lifecycle.ts';
import type { VersionRow, VersionState } from './key-store.ts';
import { versionMessage } from './messages.ts';

interface UpdateVersionRequest {
  readonly cryptoKeyVersion: { readonly name: string; readonly state: string } | null;
  readonly updateMask: { readonly paths: readonly string[] } | null;
}

/** CryptoKeyVersions: made, listed, switched off and on, destroyed after a delay, restored within it. */
export function versionMethods(access: KeyAccess, lifecycle: KeyLifecycle, clock: Clock): Record<string, UnaryMethod> {
  const { store } = access;
  const save = (
    name: string,
    from: readonly VersionState[],
    change: (row: VersionRow, delayMs: number) => VersionRow,
  ) => {
    const { key, version } = access.version(name);
    if (!from.includes(version.state)) throw wrongState(name, version.state);
    const changed = change(version, key.destroy_after_ms);
    store.saveVersion(changed);
    return versionMessage(key, changed);
  };
  return {
    CreateCryptoKeyVersion({ parent }: { parent: string }, caller) {
      access.require(caller, 'cloudkms.cryptoKeyVersions.create', parent);
      const key = access.key(parent);
      return versionMessage(key, lifecycle.addVersion(key));
    },
    GetCryptoKeyVersion({ name }: { name: string }, caller) {
      access.require(caller, 'cloudkms.cryptoKeyVersions.get', name);
      const { key, version } = access.version(name);
      return versionMessage(key, version);
    },
    ListCryptoKeyVersions({ parent, filter, ...page }: PageRequest & { parent: string; filter: string }, caller) {
      access.require(caller, 'cloudkms.cryptoKeyVersions.list', parent);
      if (filter) throw new ApiError(501, 'ListCryptoKeyVersions.filter is not implemented by the embedded cloud.');
      const key = access.key(parent);
      const versions = store.versions(parent);
      const { items, nextPageToken } = pageOf(versions, page);
      const cryptoKeyVersions = items.map((version) => versionMessage(key, version));
      return { cryptoKeyVersions, nextPageToken, totalSize: versions.length };
    },
    UpdateCryptoKeyVersion({ cryptoKeyVersion, updateMask }: UpdateVersionRequest, caller) {
      const { name = '', state = '' } = cryptoKeyVersion ?? {};
      access.require(caller, 'cloudkms.cryptoKeyVersions.update', name);
      if (updateMask?.paths.join() !== 'state')
        throw new ApiError(400, 'update_mask must name state and nothing else.');
      if (state !== 'ENABLED' && state !== 'DISABLED') throw new ApiError(400, `state cannot be set to ${state}.`);
      return save(name, ['ENABLED', 'DISABLED'], (row) => ({ ...row, state }));
    },
    DestroyCryptoKeyVersion({ name }: { name: string }, caller) {
      access.require(caller, 'cloudkms.cryptoKeyVersions.destroy', name);
      return save(name, ['ENABLED', 'DISABLED'], (row, delayMs) => ({
        ...row,
        state: 'DESTROY_SCHEDULED',
        destroy_ms: Number(clock.now()) + delayMs,
      }));
    },
    RestoreCryptoKeyVersion({ name }: { name: string }, caller) {
      access.require(caller, 'cloudkms.cryptoKeyVersions.restore', name);
      return save(name, ['DESTROY_SCHEDULED'], (row) => ({ ...row, state: 'DISABLED', destroy_ms: null }));
    },
  };
}

function wrongState(name: string, state: VersionState): ApiError {
  const { keyName, number } = splitVersionName(name);
  const resource = versionName(keyName, number);
  return new ApiError(
    400,
    `The request cannot be fulfilled. Resource ${resource} has value ${state} in field crypto_key_version.state.`,
    { status: 'FAILED_PRECONDITION' },
  );
}
