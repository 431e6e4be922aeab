import { randomUUID } from 'node:crypto';
import type { ServiceContext } from '../../kit/contracts.ts';
import { AwsError, Silence } from './aws-error.ts';
import type { AwsKey, AwsState, Identities } from './identities.ts';
import { partitionOfRegion, partsOf } from './partition.ts';
import { verifiedKey, type SignedCall } from './signature.ts';
import { toJson, toXml, type XmlValue } from './xml.ts';

export interface AwsAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** A service of AWS on the wire. */
export interface AwsService {
  /** As signatures name it. */
  readonly name: string;
  /** For faults and the journal. */
  methodOf(call: SignedCall): string;
  answer(call: SignedCall): Promise<AwsAnswer> | AwsAnswer;
  refusal(error: AwsError, call: SignedCall): AwsAnswer;
}

/** What every service judges its callers by. */
export interface AwsContext {
  readonly clock: ServiceContext['clock'];
  readonly identities: Identities;
}

/** Who signed the call; the state of the key may keep the service from answering. */
export function callerOf(call: SignedCall, service: string, { clock, identities }: AwsContext): AwsKey {
  const find = (id: string, region: string): AwsKey | undefined => {
    const key = identities.findKey(id);
    if (key?.state === 'unreachable') throw new Silence();
    return key && partsOf(key.arn).partition === partitionOfRegion(region) ? key : undefined;
  };
  const key = verifiedKey(call, { service, now: clock.now(), find });
  behave(key.state);
  return key;
}

export function behave(state: AwsState): void {
  switch (state) {
    case 'unreachable':
      throw new Silence();
    case 'rate_limited':
      throw new AwsError(400, 'Throttling', 'Rate exceeded');
    case 'provider_error':
      throw new AwsError(500, 'InternalFailure', 'We encountered an internal error. Please try again.');
    case 'not_activated':
      throw new AwsError(403, 'OptInRequired', 'The AWS Access Key Id needs a subscription for the service');
    case 'active':
    case 'inactive':
  }
}

/** A service of the Query protocol: form in, XML out, or JSON where that is asked for. */
export interface QueryProtocol {
  readonly version: string;
  readonly namespace: string;
}

/** Parameters of a call, when it is one of this service. @throws AwsError */
export function parametersOf(call: SignedCall, { version }: QueryProtocol): URLSearchParams {
  if (call.path !== '/') throw new AwsError(404, 'UnknownOperationException', 'There is nothing at this path.');
  const given = queryOf(call);
  const action = given.get('Action');
  if (!action) throw new AwsError(400, 'MissingAction', 'Could not find Action in the request.');
  if (given.get('Version') !== version) {
    throw new AwsError(400, 'InvalidAction', `Could not find operation ${action} for version ${given.get('Version')}`);
  }
  return given;
}

export function actionOf(call: SignedCall): string {
  return queryOf(call).get('Action') ?? 'unknown';
}

/** The body counts only as the form that it says it is. */
function queryOf({ query, headers, body }: SignedCall): URLSearchParams {
  const isForm = /^application\/x-www-form-urlencoded(?:;|$)/.test(headers['content-type']?.[0] ?? '');
  return new URLSearchParams(isForm && body.length > 0 ? Buffer.from(body).toString() : query);
}

export function queryAnswer(call: SignedCall, { namespace }: QueryProtocol, result: XmlValue): AwsAnswer {
  const action = actionOf(call);
  const inner = { [`${action}Result`]: result, ResponseMetadata: { RequestId: randomUUID() } };
  if (wantsJson(call)) return json(200, { [`${action}Response`]: toJson(inner) });
  return xml(200, `<${action}Response xmlns="${namespace}">${toXml(inner)}</${action}Response>`);
}

export function queryRefusal(
  { status, code, message }: AwsError,
  call: SignedCall,
  { namespace }: QueryProtocol,
): AwsAnswer {
  const type = status < 500 ? 'Sender' : 'Receiver';
  const inner = { Error: { Type: type, Code: code, Message: message }, RequestId: randomUUID() };
  if (wantsJson(call)) return json(status, inner);
  return xml(status, `<ErrorResponse xmlns="${namespace}">${toXml(inner)}</ErrorResponse>`);
}

function wantsJson({ headers }: SignedCall): boolean {
  return /application\/json/.test(headers['accept']?.[0] ?? '');
}

function xml(status: number, text: string): AwsAnswer {
  return { status, type: 'text/xml', text };
}

function json(status: number, body: object): AwsAnswer {
  return { status, type: 'application/json', text: JSON.stringify(body) };
}
