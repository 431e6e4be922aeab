import { createHash, generateKeyPair, randomBytes, type KeyPairKeyObjectResult } from 'node:crypto';
import { promisify } from 'node:util';
import { expectation, type CaseOutcome, type ProviderCases, type SandboxCase } from '../cases.ts';
import type { OciKey, OciKeys, OciState } from './oci-keys.ts';

/** Where a tenancy lives. */
interface Home {
  readonly realm: string;
  readonly region: string;
  readonly otherRegions?: readonly string[];
  /** OCIDs in the form of the first years. */
  readonly isOld?: true;
}

const FRANKFURT: Home = { realm: 'oc1', region: 'eu-frankfurt-1', otherRegions: ['us-ashburn-1'] };
const passphrase = 'open the sandbox';

const STATES: Readonly<Record<string, readonly [OciState, CaseOutcome, Home?]>> = {
  valid: ['active', 'accepted'],
  revoked: ['deleted', 'rejected'],
  user_locked: ['user_locked', 'accepted'],
  user_disabled: ['user_disabled', 'rejected'],
  insufficient_permission: ['no_usage_policy', 'insufficient_permission'],
  user_not_found: ['user_not_found', 'insufficient_permission'],
  sign_up_required: ['sign_up_required', 'insufficient_permission'],
  home_unknown: ['no_tenancy_policy', 'accepted'],
  rate_limited: ['rate_limited', 'rate_limited'],
  unreachable: ['unreachable', 'unreachable'],
  provider_error: ['provider_error', 'provider_error'],
  unavailable: ['unavailable', 'provider_error'],
  changing: ['incorrect_state', 'provider_error'],
  government: ['active', 'accepted', { realm: 'oc2', region: 'us-langley-1' }],
  sovereign: ['active', 'accepted', { realm: 'oc19', region: 'eu-madrid-2' }],
  old_ocid: ['active', 'accepted', { ...FRANKFURT, isOld: true }],
};

/** An API key for each thing that Oracle Cloud tells apart. Making a key pair takes long, so users of an organisation share two. */
export async function ociCases(keys: OciKeys): Promise<ProviderCases> {
  const [pair, unknown] = await Promise.all([newKeyPair(), newKeyPair()]);
  const register = (state: OciState, home: Home = FRANKFURT): Readonly<Record<string, string>> => {
    const credentials = credentialsOf(pair, home);
    keys.register(registered(credentials, pair, home, state));
    return credentials;
  };
  const made = Object.entries(STATES).map(([name, [state, outcome, home]]) => {
    return [name, aCase(register(state, home), outcome)] as const;
  });
  const encrypted = pair.privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase,
  }) as string;
  return {
    ...Object.fromEntries(made),
    wrong: aCase(credentialsOf(unknown, FRANKFURT), 'rejected'),
    encrypted_key: aCase({ ...register('active'), private_key: encrypted, passphrase }, 'accepted'),
    other_region: aCase({ ...register('active'), region: 'us-ashburn-1' }, 'accepted'),
  };
}

function aCase(credentials: Readonly<Record<string, string>>, outcome: CaseOutcome): SandboxCase {
  return { credentials, expect: expectation(outcome) };
}

function newKeyPair(): Promise<KeyPairKeyObjectResult> {
  return promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
}

/** What a person pastes: the configuration preview and the key file. */
function credentialsOf({ privateKey, publicKey }: KeyPairKeyObjectResult, home: Home) {
  const digest = createHash('md5')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return {
    tenancy: newOcid('tenancy', home),
    user: newOcid('user', home),
    fingerprint: digest.match(/../g)!.join(':'),
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    region: home.region,
  };
}

function newOcid(noun: 'tenancy' | 'user', { realm, isOld }: Home): string {
  const id = `aaaaaaaa${randomBytes(26).toString('hex')}`;
  return isOld ? `ocidv1:${noun}:${realm}:phx:1460406592660:${id}` : `ocid1.${noun}.${realm}..${id}`;
}

function registered(
  { tenancy, user, fingerprint }: Pick<OciKey, 'tenancy' | 'user' | 'fingerprint'>,
  { publicKey }: KeyPairKeyObjectResult,
  { region, otherRegions = [] }: Home,
  state: OciState,
): OciKey {
  return { tenancy, user, fingerprint, publicKey, homeRegion: region, otherRegions, state };
}
