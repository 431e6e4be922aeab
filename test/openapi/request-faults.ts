import type { Parameter, Place } from './document.ts';
import type { SchemaFaults } from './schemas.ts';

export interface CheckedRequest {
  readonly method: string;
  /** Path and query, as they go over the wire. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** Why the document refuses a request; empty when it may be carried out. */
export function requestFaults(request: CheckedRequest, place: Place, faultsOf: SchemaFaults): string[] {
  const parameters = place.parameters.flatMap((parameter) => parameterFaults(parameter, request, place, faultsOf));
  const secured = (place.operation?.security ?? []).length > 0;
  return [
    ...parameters,
    ...(secured && !request.headers['authorization'] ? ['no Authorization'] : []),
    ...bodyFaults(request, place, faultsOf),
  ];
}

function parameterFaults(
  parameter: Parameter,
  { headers }: CheckedRequest,
  { values, query }: Place,
  faultsOf: SchemaFaults,
): string[] {
  const { name, required, schema } = parameter;
  const sources = { path: values[name], query: query.get(name) ?? undefined, header: headers[name.toLowerCase()] };
  const text = sources[parameter.in];
  if (text === undefined) return required ? [`${parameter.in} ${name} is missing`] : [];
  return faultsOf(schema, typed(text, schema)).map((fault) => `${parameter.in} ${name}: ${fault}`);
}

function typed(text: string, schema: object): unknown {
  const type = 'type' in schema ? schema.type : undefined;
  if (type === 'integer' && /^-?\d+$/.test(text)) return Number(text);
  return type === 'boolean' && (text === 'true' || text === 'false') ? text === 'true' : text;
}

function bodyFaults({ headers, body }: CheckedRequest, { operation }: Place, faultsOf: SchemaFaults): string[] {
  const described = operation?.requestBody;
  if (!described) return []; // whatever is sent is not looked at
  if (!body) return described.required ? ['no body'] : [];
  // A suffix says that the type is JSON as well (RFC 6839).
  const type = mediaType(headers['content-type'] ?? '').replace(/^application\/[\w.-]+\+json$/, 'application/json');
  const content = described.content[type];
  if (!content) return [`content type "${type}" is not described`];
  try {
    // A byte order mark may be overlooked (RFC 8259, 8.1).
    return faultsOf(content.schema, JSON.parse(body.replace(/^\uFEFF/, ''))).map((fault) => `body: ${fault}`);
  } catch {
    return ['the body is not JSON'];
  }
}

export function mediaType(header: string): string {
  return (header.split(';')[0] ?? '').trim().toLowerCase();
}
