import { Type, type Static, type TObject } from '@sinclair/typebox';
import { Value, type ValueError } from '@sinclair/typebox/value';
import { accountOfKey } from './aws-key-account.ts';
import { DeploymentError } from './errors.ts';
import { Secret } from './secret.ts';

const Endpoint = Type.String({ pattern: '^(https?://)?[A-Za-z0-9.\\[\\]:-]+(:\\d+)?(/[^\\s]*)?$' });
const Whole = (fallback: number, maximum = 1_000_000) => Type.Integer({ default: fallback, minimum: 0, maximum });

const LIMITS = {
  RATE_LIMIT_WRITES: Whole(10),
  RATE_LIMIT_VALIDATIONS: Whole(30),
  RATE_LIMIT_READS: Whole(100),
};

const AwsPlatformCredentials = Type.Object(
  {
    access_key_id: Type.Optional(Type.String({ pattern: '^A[A-Z]IA[A-Z0-9]{12,124}$' })),
    secret_access_key: Type.Optional(Type.String({ pattern: '^[\\x21-\\x7e]{16,200}$' })),
    session_token: Type.Optional(Type.String({ pattern: '^[\\x21-\\x7e]{16,4096}$' })),
    principal_arn: Type.Optional(Type.String({ pattern: '^arn:aws[a-z-]*:iam::[0-9]{12}:[\\x21-\\x7e]{1,600}$' })),
  },
  { additionalProperties: false },
);

/** Every variable that is read anywhere, with its unit and default. An endpoint set here is trusted as it stands. */
const Environment = Type.Object({
  PROJECT_ID: Type.String({ pattern: '^[a-z][a-z0-9-]{4,28}[a-z0-9]$' }),
  LOCATION: Type.String({ default: 'us-central1', pattern: '^[a-z0-9-]+$' }),
  PORT: Whole(8080, 65_535),
  /** Full name of the CryptoKey; `{org}` in it makes a key per organisation. */
  KMS_KEY: Type.String({ pattern: '^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$' }),
  INTEGRATIONS_DATASET: Type.String({ default: 'integrations', pattern: '^[A-Za-z0-9_]{1,200}$' }),
  DATASET_SUFFIX: Type.String({ default: 'prod', pattern: '^[A-Za-z0-9_]{1,60}$' }),
  VALIDATION_TOPIC: Type.String({ default: 'integration-validation', pattern: '^[A-Za-z][A-Za-z0-9._~%+-]{2,254}$' }),
  DEAD_LETTER_SUBSCRIPTION: Type.String({ default: 'integration-validation-dead-letter-pull', minLength: 3 }),
  /** Who pushes to the validation function, and with which audience. */
  VALIDATION_PUSH_ACCOUNT: Type.Optional(Type.String()),
  VALIDATION_PUSH_AUDIENCE: Type.Optional(Type.String()),
  KMS_ENDPOINT: Type.Optional(Endpoint),
  BIGQUERY_ENDPOINT: Type.Optional(Endpoint),
  PUBSUB_ENDPOINT: Type.Optional(Endpoint),
  OAUTH_ENDPOINT: Type.Optional(Endpoint),
  IAM_ENDPOINT: Type.Optional(Endpoint),
  RUN_ENDPOINT: Type.Optional(Endpoint),
  SCHEDULER_ENDPOINT: Type.Optional(Endpoint),
  /** JSON: first label of the googleapis host (`bigquery`) or host of a provider (`api.openai.com`) to base URL. */
  GOOGLE_API_ENDPOINTS: Type.Record(Type.String(), Endpoint, { default: {} }),
  PROVIDER_ENDPOINTS: Type.Record(Type.String(), Endpoint, { default: {} }),
  OIDC_ISSUER: Type.String({ default: 'https://accounts.google.com', minLength: 1 }),
  OIDC_AUDIENCE: Type.String({ default: 'integration-setup', minLength: 1 }),
  OIDC_JWKS_URI: Type.String({ default: 'https://www.googleapis.com/oauth2/v3/certs', pattern: '^https?://' }),
  CORS_ORIGINS: Type.String({ default: '' }),
  /** Requests per organisation, minute and instance; 0 switches a limit off. */
  ...LIMITS,
  /** Numeric ids, with commas, of the service accounts that assume customers' AWS roles. */
  AWS_SUBJECTS: Type.String({ default: '', pattern: '^(?:[0-9]{5,30}(?:,[0-9]{5,30})*)?$' }),
  /**
   * JSON: keys of an AWS user of ours that assumes customers' roles, each with its organisation's external id; absent: that is
   * done by web identity, which needs no key. `principal_arn`, whom customers trust, is by default the account of the key, and
   * enough for whoever only shows it.
   */
  AWS_PLATFORM_CREDENTIALS: Type.Optional(AwsPlatformCredentials),
  /** File that holds the provider registry, in place of the one in `configs/`. */
  PROVIDER_REGISTRY: Type.Optional(Type.String({ minLength: 1 })),
  /** Seconds that a decrypted credential stays in memory. */
  CACHE_TTL_SECONDS: Whole(300, 3600),
  MAX_ADDITIONAL_BILLING_ACCOUNTS: Whole(10, 100),
  CLOUD_RUN_TASK_INDEX: Whole(0),
  CLOUD_RUN_TASK_COUNT: Whole(1),
  CLOUD_RUN_TASK_ATTEMPT: Whole(0),
  CLOUD_RUN_EXECUTION: Type.Optional(Type.String({ maxLength: 200 })),
  NODE_ENV: Type.Optional(Type.String()),
});

