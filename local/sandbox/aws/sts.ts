import { decodeJwt, type JWTPayload } from 'jose';
import { AwsError } from './aws-error.ts';
import {
  actionOf,
  behave,
  callerOf,
  parametersOf,
  queryAnswer,
  queryRefusal,
  type AwsContext,
  type AwsService,
} from './aws-service.ts';
import type { AwsKey, AwsRole } from './identities.ts';
import { partsOf } from './partition.ts';
import type { SignedCall } from './signature.ts';
import { letsIn, type Visitor } from './trust-policy.ts';
import type { XmlValue } from './xml.ts';

export interface StsContext extends AwsContext {
  /** Claims of a valid ID token of Google; undefined for any other text. */
  claimsOf(idToken: string): Promise<JWTPayload | undefined>;
}

const PROTOCOL = { version: '2011-06-15', namespace: 'https://sts.amazonaws.com/doc/2011-06-15/' };
const GOOGLE = 'accounts.google.com';

/** A stand-in of the Security Token Service: who a key is, and temporary keys for roles that let their visitor in. */
export function sts(context: StsContext): AwsService {
  const actions: Readonly<Record<string, (call: SignedCall, given: URLSearchParams) => Promise<XmlValue> | XmlValue>> =
    {
      GetCallerIdentity: (call) => identityOf(callerOf(call, 'sts', context)),
      AssumeRole: (call, given) => assumeRole(callerOf(call, 'sts', context), given, context),
      AssumeRoleWithWebIdentity: (_call, given) => assumeByWebIdentity(given, context),
    };
  return {
    name: 'sts',
    methodOf: actionOf,
    refusal: (error, call) => queryRefusal(error, call, PROTOCOL),
    async answer(call) {
      const given = parametersOf(call, PROTOCOL);
      const action = actions[given.get('Action') ?? ''];
      if (!action) throw new AwsError(400, 'InvalidAction', `Could not find operation ${given.get('Action')}`);
      return queryAnswer(call, PROTOCOL, await action(call, given));
    },
  };
}

function identityOf({ arn, userId }: AwsKey): XmlValue {
  return { Arn: arn, UserId: userId, Account: partsOf(arn).account };
}

function assumeRole(caller: AwsKey, given: URLSearchParams, context: StsContext): XmlValue {
  const { partition, account } = partsOf(caller.arn);
  const asked = checkedRequest(given);
  const externalId = optional(given, 'ExternalId', /^[\w+=,.@:/-]{2,1224}$/);
  const visitor: Visitor = {
    kind: 'AWS',
    names: [caller.arn, account, `arn:${partition}:iam::${account}:root`],
    action: 'sts:AssumeRole',
    context: { 'sts:ExternalId': externalId },
  };
  const denial = `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${asked.arn}`;
  return session(openRole(asked.arn, visitor, denial, context), asked, context);
}

async function assumeByWebIdentity(given: URLSearchParams, context: StsContext): Promise<XmlValue> {
  const asked = checkedRequest(given);
  const claims = await claimsIn(required(given, 'WebIdentityToken', /^[^]{4,20000}$/), context);
  if (partsOf(asked.arn).partition === 'aws-cn')
    throw invalidToken(`No OpenIDConnect provider found in your account for https://${GOOGLE}`);
  const { azp, aud, sub } = claims as Readonly<Record<string, string>>;
  // A token with azp: AWS compares that with its `aud`, and the token's own audience with `oaud`.
  const visitor: Visitor = {
    kind: 'Federated',
    names: [GOOGLE],
    action: 'sts:AssumeRoleWithWebIdentity',
    context: { [`${GOOGLE}:aud`]: azp ?? aud, [`${GOOGLE}:oaud`]: aud, [`${GOOGLE}:sub`]: sub },
  };
  const denial = 'Not authorized to perform sts:AssumeRoleWithWebIdentity';
  const role = openRole(asked.arn, visitor, denial, context);
  const whom = { SubjectFromWebIdentityToken: sub ?? '', Audience: azp ?? aud ?? '', Provider: GOOGLE };
  return { ...whom, ...session(role, asked, context) };
}

async function claimsIn(token: string, { claimsOf, clock }: StsContext): Promise<JWTPayload> {
  const claims = await claimsOf(token);
  if (claims) return claims;
  const expiry = expiryOf(token);
  if (expiry !== undefined && expiry * 1000 <= clock.now().getTime()) {
    throw new AwsError(
      400,
      'ExpiredTokenException',
      `Token expired: current date/time must be before the expiration date/time ${expiry}`,
    );
  }
  throw invalidToken(
    "Couldn't retrieve verification key from your identity provider, or the ID Token provided is not a valid JWT.",
  );
}

function expiryOf(token: string): number | undefined {
  try {
    return decodeJwt(token).exp;
  } catch {
    return undefined;
  }
}

/** A role that is not there answers as one that lets nobody in. */
function openRole(arn: string, visitor: Visitor, denial: string, { identities }: StsContext): AwsRole {
  const role = identities.findRole(arn);
  if (role) behave(role.state);
  if (!role || !letsIn(role.trust, visitor)) throw new AwsError(403, 'AccessDenied', denial);
  return role;
}

interface AssumeRequest {
  readonly arn: string;
  readonly name: string;
  readonly seconds: number;
}

function checkedRequest(given: URLSearchParams): AssumeRequest {
  const seconds = Number(optional(given, 'DurationSeconds', /^\d{1,5}$/) ?? 3600);
  if (seconds < 900 || seconds > 43_200) throw invalid('durationSeconds');
  return {
    arn: required(given, 'RoleArn', /^arn:aws[a-z-]*:iam::\d{12}:role\/.{1,2000}$/),
    name: required(given, 'RoleSessionName', /^[\w+=,.@-]{2,64}$/),
    seconds,
  };
}

function session(
  role: AwsRole,
  { name, seconds }: AssumeRequest,
  { identities, clock }: StsContext,
): Readonly<Record<string, XmlValue>> {
  const { partition, account, name: path } = partsOf(role.arn);
  const arn = `arn:${partition}:sts::${account}:assumed-role/${path.split('/').at(-1)}/${name}`;
  const userId = `${role.id}:${name}`;
  const expiresAt = new Date(clock.now().getTime() + seconds * 1000);
  const keys = identities.createKey({ arn, userId, allowed: role.allowed }, { expiresAt });
  return {
    AssumedRoleUser: { Arn: arn, AssumedRoleId: userId },
    Credentials: {
      AccessKeyId: keys.accessKeyId,
      SecretAccessKey: keys.secretAccessKey,
      SessionToken: keys.sessionToken ?? '',
      Expiration: expiresAt,
    },
  };
}

function required(given: URLSearchParams, name: string, pattern: RegExp): string {
  const value = optional(given, name, pattern);
  if (value === undefined) throw invalid(name);
  return value;
}

function optional(given: URLSearchParams, name: string, pattern: RegExp): string | undefined {
  const value = given.get(name) ?? undefined;
  if (value !== undefined && !pattern.test(value)) throw invalid(name);
  return value;
}

function invalid(name: string): AwsError {
  const member = name[0]?.toLowerCase() + name.slice(1);
  return new AwsError(
    400,
    'ValidationError',
    `1 validation error detected: Value at '${member}' failed to satisfy constraint`,
  );
}

function invalidToken(message: string): AwsError {
  return new AwsError(400, 'InvalidIdentityToken', message);
}
