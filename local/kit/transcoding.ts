import { serializer, type protobuf } from 'google-gax';
import { ApiError } from './api-error.ts';
import type { ApiRequest, ApiRoute } from './api-server.ts';
import type { GrpcService, UnaryMethod } from './grpc.ts';
import { unimplemented } from './grpc.ts';
import { fromMessage, toMessage } from './protos.ts';

/** google.api.http: a verb with its path template, and the field that the body fills. */
export interface HttpRule {
  readonly body?: string;
  readonly [verb: string]: unknown;
}

const VERBS = ['get', 'post', 'put', 'patch', 'delete'];

type JsonObject = Record<string, unknown>;

/** REST routes of a gRPC service by the google.api.http rules in its protos, so that both transports share one implementation. */
export function transcodedRoutes(
  { type, unary }: GrpcService,
  furtherRules: Readonly<Record<string, HttpRule>> = {},
): ApiRoute[] {
  return type.methodsArray.flatMap((method) => {
    const handler = unary[method.name] ?? unimplemented(method.name);
    const further = furtherRules[method.name];
    const rules = [...httpRules(method), ...(further ? [further] : [])];
    return rules.flatMap((rule) => routeOf(method, rule, handler));
  });
}

function httpRules(method: protobuf.Method): HttpRule[] {
  const options = (method.parsedOptions ?? []) as unknown as Record<string, HttpRule>[];
  return options.flatMap((option) => {
    const rule = option['(google.api.http)'];
    if (!rule) return [];
    const more = rule['additional_bindings'] ?? rule['additionalBindings'] ?? [];
    return [rule, ...(Array.isArray(more) ? (more as HttpRule[]) : [more as HttpRule])];
  });
}

function routeOf(method: protobuf.Method, rule: HttpRule, handler: UnaryMethod): ApiRoute[] {
  const verb = VERBS.find((name) => typeof rule[name] === 'string');
  if (!verb) return [];
  const { pattern, field } = pathPattern(String(rule[verb]));
  const handle = async (request: ApiRequest) => {
    const input = await requestJson(method, rule, request);
    if (field) setPath(input, field, request.params['resource']);
    const message = decode(method, input);
    const answer = await handler(message as never, request.caller, new AbortController().signal);
    return { body: encode(method, answer, request.query) };
  };
  return [{ verb: verb.toUpperCase(), pattern, name: method.name, handle }];
}

/** `/v1/{name=projects/*}:encrypt` as a pattern; each rule we serve has one variable at most. */
function pathPattern(template: string): { pattern: RegExp; field: string | undefined } {
  const variable = /\{(?<field>[\w.]+)(?:=(?<shape>[^}]+))?\}/.exec(template);
  if (!variable) return { pattern: new RegExp(`^${literal(template)}$`), field: undefined };
  const { field, shape = '*' } = variable.groups as { field: string; shape?: string };
  const before = template.slice(0, variable.index);
  const after = template.slice(variable.index + variable[0].length);
  const inner = shape
    .split('/')
    .map((part) => (part === '**' ? '[^:]+' : part === '*' ? '[^/:]+' : literal(part)))
    .join('/');
  return { pattern: new RegExp(`^${literal(before)}(?<resource>${inner})${literal(after)}$`), field };
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

async function requestJson(method: protobuf.Method, rule: HttpRule, request: ApiRequest): Promise<JsonObject> {
  const input = queryJson(method.resolvedRequestType!, request.query);
  if (rule.body === undefined) return input;
  // The official Node client sends an empty message as empty text.
  const body = (await request.json<JsonObject | '' | null>()) || {};
  if (typeof body !== 'object' || Array.isArray(body)) {
    throw new ApiError(400, 'Invalid JSON payload received. The root element must be an object.');
  }
  return rule.body === '*' ? { ...input, ...body } : { ...input, [camel(rule.body)]: body };
}

/** Query parameters as JSON fields of the request; `$alt` and other system parameters are not fields and fall out. */
function queryJson(type: protobuf.Type, query: URLSearchParams): JsonObject {
  const json: JsonObject = {};
  for (const key of new Set(query.keys())) {
    const path = key.split('.').map(camel);
    const field = fieldAt(type, path);
    if (field) setPath(json, path.join('.'), queryValue(field, query.getAll(key)));
  }
  return json;
}

function fieldAt(type: protobuf.Type, path: readonly string[]): protobuf.Field | undefined {
  const [first = '', ...rest] = path;
  const field = type.fields[first]?.resolve();
  if (!field || rest.length === 0) return field;
  return field.resolvedType && 'fields' in field.resolvedType ? fieldAt(field.resolvedType, rest) : undefined;
}

function queryValue(field: protobuf.Field, values: readonly string[]): unknown {
  const parsed = values.map((value) => {
    if (field.type === 'bool') return value === 'true';
    return /^(u?int32|double|float)$/.test(field.type) ? Number(value) : value;
  });
  return field.repeated ? parsed : parsed.at(-1);
}

function camel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function setPath(target: JsonObject, path: string, value: unknown): void {
  const parts = path.split('.').map(camel);
  const last = parts.pop()!;
  const owner = parts.reduce<JsonObject>((at, part) => (at[part] ??= {}) as JsonObject, target);
  owner[last] = value;
}

function decode(method: protobuf.Method, input: JsonObject): object {
  const type = method.resolvedRequestType!;
  try {
    return toMessage(type, serializer.fromProto3JSON(type, input as never)!);
  } catch (cause) {
    throw new ApiError(400, 'Invalid JSON payload received. A field is unknown or has the wrong type.', { cause });
  }
}

function encode(method: protobuf.Method, answer: object, query: URLSearchParams): unknown {
  const type = method.resolvedResponseType!;
  const numericEnums = (query.get('$alt') ?? '').includes('enum-encoding=int');
  return serializer.toProto3JSON(fromMessage(type, answer), { numericEnums });
}
