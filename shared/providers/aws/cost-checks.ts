import type { Check } from '../../credentials/integration-row.ts';
import type { ProviderAnswer, WireAnswer } from '../provider-http.ts';
import type { TestRun } from '../test-run.ts';
import { parseArn, type AwsPartition, type AwsService } from './aws-partition.ts';
import { askSigned, type AwsKeys } from './aws-request.ts';
import { aside } from './side-question.ts';

/** Who reads costs, and with which keys. */
export interface CostReader {
  /** As STS names the caller, or the ARN of the role that was assumed. */
  readonly arn: string;
  readonly partition: AwsPartition;
  readonly keys: AwsKeys;
}

/**
 * Reports whether costs can be read. Cost Explorer charges for every request, so IAM is asked instead what it would allow;
 * listing cost reports is free.
 */
export async function checkCosts(reader: CostReader, run: TestRun): Promise<void> {
  const checks = await Promise.all([checkCostExplorer(reader, run), checkCostReports(reader, run)]);
  for (const check of checks) run.report(check);
}

async function checkCostExplorer({ arn, partition: { iam }, keys }: CostReader, run: TestRun): Promise<Check> {
  const id = 'cost_explorer';
  if (!iam) return noCosts(id, arn);
  const principal = principalOf(arn);
  if (!principal) return { id, status: 'skip', message: NO_POLICIES };
  const { partition } = parseArn(arn);
  return aside(
    {
      id,
      ask: () => askWhetherAllowed(principal, iam, keys, run),
      unknown: 'Whether Cost Explorer can be read could not be found out this time.',
      host: iam.host,
      places: { principal, partition },
    },
    run,
  );
}

async function checkCostReports({ arn, partition: { cur }, keys }: CostReader, run: TestRun): Promise<Check> {
  const id = 'cost_reports';
  if (!cur) return noCosts(id, arn);
  const unknown = 'Whether cost and usage reports can be listed could not be found out this time.';
  return aside({ id, ask: () => askForReports(cur, keys, run), unknown, host: cur.host }, run);
}

function noCosts(id: string, arn: string): Check {
  const { partition } = parseArn(arn);
  const message = `Not asked: ${partition} has no such interface for costs; where it is paired with a commercial account, set that one up.`;
  return { id, status: 'skip', message };
}

const NO_POLICIES = 'Not asked: IAM says nothing about the policies of root users and federated users.';

/** The user or role whose policies count; a session names its role without the role's path. */
function principalOf(arn: string): string | undefined {
  const { partition, account, name } = parseArn(arn);
  if (/^(?:user|role)\//.test(name)) return arn;
  const [, role] = /^assumed-role\/([^/]+)\//.exec(name) ?? [];
  return role && `arn:${partition}:iam::${account}:role/${role}`;
}

/** `SimulatePrincipalPolicy`: what the policies of a principal say to an action; nothing is carried out. */
async function askWhetherAllowed(
  principal: string,
  place: AwsService,
  keys: AwsKeys,
  run: TestRun,
): Promise<ProviderAnswer> {
  const body = new URLSearchParams({
    Action: 'SimulatePrincipalPolicy',
    Version: '2010-05-08',
    PolicySourceArn: principal,
    'ActionNames.member.1': 'ce:GetCostAndUsage',
  }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const { text, ...wire } = await askSigned({ service: 'iam', place, headers, body }, keys, run);
  return { ...wire, body: decisionIn(text) };
}

function decisionIn(text: string): unknown {
  if (/<SimulatePrincipalPolicyResponse[\s>]/.test(text)) return { EvalDecision: elementIn(text, 'EvalDecision') };
  return /<ErrorResponse[\s>]/.test(text) ? { Error: { Code: elementIn(text, 'Code') } } : undefined;
}

function elementIn(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

async function askForReports(place: AwsService, keys: AwsKeys, run: TestRun): Promise<ProviderAnswer> {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AWSOrigamiServiceGatewayService.DescribeReportDefinitions',
  };
  return toAnswer(await askSigned({ service: 'cur', place, headers, body: '{}' }, keys, run));
}

function toAnswer({ text, ...wire }: WireAnswer): ProviderAnswer {
  try {
    return { ...wire, body: JSON.parse(text) as unknown };
  } catch {
    return { ...wire, body: undefined };
  }
}