const LIMIT_NAMES = ['RATE_LIMIT_WRITES', 'RATE_LIMIT_VALIDATIONS', 'RATE_LIMIT_READS'] as const;

export type Environment = Readonly<Record<string, string | undefined>>;

const JSON_VARIABLES = new Set(['GOOGLE_API_ENDPOINTS', 'PROVIDER_ENDPOINTS', 'AWS_PLATFORM_CREDENTIALS']);

export interface RateLimits {
  readonly writes: number;
  readonly validations: number;
  readonly reads: number;
}

/** An AWS identity of ours. */
export interface AwsPlatform {
  /** Whom customers' roles have to trust. */
  readonly principalArn: string;
  /** Absent where nobody is asked. */
  readonly keys: Secret<AwsPlatformKeys> | undefined;
}

export interface AwsPlatformKeys {
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly session_token?: string | undefined;
}

export interface Config {
  readonly projectId: string;
  readonly location: string;
  readonly port: number;
  readonly kmsKey: string;
  readonly integrationsDataset: string;
  readonly datasetSuffix: string;
  readonly validationTopic: string;
  readonly deadLetterSubscription: string;
  readonly validationPush: { readonly account: string | undefined; readonly audience: string | undefined };
  /** Base URLs (`pubsub`: host and port) that replace Google's; absent in production. */
  readonly endpoints: {
    readonly kms: string | undefined;
    readonly bigquery: string | undefined;
    readonly pubsub: string | undefined;
    readonly oauth: string | undefined;
    readonly iam: string | undefined;
    readonly run: string | undefined;
    readonly scheduler: string | undefined;
    readonly googleApis: Readonly<Record<string, string>>;
    readonly providers: Readonly<Record<string, string>>;
  };
  readonly oidc: { readonly issuer: string; readonly audience: string; readonly jwksUri: string };
  readonly corsOrigins: readonly string[];
  /** Requests per organisation, minute and instance; 0 is without limit. */
  readonly rateLimits: RateLimits;
  readonly awsSubjects: readonly string[];
  /** Absent: customers' AWS roles are assumed by web identity. */
  readonly awsPlatform: AwsPlatform | undefined;
  readonly providerRegistry: string | undefined;
  readonly cacheTtlSeconds: number;
  readonly maxAdditionalBillingAccounts: number;
  /** The Cloud Run task that this process is; `execution` stays the same over its attempts. */
  readonly task: {
    readonly index: number;
    readonly count: number;
    readonly attempt: number;
    readonly execution: string | undefined;
  };
  readonly production: boolean;
}

/**
 * Reads the whole configuration once.
 *
 * @throws Error that lists every faulty variable, so that one deployment mends them all.
 */
export function loadConfig(env: Environment = process.env): Config {
  return toConfig(read(Environment, env));
}

/** What `npm start` takes from its own environment; the embedded cloud supplies the rest. */
export function loadStartSettings(env: Environment = process.env): StartSettings {
  const schema = Type.Pick(Environment, [
    'PORT',
    'GOOGLE_API_ENDPOINTS',
    'PROVIDER_ENDPOINTS',
    'PROVIDER_REGISTRY',
    ...LIMIT_NAMES,
  ]);
  const given = read(schema, env);
  return {
    port: given.PORT,
    googleApis: given.GOOGLE_API_ENDPOINTS,
    providers: given.PROVIDER_ENDPOINTS,
    providerRegistry: given.PROVIDER_REGISTRY,
    rateLimits: toRateLimits(given),
  };
}

function toRateLimits(env: Static<TObject<typeof LIMITS>>): RateLimits {
  return { writes: env.RATE_LIMIT_WRITES, validations: env.RATE_LIMIT_VALIDATIONS, reads: env.RATE_LIMIT_READS };
}

