import type { TSchema } from '@sinclair/typebox';
import { operationsOf, ROUTES, type Path } from '../../shared/http/routes.ts';
import type { JsonSchema } from '../../shared/providers/provider-spec.ts';
import type { Provider, Registry } from '../../shared/providers/registry.ts';
import { SetupBody, UpdateBody } from '../integrations/bodies.ts';
import * as schemas from '../schemas.ts';

interface OperationDoc {
  readonly summary: string;
  readonly answers: Readonly<
    Record<number, { readonly description: string; readonly schema?: string; readonly types?: readonly string[] }>
  >;
  /** Statuses of problem documents, beyond those that every operation has. */
  readonly problems: readonly number[];
  readonly parameters?: readonly object[];
  readonly body?: object;
}

const JSON_ONLY = ['application/json'];
const query = (name: string, schema: object, description: string) => ({ name, in: 'query', schema, description });
const header = (name: string, schema: object, description: string) => ({ name, in: 'header', schema, description });
const WAIT = header(
  'Prefer',
  { type: 'string', pattern: 'wait=\\d+' },
  'wait=N: wait up to N (at most 30) seconds for the verdict.',
);

const IF_MATCH = header(
  'If-Match',
  { type: 'string', maxLength: 2000 },
  'The ETag that was read; the change is refused when the integration has changed since.',
);
const IDEMPOTENCY_KEY = header(
  'Idempotency-Key',
  { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
  'A repeated request with the same key gets the first answer again, for 24 hours.',
);

/** An OpenAPI 3.1 description made of the schemas that handlers and registry check with. */
export function openApiDocument(registry: Registry): object {
  return {
    openapi: '3.1.0',
    info: { title: 'Integration setup', version: '1.0.0', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    paths: Object.fromEntries(
      (Object.keys(ROUTES) as Path[]).map((path) => [path, pathItem(path, operations(registry))]),
    ),
    components: {
      schemas: components(registry),
      securitySchemes: { oidc: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

function operations(registry: Registry): Readonly<Record<string, OperationDoc>> {
  const integration = (description: string) => ({ description, schema: 'Integration' });
  return {
    'GET /integrations/{org}': {
      summary: 'Every provider, with the integration of the organisation where there is one',
      answers: { 200: { description: 'All integrations', schema: 'IntegrationList' } },
      problems: [400],
      parameters: [
        query('status', { type: 'string' }, 'Only integrations of this status.'),
        query('category', { enum: ['cloud', 'genai', 'saas'] }, 'Only providers of this category.'),
      ],
    },
    'GET /integrations/{org}/{provider}': {
      summary: 'One integration with its history',
      answers: { 200: { description: 'The integration', schema: 'IntegrationWithHistory' } },
      problems: [],
    },
    'PUT /integrations/{org}/{provider}': {
      summary: 'Change credentials, metadata, label or expiry; a credential in use stays until the new one is tested',
      answers: {
        200: integration('Label or expiry changed; or with the verdict that was waited for'),
        202: integration('Stored; its test is under way'),
      },
      problems: [400, 409, 412, 413, 415, 422],
      parameters: [IF_MATCH, WAIT],
      body: body(registry, updateName),
    },
    'DELETE /integrations/{org}/{provider}': {
      summary: 'Delete an integration; its history stays',
      answers: { 204: { description: 'Deleted' } },
      problems: [400, 409, 412],
      parameters: [IF_MATCH],
    },
    'POST /integrations/{org}/{provider}/setup': {
      summary: 'Set up an integration, or test a credential without storing it',
      answers: {
        200: {
          description: 'The same is stored already; or the outcome of a dry run',
          schema: 'SetupAnswer',
          types: [...JSON_ONLY, 'text/event-stream'],
        },
        201: integration('Stored, with its verdict'),
        202: integration('Stored; its test is under way'),
      },
      problems: [400, 409, 413, 415, 422],
      parameters: [query('dry_run', { type: 'boolean' }, 'Test and store nothing.'), IDEMPOTENCY_KEY, WAIT],
      body: body(registry, setupName),
    },
    'POST /integrations/{org}/{provider}/validate': {
      summary: 'Test the stored credential again',
      answers: { 200: integration('With the verdict'), 202: integration('The test is under way') },
      problems: [400, 413, 415],
      parameters: [WAIT],
    },
    'GET /providers': {
      summary: 'Providers with their fields, schemas and help',
      answers: { 200: { description: 'The registry', schema: 'ProviderList' } },
      problems: [],
    },
    'GET /openapi.json': {
      summary: 'This document',
      answers: { 200: { description: 'OpenAPI 3.1', schema: 'AnyObject' } },
      problems: [],
    },
    'GET /health': {
      summary: 'Whether the service is up',
      answers: { 200: { description: 'Up', schema: 'Health' } },
      problems: [],
    },
  };
}

function pathItem(path: Path, docs: Readonly<Record<string, OperationDoc>>): object {
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const methods = Object.entries(operationsOf(path)).map(([method, { role }]) => {
    const doc = docs[`${method} ${path}`];
    if (!doc) throw new Error(`${method} ${path} has no description`);
    return [method.toLowerCase(), operation(doc, role !== undefined, parameters.length > 0)];
  });
  return { ...(parameters.length > 0 ? { parameters } : {}), ...Object.fromEntries(methods) };
}

function operation(
  { summary, answers, problems, parameters, body }: OperationDoc,
  isSecured: boolean,
  isScoped: boolean,
): object {
  const statuses = [...problems, ...(isScoped ? [401, 403, 404, 429, 503] : []), 405, 500].toSorted((a, b) => a - b);
  const successes = Object.entries(answers).map(([status, answer]) => [status, response(answer)]);
  return {
    summary,
    ...(isSecured ? { security: [{ oidc: [] }] } : {}),
    ...(parameters ? { parameters } : {}),
    ...(body ? { requestBody: body } : {}),
    responses: { ...Object.fromEntries(successes), ...Object.fromEntries(statuses.map((status) => [status, PROBLEM])) },
  };
}

const PROBLEM = response({
  description: 'A problem document (RFC 9457)',
  schema: 'Problem',
  types: ['application/problem+json'],
});

function response({
  description,
  schema,
  types = JSON_ONLY,
}: {
  description: string;
  schema?: string;
  types?: readonly string[];
}) {
  if (!schema) return { description };
  const content = types.map((type) => [
    type,
    { schema: type === 'text/event-stream' ? { type: 'string' } : { $ref: `#/components/schemas/${schema}` } },
  ]);
  return { description, content: Object.fromEntries(content) };
}

function body({ providers }: Registry, nameOf: (slug: string) => string): object {
  const schema = { anyOf: providers.map(({ slug }) => ({ $ref: `#/components/schemas/${nameOf(slug)}` })) };
  return { required: true, content: { 'application/json': { schema } } };
}

const setupName = (slug: string): string => `Setup_${slug.replaceAll('-', '_')}`;
const updateName = (slug: string): string => `Update_${slug.replaceAll('-', '_')}`;

function components({ providers }: Registry): Record<string, object> {
  const named = schemas as unknown as Record<string, TSchema>;
  return {
    ...Object.fromEntries(Object.entries(named).map(([name, schema]) => [name, plain(schema)])),
    AnyObject: { type: 'object' },
    SetupAnswer: { anyOf: [{ $ref: '#/components/schemas/Integration' }, { $ref: '#/components/schemas/TestResult' }] },
    ...Object.fromEntries(providers.map((provider) => [setupName(provider.slug), setupSchema(provider)])),
    ...Object.fromEntries(providers.map((provider) => [updateName(provider.slug), bodySchema(UpdateBody, provider)])),
  };
}

function setupSchema(provider: Provider): object {
  return { ...bodySchema(SetupBody, provider), required: provider.manual_entry ? ['metadata'] : ['credentials'] };
}

/** A body with the provider's own schemas in place of "any object". */
function bodySchema(schema: TSchema, { credential, metadata }: Provider): object {
  const { properties, ...rest } = plain(schema) as { properties: Record<string, object> };
  const { credentials: _any, ...others } = properties;
  return {
    ...rest,
    properties: {
      ...others,
      ...(credential ? { credentials: described(credential) } : {}),
      metadata: described(metadata),
    },
  };
}

const OURS = new Set(['deny', 'warn', 'help', 'secret', 'trim', 'limit', 'example']);

/** Our own keywords leave; what they say to people stays as description and examples. */
function described(schema: JsonSchema): object {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !('type' in value)) return value;
    const own = value as Record<string, unknown>;
    if (typeof own['type'] !== 'string') return value;
    return {
      ...Object.fromEntries(Object.entries(own).filter(([name]) => !OURS.has(name))),
      ...(own['help'] && !own['description'] ? { description: own['help'] } : {}),
      ...(own['secret'] ? { writeOnly: true } : {}),
      ...(own['example'] === undefined ? {} : { examples: [own['example']] }),
    };
  }) as object;
}

/** TypeBox schemas without the symbols that they carry. */
function plain(schema: TSchema): object {
  return JSON.parse(JSON.stringify(schema)) as object;
}
