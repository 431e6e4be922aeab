import type { ApiRequest, ApiRoute } from '../kit/api-server.ts';
import { ACCOUNT } from './account-routes.ts';
import type { ServiceAccount } from './accounts.ts';
import { GoogleError, invalidArgument, notFound } from './google-error.ts';
import type { Iam } from './iam.ts';
import type { AccountKey } from './keys.ts';
import { accountFor, accountName, jsonObject, route, textField } from './requests.ts';

const KEYS = new RegExp(`^${ACCOUNT}/keys$`);
const KEY = `${ACCOUNT}/keys/(?<key>[^/:]+)`;

/** `projects.serviceAccounts.keys` of IAM v1. */
export function keyRoutes(iam: Iam): ApiRoute[] {
  const { keys } = iam.internals;
  const one = new RegExp(`^${KEY}$`);
  const action = (verb: string): RegExp => new RegExp(`^${KEY}:${verb}$`);
  const found = (request: ApiRequest, verb: string): { account: ServiceAccount; key: AccountKey } => {
    const account = accountFor(iam, request, `iam.serviceAccountKeys.${verb}`);
    const key = keys.find(request.params['key'] ?? '');
    if (key?.accountId !== account.uniqueId) throw notFound('Service account key does not exist.');
    return { account, key };
  };
  const setDisabled = (disabled: boolean) => (request: ApiRequest) => {
    keys.setDisabled(found(request, disabled ? 'disable' : 'enable').key.id, disabled);
    return { body: {} };
  };

  return [
    route('POST', KEYS, 'keys.create', async (request) => {
      const account = accountFor(iam, request, 'iam.serviceAccountKeys.create');
      const body = await jsonObject(request);
      assertKeyKind(textField(body, 'privateKeyType'), textField(body, 'keyAlgorithm'));
      const file = await keys.create(account);
      const privateKeyData = Buffer.from(JSON.stringify(file, null, 2)).toString('base64');
      const key = keys.find(file.private_key_id)!;
      return { body: { ...resourceOf(account, key), privateKeyType: 'TYPE_GOOGLE_CREDENTIALS_FILE', privateKeyData } };
    }),
    route('POST', new RegExp(`^${ACCOUNT}/keys:upload$`), 'keys.upload', () => {
      throw new GoogleError(501, 'Uploading public keys is not implemented by the embedded cloud.');
    }),
    route('GET', KEYS, 'keys.list', (request) => {
      const account = accountFor(iam, request, 'iam.serviceAccountKeys.list');
      const kinds = request.query.getAll('keyTypes').filter((kind) => kind !== 'KEY_TYPE_UNSPECIFIED');
      const wanted = keys.list(account.uniqueId).filter(({ kind }) => kinds.length === 0 || kinds.includes(kind));
      return { body: wanted.length > 0 ? { keys: wanted.map((key) => resourceOf(account, key)) } : {} };
    }),
    route('GET', one, 'keys.get', (request) => {
      const { account, key } = found(request, 'get');
      return { body: { ...resourceOf(account, key), ...publicHalf(iam, key, request.query.get('publicKeyType')) } };
    }),
    route('DELETE', one, 'keys.delete', (request) => {
      const { key } = found(request, 'delete');
      if (key.kind === 'SYSTEM_MANAGED') throw invalidArgument('Google-managed keys cannot be deleted.');
      keys.remove(key.id);
      return { body: {} };
    }),
    route('POST', action('disable'), 'keys.disable', setDisabled(true)),
    route('POST', action('enable'), 'keys.enable', setDisabled(false)),
  ];
}

function assertKeyKind(type: string, algorithm: string): void {
  if (!['', 'TYPE_UNSPECIFIED', 'TYPE_GOOGLE_CREDENTIALS_FILE'].includes(type)) {
    throw new GoogleError(501, `Private keys of ${type} are not implemented by the embedded cloud.`);
  }
  if (!['', 'KEY_ALG_UNSPECIFIED', 'KEY_ALG_RSA_2048'].includes(algorithm)) {
    throw new GoogleError(501, `Keys of ${algorithm} are not implemented by the embedded cloud.`);
  }
}

function publicHalf(iam: Iam, key: AccountKey, type: string | null): object {
  switch (type) {
    case 'TYPE_X509_PEM_FILE':
      return { publicKeyData: Buffer.from(key.certificate).toString('base64') };
    case 'TYPE_RAW_PUBLIC_KEY': {
      const pem = iam.internals.keys.publicKey(key).export({ type: 'spki', format: 'pem' });
      return { publicKeyData: Buffer.from(pem).toString('base64') };
    }
    default:
      return {};
  }
}

function resourceOf(account: ServiceAccount, key: AccountKey): object {
  return {
    name: `${accountName(account)}/keys/${key.id}`,
    validAfterTime: seconds(key.validAfterMs),
    validBeforeTime: seconds(key.validBeforeMs),
    keyAlgorithm: 'KEY_ALG_RSA_2048',
    keyOrigin: 'GOOGLE_PROVIDED',
    keyType: key.kind,
    ...(key.disabled ? { disabled: true, disableReason: 'SERVICE_ACCOUNT_KEY_DISABLE_REASON_USER_INITIATED' } : {}),
  };
}

function seconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
