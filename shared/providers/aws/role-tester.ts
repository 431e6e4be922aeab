import type { Check } from '../../credentials/integration-row.ts';
import { externalId } from '../../credentials/setup-context.ts';
import type { Tester } from '../connection-test.ts';
import { valuesAt } from '../body-match.ts';
import { discoveredIn } from '../discovered.ts';
import type { TestRun } from '../test-run.ts';
import { parseArn, partitionOf } from './aws-partition.ts';
import type { AwsKeys } from './aws-request.ts';
import { checkCosts } from './cost-checks.ts';
import { sessionName, visitTo, type Visited } from './role-visit.ts';
import { aside } from './side-question.ts';
import { askStsOf, ended, type AskSts } from './sts-question.ts';

/** A role: it lets us in for this organisation, for nobody else, and costs can be read with it. */
export const testRole: Tester = async ({ org, credentials }, run) => {
  const role = credentials['role_arn'] ?? '';
  const { partition: name, account, name: path } = parseArn(role);
  const partition = partitionOf(name);
  const visited = { role, session: sessionName(org) };
  const tie = externalId(run.platform.config.projectId, org);
  if (isStranger(name, run)) {
    run.report(NO_IDENTITY_THERE);
    return { outcome: 'provider_error' };
  }
  const visit = await visitTo(visited, tie, run.platform).catch(() => undefined);
  if (!visit) {
    run.report(NO_IDENTITY);
    return { outcome: 'provider_error' };
  }
  const ask = askStsOf(partition, run);
  const host = `sts.${partition.region}`;
  const places = { account, role: path.split('/').at(-1) ?? path };
  const assumed = await run.check('assume_role', () => ask(visit.send, visit.keys), { host, places });
  if (!assumed.answer) return ended(assumed);

  await checkTrust(visited, { ask, host, places }, run);
  const { body } = assumed.answer;
  await checkCosts({ arn: role, partition, keys: keysIn(body) }, run);
  const discovered = discoveredIn(body, { arn: 'AssumedRoleUser.Arn' }, credentials);
  return { outcome: 'accepted', discovered: { account_id: account, ...discovered } };
};

/** A role that everybody of ours may assume would open to any other organisation that knows its ARN. */
async function checkTrust(
  visited: Visited,
  { ask, host, places }: { ask: AskSts; host: string; places: Readonly<Record<string, string>> },
  run: TestRun,
): Promise<void> {
  const unknown = 'Whether the role is closed to other organisations could not be found out this time.';
  const visit = await visitTo(visited, undefined, run.platform).catch(() => undefined);
  const check: Check = visit
    ? await aside({ id: 'trust', ask: () => ask(visit.send, visit.keys), unknown, host, places }, run)
    : { id: 'trust', status: 'skip', message: unknown };
  // That a role may be open is worth a word, also where nobody could find out.
  run.report(check.status === 'skip' ? { ...check, status: 'warn', remedy: CHECK_TRUST } : check);
}

function keysIn(body: unknown): AwsKeys {
  const [found] = valuesAt(body, 'Credentials');
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = found as Readonly<Record<string, string>>;
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

/** Keys of ours are known in their own partition only. */
function isStranger(partition: string, { platform }: TestRun): boolean {
  const { awsPlatform } = platform.config;
  return awsPlatform !== undefined && parseArn(awsPlatform.principalArn).partition !== partition;
}

const CHECK_TRUST =
  'Compare the trust policy of the role (IAM > Roles > your role > Trust relationships) with the one that the setup shows: without its Condition others could use the role.';

const NO_IDENTITY_THERE = {
  id: 'platform_identity',
  status: 'fail',
  message: 'This platform has no identity in the partition of the role, so it cannot assume it.',
  remedy: 'Use access keys of that account instead: set them up under aws-keys, and name the partition under metadata.',
} as const;

const NO_IDENTITY = {
  id: 'platform_identity',
  status: 'fail',
  message: 'This platform could not get the token by which AWS knows it; the role was not asked.',
  remedy: 'Nothing is wrong on your side: {again}. If it stays so, tell the operators of this platform.',
} as const;