export interface StartSettings {
  readonly port: number;
  readonly googleApis: Readonly<Record<string, string>>;
  readonly providers: Readonly<Record<string, string>>;
  readonly providerRegistry?: string | undefined;
  readonly rateLimits: RateLimits;
}

function read<T extends TObject>(schema: T, env: Environment): Static<T> {
  const faults: string[] = [];
  const given = Object.fromEntries(
    Object.keys(schema.properties)
      .filter((name) => env[name] !== undefined && env[name] !== '')
      .map((name) => [name, JSON_VARIABLES.has(name) ? parseJson(name, env[name] ?? '', faults) : env[name]]),
  );
  const values = Value.Convert(schema, Value.Default(schema, given));
  for (const { path, message } of firstFaults(Value.Errors(schema, values))) faults.push(`${path}: ${message}`);
  if (faults.length > 0) throw new DeploymentError(`The environment is not complete:\n  ${faults.join('\n  ')}`);
  return values as Static<T>;
}

/** One fault a variable is enough. */
function firstFaults(errors: Iterable<ValueError>): { path: string; message: string }[] {
  const byPath = new Map<string, string>();
  for (const { path, message } of errors) if (!byPath.has(path)) byPath.set(path, message);
  return [...byPath].map(([path, message]) => ({ path: path.slice(1), message }));
}

function parseJson(name: string, text: string, faults: string[]): unknown {
  try {
    return JSON.parse(text);
  } catch {
    faults.push(`${name}: is not JSON`);
    return {};
  }
}

function toConfig(env: Static<typeof Environment>): Config {
  return {
    projectId: env.PROJECT_ID,
    location: env.LOCATION,
    port: env.PORT,
    kmsKey: env.KMS_KEY,
    integrationsDataset: env.INTEGRATIONS_DATASET,
    datasetSuffix: env.DATASET_SUFFIX,
    validationTopic: env.VALIDATION_TOPIC,
    deadLetterSubscription: env.DEAD_LETTER_SUBSCRIPTION,
    validationPush: { account: env.VALIDATION_PUSH_ACCOUNT, audience: env.VALIDATION_PUSH_AUDIENCE },
    endpoints: {
      kms: env.KMS_ENDPOINT,
      bigquery: env.BIGQUERY_ENDPOINT,
      pubsub: env.PUBSUB_ENDPOINT,
      oauth: env.OAUTH_ENDPOINT,
      iam: env.IAM_ENDPOINT,
      run: env.RUN_ENDPOINT,
      scheduler: env.SCHEDULER_ENDPOINT,
      googleApis: env.GOOGLE_API_ENDPOINTS,
      providers: env.PROVIDER_ENDPOINTS,
    },
    oidc: { issuer: env.OIDC_ISSUER, audience: env.OIDC_AUDIENCE, jwksUri: env.OIDC_JWKS_URI },
    corsOrigins: env.CORS_ORIGINS.split(',').filter(Boolean),
    rateLimits: toRateLimits(env),
    awsSubjects: env.AWS_SUBJECTS.split(',').filter(Boolean),
    awsPlatform: toAwsPlatform(env.AWS_PLATFORM_CREDENTIALS),
    providerRegistry: env.PROVIDER_REGISTRY,
    cacheTtlSeconds: env.CACHE_TTL_SECONDS,
    maxAdditionalBillingAccounts: env.MAX_ADDITIONAL_BILLING_ACCOUNTS,
    task: {
      index: env.CLOUD_RUN_TASK_INDEX,
      count: env.CLOUD_RUN_TASK_COUNT,
      attempt: env.CLOUD_RUN_TASK_ATTEMPT,
      execution: env.CLOUD_RUN_EXECUTION,
    },
    production: env.NODE_ENV === 'production',
  };
}

function toAwsPlatform(given: Static<typeof AwsPlatformCredentials> | undefined): AwsPlatform | undefined {
  if (!given) return undefined;
  const { principal_arn, access_key_id, secret_access_key, session_token } = given;
  const account = access_key_id && accountOfKey(access_key_id);
  if (!principal_arn && !account) {
    throw new DeploymentError('AWS_PLATFORM_CREDENTIALS: name principal_arn, as no key id tells the account');
  }
  if (!access_key_id !== !secret_access_key) {
    throw new DeploymentError('AWS_PLATFORM_CREDENTIALS: access_key_id and secret_access_key go together');
  }
  const hasKeys = access_key_id && secret_access_key;
  return {
    principalArn: principal_arn ?? `arn:aws:iam::${account}:root`,
    keys: hasKeys ? Secret.of({ access_key_id, secret_access_key, session_token }) : undefined,
  };
}

/** The function that this process is to serve, as the functions runtime names it. */
export function functionTarget(env: Environment = process.env): string {
  return env['FUNCTION_TARGET'] ?? '';
}
