import { AssertionError } from 'node:assert/strict';
import { findPlace, resolveResponse, type OpenApiDocument, type Place, type ResponseDoc } from './document.ts';
import { mediaType, requestFaults, type CheckedRequest } from './request-faults.ts';
import { schemaChecker, type SchemaFaults } from './schemas.ts';

export interface CheckedResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export type ExchangeCheck = (request: CheckedRequest, response: CheckedResponse) => void;

/** What may be said before it is looked at which method was asked for. */
const BEFORE_METHOD = [401, 403, 404, 405, 429];

/**
 * Holds exchanges against the document that describes them.
 *
 * @returns A check that throws an AssertionError with everything that does not fit.
 */
export function exchangeChecker(document: OpenApiDocument): ExchangeCheck {
  const faultsOf = schemaChecker(document);
  return (request, response) => {
    const faults = exchangeFaults(document, faultsOf, request, response);
    if (faults.length === 0) return;
    const head = `${request.method} ${request.path} was answered ${response.status}, against its description:`;
    throw new AssertionError({ message: [head, ...faults, response.body.slice(0, 1000)].join('\n  ') });
  };
}

function exchangeFaults(
  document: OpenApiDocument,
  faultsOf: SchemaFaults,
  request: CheckedRequest,
  response: CheckedResponse,
): string[] {
  const place = findPlace(document, request.method, request.path);
  if (place && request.method === 'OPTIONS') return preflightFaults(response);
  if (!place?.operation) return strangerFaults(document, faultsOf, place, request, response);
  const described = place.operation.responses[String(response.status)];
  if (!described) return [`status ${response.status} is not described`];
  const refused = response.status < 300 ? requestFaults(request, place, faultsOf) : [];
  return [
    ...refused.map((fault) => `the description refuses this request: ${fault}`),
    ...responseFaults(resolveResponse(document, described), faultsOf, request, response),
  ];
}

function preflightFaults({ status, headers, body }: CheckedResponse): string[] {
  if (status !== 204 || body !== '') return ['OPTIONS is answered 204 without a body'];
  return headers.has('allow') ? [] : ['header Allow is missing'];
}

/** A path or method that is not described is refused, by a problem document like any other. */
function strangerFaults(
  document: OpenApiDocument,
  faultsOf: SchemaFaults,
  place: Place | undefined,
  request: CheckedRequest,
  response: CheckedResponse,
): string[] {
  const allowed = place ? BEFORE_METHOD : [404];
  const described = document.components.responses?.[`Problem${response.status}`];
  if (!described || !allowed.includes(response.status)) return [`${allowed.join(' or ')} is expected here`];
  return responseFaults(described, faultsOf, request, response);
}

function responseFaults(
  described: ResponseDoc,
  faultsOf: SchemaFaults,
  { method }: CheckedRequest,
  response: CheckedResponse,
): string[] {
  return [
    ...headerFaults(described, faultsOf, response),
    ...(method === 'HEAD'
      ? response.body === ''
        ? []
        : ['HEAD has no body']
      : contentFaults(described, faultsOf, response)),
  ];
}

function headerFaults({ headers = {} }: ResponseDoc, faultsOf: SchemaFaults, response: CheckedResponse): string[] {
  return Object.entries(headers).flatMap(([name, { required, schema }]) => {
    const value = response.headers.get(name);
    if (value === null) return required ? [`header ${name} is missing`] : [];
    return faultsOf(schema, value).map((fault) => `header ${name}: ${fault}`);
  });
}

function contentFaults({ content }: ResponseDoc, faultsOf: SchemaFaults, { headers, body }: CheckedResponse): string[] {
  if (!content) return body === '' ? [] : ['a body is not described'];
  const type = mediaType(headers.get('content-type') ?? '');
  const described = content[type];
  if (!described) return [`content type "${type}" is not described`];
  try {
    return faultsOf(described.schema, type.endsWith('json') ? JSON.parse(body) : body).map((fault) => `body: ${fault}`);
  } catch (err) {
    return [`body: ${String(err)}`];
  }
}
