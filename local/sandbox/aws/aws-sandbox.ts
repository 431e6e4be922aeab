import type { JWTPayload } from 'jose';
import type { ServiceContext } from '../../kit/contracts.ts';
import type { ProviderSandbox } from '../provider-sandbox.ts';
import { awsKeysCases, awsRoleCases } from './aws-cases.ts';
import { startAwsService } from './aws-server.ts';
import { cur } from './cur.ts';
import { iam } from './iam.ts';
import { Identities } from './identities.ts';
import { sts } from './sts.ts';

export interface AwsSandboxOptions {
  /** Claims of a valid ID token of Google; undefined for any other text. */
  readonly claimsOf: (idToken: string) => Promise<JWTPayload | undefined>;
  /** Numeric ids of our service accounts that customers' roles trust; asked when cases are made. */
  readonly trustedSubjects: () => readonly string[];
}

export interface AwsSandbox extends ProviderSandbox {
  /** Keys and roles that it knows, for whoever wants to make or change some. */
  readonly identities: Identities;
}

/** Stand-ins of STS, IAM and the Cost and Usage Report, which verify every signature. */
export async function startAwsSandbox(
  context: ServiceContext,
  { claimsOf, trustedSubjects }: AwsSandboxOptions,
): Promise<AwsSandbox> {
  const { clock, projectId } = context;
  const identities = new Identities(context.db);
  const known = { clock, identities };
  const [token, access, reports] = await Promise.all([
    startAwsService(sts({ ...known, claimsOf }), context),
    startAwsService(iam(known), context),
    startAwsService(cur(known), context),
  ]);
  return {
    identities,
    endpoints: {
      'sts.amazonaws.com': token.url,
      'sts.*.amazonaws.com': token.url,
      'sts.*.amazonaws.com.cn': token.url,
      'sts.*.amazonaws.eu': token.url,
      'iam.amazonaws.com': access.url,
      'iam.*.amazonaws.com.cn': access.url,
      'iam.*.amazonaws.eu': access.url,
      'cur.*.amazonaws.com': reports.url,
      'cur.*.amazonaws.com.cn': reports.url,
    },
    cases: {
      'aws-keys': () => awsKeysCases(identities, clock),
      'aws-iam': (org) => awsRoleCases(identities, { org, projectId, subjects: trustedSubjects() }),
    },
    async close() {
      await Promise.all([token, access, reports].map((server) => server.close()));
    },
  };
}
