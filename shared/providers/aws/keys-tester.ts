import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { Tester } from '../connection-test.ts';
import { discoveredIn } from '../discovered.ts';
import type { Credentials } from '../format-check.ts';
import { partitionOf } from './aws-partition.ts';
import type { AwsKeys } from './aws-request.ts';
import { checkCosts } from './cost-checks.ts';
import { askStsOf, ended } from './sts-question.ts';

/** Access keys: who they belong to, which every key may ask, and whether costs can be read with them. */
export const testKeys: Tester = async ({ credentials, metadata }, run) => {
  const partition = partitionOf(metadata['partition']);
  const keys = keysOf(credentials);
  const ask = askStsOf(partition, run);
  const host = `sts.${partition.region}`;
  const identity = await run.check(
    'identity',
    () => ask((client) => client.send(new GetCallerIdentityCommand()), keys),
    { host },
  );
  if (!identity.answer) return ended(identity);

  const { body } = identity.answer;
  const { Arn: arn } = body as { Arn: string };
  if (isRoot(arn)) run.report(ROOT_USER);
  await checkCosts({ arn, partition, keys }, run);
  return {
    outcome: 'accepted',
    discovered: discoveredIn(body, { account_id: 'Account', arn: 'Arn', user_id: 'UserId' }, credentials),
  };
};

function keysOf({ access_key_id = '', secret_access_key = '', session_token }: Credentials): AwsKeys {
  return {
    accessKeyId: access_key_id,
    secretAccessKey: secret_access_key,
    ...(session_token ? { sessionToken: session_token } : {}),
  };
}

function isRoot(arn: string): boolean {
  return /^arn:[^:]*:iam::\d{12}:root$/.test(arn);
}

const ROOT_USER = {
  id: 'root_user',
  status: 'warn',
  message: 'This is a key of the root user of the account: no policy limits what it can do.',
  remedy:
    'Make a user of its own under IAM > Users as the setup steps say, replace this key with one of that user, then delete the ' +
    'key of the root user under Security credentials.',
} as const;
