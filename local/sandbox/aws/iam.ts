import { AwsError } from './aws-error.ts';
import {
  actionOf,
  callerOf,
  parametersOf,
  queryAnswer,
  queryRefusal,
  type AwsContext,
  type AwsService,
} from './aws-service.ts';
import type { AwsKey } from './identities.ts';
import { partsOf } from './partition.ts';
import type { XmlValue } from './xml.ts';

const PROTOCOL = { version: '2010-05-08', namespace: 'https://iam.amazonaws.com/doc/2010-05-08/' };
const ACTION = 'SimulatePrincipalPolicy';

/** A stand-in of IAM, as far as it says what policies would allow. */
export function iam(context: AwsContext): AwsService {
  return {
    name: 'iam',
    methodOf: actionOf,
    refusal: (error, call) => queryRefusal(error, call, PROTOCOL),
    answer(call) {
      const given = parametersOf(call, PROTOCOL);
      if (given.get('Action') !== ACTION) throw new AwsError(400, 'InvalidAction', `There is only ${ACTION} here.`);
      return queryAnswer(call, PROTOCOL, simulated(callerOf(call, 'iam', context), given, context));
    },
  };
}

function simulated(caller: AwsKey, given: URLSearchParams, { identities }: AwsContext): XmlValue {
  const source = given.get('PolicySourceArn') ?? '';
  if (!isAllowed(caller, `iam:${ACTION}`)) {
    throw new AwsError(
      403,
      'AccessDenied',
      `User: ${caller.arn} is not authorized to perform: iam:${ACTION} on resource: ${source}`,
    );
  }
  if (!/^arn:aws[a-z-]*:iam::\d{12}:(?:user|role|group)\//.test(source)) {
    throw new AwsError(
      400,
      'InvalidInput',
      `Invalid Entity Arn: ${source} does not clearly define entity type and name.`,
    );
  }
  const isNear = partsOf(source).account === partsOf(caller.arn).account;
  const allowed = isNear ? identities.allowedTo(source) : undefined;
  if (!allowed) throw new AwsError(404, 'NoSuchEntity', `${source} cannot be found.`);
  return { IsTruncated: false, EvaluationResults: actionsIn(given).map((action) => decision(action, allowed)) };
}

/** `ActionNames.member.1`, `.2` and so on. */
function actionsIn(given: URLSearchParams): string[] {
  const names = [...given].filter(([name]) => /^ActionNames\.member\.\d+$/.test(name)).map(([, action]) => action);
  if (names.length > 0 && names.every((name) => /^[a-z0-9-]+:[A-Za-z0-9]+$/.test(name))) return names;
  throw new AwsError(400, 'InvalidInput', 'ActionNames holds no action.');
}

function decision(action: string, allowed: readonly string[]): XmlValue {
  return {
    EvalActionName: action,
    EvalResourceName: '*',
    EvalDecision: allowed.includes(action) ? 'allowed' : 'implicitDeny',
    MatchedStatements: [],
    MissingContextValues: [],
  };
}

/** Nothing limits the root user. */
export function isAllowed({ arn, allowed }: AwsKey, action: string): boolean {
  return partsOf(arn).name === 'root' || allowed.includes(action);
}
