import type { TSchema } from '@sinclair/typebox';
import { STATUSES } from '../../shared/credentials/lifecycle.ts';
import { ORG_SLUG } from '../../shared/http/org-slug.ts';
import { REQUEST_ID } from '../../shared/http/edge.ts';
import { operationsOf, ROUTES, type Path } from '../../shared/http/routes.ts';
import { RUN_ID } from '../../shared/pipelines/run-states.ts';
import { ERRORS } from '../../shared/platform/errors.ts';
import { namesOf } from '../../shared/providers/registry-faults.ts';
import type { JsonSchema } from '../../shared/providers/provider-spec.ts';
import type { Provider, Registry } from '../../shared/providers/registry.ts';
import { SetupBody, UpdateBody } from '../integrations/bodies.ts';
import * as schemas from '../schemas.ts';
import { header, JSON_ONLY, plain, query, text, type AnswerDoc, type OperationDoc } from './operation-doc.ts';
import { costOperations, runOperations } from './run-operations.ts';

const WAIT = header(
  'Prefer',
  { type: 'string', examples: ['wait=10'] },
  'wait=N: wait up to N (at most 30) seconds for the verdict. Other preferences are ignored (RFC 7240).',
);

const IF_MATCH = header(
  'If-Match',
  {
    type: 'string',
    pattern: '^\\s*(?:\\*|TAG(?:\\s*,\\s*TAG)*)\\s*$'.replaceAll('TAG', '(?:W/)?"[!#-+\\--~]{0,100}"'),
  },
  'The ETag that was read; the change is refused when the integration has changed since.',
);
const IDEMPOTENCY_KEY = header(
  'Idempotency-Key',
  { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
  'A repeated request with the same key gets the first answer again, for 24 hours.',
);

const required = (header: object) => ({ required: true, ...header });
const ETAG = text('The version of the integration.', { pattern: '^"[1-9][0-9]*"$' });
const APPLIED = text('The wish to wait was heard.', { pattern: '^wait=[0-9]+$' });
const RETRY_AFTER = text('Seconds until another try can succeed.', { pattern: '^[1-9][0-9]*$' });
const EVERY_ANSWER = {
  'X-Request-Id': required(
    text('The request id that came with the request, or a new one.', { pattern: REQUEST_ID.source }),
  ),
  Vary: required(text('Request headers that the answer depends on.')),
  'Cache-Control': required(text('How long the answer may be kept.')),
};
const PROBLEM_HEADERS: Readonly<Record<number, Readonly<Record<string, object>>>> = {
  401: { 'WWW-Authenticate': required(text('Bearer.', { pattern: '^Bearer ' })) },
  405: { Allow: required(text('The methods of the path.')) },
  409: { 'Retry-After': RETRY_AFTER },
  429: { 'Retry-After': required(RETRY_AFTER) },
  503: { 'Retry-After': required(RETRY_AFTER) },
};

/** An OpenAPI 3.1 description made of the schemas that handlers and registry check with. */
export function openApiDocument(registry: Registry): object {
  return {
    openapi: '3.1.0',
    info: { title: 'Integration setup', version: '1.0.0', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    paths: Object.fromEntries(
      (Object.keys(ROUTES) as Path[]).map((path) => [path, pathItem(path, operations(registry), registry)]),
    ),
    components: {
      schemas: components(registry),
      responses: problems(),
      securitySchemes: { oidc: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

function operations(registry: Registry): Readonly<Record<string, OperationDoc>> {
  const headers = { ETag: required(ETAG), 'Preference-Applied': APPLIED };
  const integration = (description: string) => ({ description, schema: 'Integration', headers });
  return {
    'GET /integrations/{org}': {
      id: 'listIntegrations',
      summary: 'Every provider, with the integration of the organisation where there is one',
      answers: { 200: { description: 'All integrations', schema: 'IntegrationList' } },
      problems: [400],
      parameters: [
        query('status', { enum: [...STATUSES, 'NOT_CONFIGURED'] }, 'Only integrations of this status.'),
        query('category', { enum: ['cloud', 'genai', 'saas'] }, 'Only providers of this category.'),
      ],
    },
    'GET /integrations/{org}/{provider}': {
      id: 'getIntegration',
      summary: 'One integration with its history',
      answers: {
        200: { description: 'The integration', schema: 'IntegrationWithHistory', headers: { ETag: required(ETAG) } },
      },
      problems: [],
    },
    'PUT /integrations/{org}/{provider}': {
      id: 'updateIntegration',
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
      id: 'deleteIntegration',
      summary: 'Delete an integration; its history stays',
      answers: { 204: { description: 'Deleted' } },
      problems: [400, 409, 412],
      parameters: [IF_MATCH],
    },
    'POST /integrations/{org}/{provider}/setup': {
      id: 'setUpIntegration',
      summary: 'Set up an integration, or test a credential without storing it',
      answers: {
        200: {
          description: 'The same is stored already; or the outcome of a dry run',
          schema: 'SetupAnswer',
          types: [...JSON_ONLY, 'text/event-stream'],
          headers: { ETag: ETAG, 'Preference-Applied': APPLIED },
        },
        201: integration('Stored, with its verdict'),
        202: integration('Stored; its test is under way'),
      },
      problems: [400, 409, 413, 415, 422],
      parameters: [query('dry_run', { type: 'boolean' }, 'Test and store nothing.'), IDEMPOTENCY_KEY, WAIT],
      body: body(registry, setupName),
    },
    'POST /integrations/{org}/{provider}/validate': {
      id: 'validateIntegration',
      summary: 'Test the stored credential again',
      answers: { 200: integration('With the verdict'), 202: integration('The test is under way') },
      problems: [400, 413, 415],
      parameters: [WAIT],
    },
    ...runOperations(),
    ...costOperations(),
    'GET /providers': {
      id: 'listProviders',
      summary: 'Providers with their fields, schemas and help',
      answers: { 200: { description: 'The registry', schema: 'ProviderList' } },
      problems: [],
    },
    'GET /openapi.json': {
      id: 'getDescription',
      summary: 'This document',
      answers: { 200: { description: 'OpenAPI 3.1', schema: 'AnyObject' } },
      problems: [],
    },
    'GET /health': {
      id: 'getHealth',
      summary: 'Whether the service is up',
      answers: { 200: { description: 'Up', schema: 'Health' } },
      problems: [],
    },
  };
}

function pathItem(path: Path, docs: Readonly<Record<string, OperationDoc>>, registry: Registry): object {
  const schemaOf: Readonly<Record<string, object>> = {
    org: { type: 'string', pattern: ORG_SLUG.source },
    provider: providerName(registry),
    id: { type: 'string', pattern: RUN_ID.source },
  };
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: schemaOf[name],
  }));
  const methods = Object.entries(operationsOf(path)).map(([method, { role }]) => {
    const doc = docs[`${method} ${path}`];
    if (!doc) throw new Error(`${method} ${path} has no description`);
    return [method.toLowerCase(), operation(doc, role !== undefined, path.includes('{provider}'))];
  });
  return { ...(parameters.length > 0 ? { parameters } : {}), ...Object.fromEntries(methods) };
}

/** Slugs, and every other name of a provider, in any case. */
function providerName({ providers }: Registry): object {
  const anyCase = (name: string) =>
    name.replace(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);
  const names = providers.flatMap((provider) => [...namesOf(provider)]).map(anyCase);
  return {
    type: 'string',
    anyOf: [{ enum: providers.map(({ slug }) => slug) }, { pattern: `^(?:${[...new Set(names)].join('|')})$` }],
  };
}

function operation(
  { id, summary, answers, problems, parameters, body }: OperationDoc,
  isSecured: boolean,
  namesProvider: boolean,
): object {
  const scoped = [...(isSecured ? [401, 403, 429, 503] : []), ...(namesProvider ? [404] : [])];
  const statuses = [...problems, ...scoped, 405, 500].toSorted((a, b) => a - b);
  const successes = Object.entries(answers).map(([status, answer]) => [status, response(answer)]);
  return {
    operationId: id,
    summary,
    ...(isSecured ? { security: [{ oidc: [] }] } : {}),
    ...(parameters ? { parameters } : {}),
    ...(body ? { requestBody: body } : {}),
    responses: {
      ...Object.fromEntries(successes),
      ...Object.fromEntries(statuses.map((status) => [status, problemOf(status)])),
    },
  };
}

const problemOf = (status: number) => ({ $ref: `#/components/responses/Problem${status}` });

/** One response per status, with the codes that it can have; the codes of other failures on our side stay inside. */
function problems(): Record<string, object> {
  const statuses = [...new Set(Object.values(ERRORS).map(({ status }) => status))];
  return Object.fromEntries(statuses.map((status) => [`Problem${status}`, problem(status)]));
}

function problem(status: number): object {
  const codes = Object.entries(ERRORS).filter(([, error]) => error.status === status);
  const code = { enum: status === 500 ? ['internal'] : codes.map(([name]) => name) };
  const schema = {
    $ref: '#/components/schemas/Problem',
    properties: { status: { const: status }, code },
  };
  return {
    description: 'A problem document (RFC 9457)',
    headers: { ...EVERY_ANSWER, ...PROBLEM_HEADERS[status] },
    content: { 'application/problem+json': { schema } },
  };
}

function response({ description, schema, types = JSON_ONLY, headers: more = {} }: AnswerDoc) {
  const headers = { ...EVERY_ANSWER, ...more };
  if (!schema) return { description, headers };
  const content = types.map((type) => [
    type,
    { schema: type === 'application/json' ? { $ref: `#/components/schemas/${schema}` } : { type: 'string' } },
  ]);
  return { description, headers, content: Object.fromEntries(content) };
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
      ...(own['trim'] && typeof own['pattern'] === 'string' ? { pattern: spaced(own['pattern']) } : {}),
      ...(own['help'] && !own['description'] ? { description: own['help'] } : {}),
      ...(own['secret'] ? { writeOnly: true } : {}),
      // The example of a secret shows how it begins, in a form; it is no value that would be taken.
      ...(own['example'] === undefined || own['secret'] ? {} : { examples: [own['example']] }),
    };
  }) as object;
}

/** White space around a pasted text is cut off before it is checked. */
const spaced = (pattern: string): string => `^\\s*(?:${pattern.replace(/^\^/, '').replace(/\$$/, '')})\\s*$`;
