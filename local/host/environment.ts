import type { RateLimits } from '../../shared/platform/config.ts';
import type { Endpoints } from '../cloud.ts';
import {
  DEAD_LETTER_SUBSCRIPTION,
  emailOf,
  INTEGRATIONS_DATASET,
  keyName,
  PUSH_ACCOUNT,
  VALIDATION_TOPIC,
} from '../topology.ts';

export interface EnvironmentOptions {
  readonly projectId: string;
  readonly location: string;
  readonly endpoints: Endpoints & { readonly run: string; readonly scheduler: string };
  /** Further APIs of customers' projects, by the first label of their hosts. */
  readonly customerApis?: Readonly<Record<string, string>>;
  /** `http://127.0.0.1:8080` */
  readonly baseUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /** Real host to sandbox; empty with `--live`. */
  readonly providerEndpoints: Readonly<Record<string, string>>;
  /** First label of a googleapis host to base URL, from the environment of `npm start`; each wins over the sandbox. */
  readonly googleApiOverrides: Readonly<Record<string, string>>;
  readonly providerRegistry?: string | undefined;
  readonly rateLimits: RateLimits;
  /** Numeric ids of the identities that customers' AWS roles trust. */
  readonly awsSubjects: readonly string[];
  readonly live: boolean;
}

/** The configuration of functions and jobs on the embedded cloud: production's, with other endpoints. */
export function productEnvironment(options: EnvironmentOptions): Record<string, string> {
  const { projectId, location, endpoints, baseUrl, live } = options;
  const customerApis = {
    bigquery: endpoints.bigquery,
    oauth2: endpoints.oauth,
    iam: endpoints.iam,
    cloudresourcemanager: endpoints.iam,
    cloudbilling: endpoints.iam,
    serviceusage: endpoints.iam,
    iamcredentials: endpoints.iam,
    www: endpoints.iam,
    ...options.customerApis,
  };
  return {
    PROJECT_ID: projectId,
    // Google's clients look here first; on a laptop they would go on to ask gcloud, which takes a second of a job's start.
    GOOGLE_CLOUD_PROJECT: projectId,
    LOCATION: location,
    KMS_KEY: keyName(projectId, location),
    INTEGRATIONS_DATASET,
    VALIDATION_TOPIC,
    VALIDATION_PUSH_ACCOUNT: emailOf(PUSH_ACCOUNT, projectId),
    VALIDATION_PUSH_AUDIENCE: 'validation',
    KMS_ENDPOINT: endpoints.kms_rest,
    BIGQUERY_ENDPOINT: endpoints.bigquery,
    PUBSUB_ENDPOINT: endpoints.pubsub,
    OAUTH_ENDPOINT: endpoints.oauth,
    IAM_ENDPOINT: endpoints.iam,
    RUN_ENDPOINT: endpoints.run,
    SCHEDULER_ENDPOINT: endpoints.scheduler,
    GOOGLE_API_ENDPOINTS: JSON.stringify({ ...(live ? {} : customerApis), ...options.googleApiOverrides }),
    PROVIDER_ENDPOINTS: JSON.stringify(live ? {} : options.providerEndpoints),
    ...(options.providerRegistry ? { PROVIDER_REGISTRY: options.providerRegistry } : {}),
    RATE_LIMIT_WRITES: String(options.rateLimits.writes),
    RATE_LIMIT_VALIDATIONS: String(options.rateLimits.validations),
    RATE_LIMIT_READS: String(options.rateLimits.reads),
    AWS_SUBJECTS: options.awsSubjects.join(','),
    DEAD_LETTER_SUBSCRIPTION,
    OIDC_ISSUER: options.issuer,
    OIDC_AUDIENCE: options.audience,
    OIDC_JWKS_URI: `${baseUrl}/local/oidc/jwks.json`,
  };
}
