/** As much of an OpenAPI 3.1 document as the checks read. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly responses?: Readonly<Record<string, ResponseDoc>>;
  };
}

export type PathItem = { readonly parameters?: readonly Parameter[] } & Readonly<Record<string, OperationDoc>>;

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: object;
}

export type Content = Readonly<Record<string, { readonly schema: object }>>;

export interface OperationDoc {
  readonly operationId?: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, ResponseDoc | { readonly $ref: string }>>;
}

export interface ResponseDoc {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly required?: boolean; readonly schema: object }>>;
  readonly content?: Content;
}

/** What the document says about a path and method. */
export interface Place {
  readonly template: string;
  readonly method: string;
  readonly operation: OperationDoc | undefined;
  readonly parameters: readonly Parameter[];
  /** Percent-decoded parts of the path. */
  readonly values: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

export const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** Every operation of a document with its path and method. */
export function operationsIn({ paths }: OpenApiDocument) {
  return Object.entries(paths).flatMap(([template, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ template, method, operation, parameters: parametersOf(item, operation) }] : [];
    }),
  );
}

/** Where a request goes; undefined when the document has no such path. */
export function findPlace({ paths }: OpenApiDocument, method: string, target: string): Place | undefined {
  const end = target.indexOf('?');
  const path = end < 0 ? target : target.slice(0, end);
  for (const [template, item] of Object.entries(paths)) {
    const values = valuesIn(template, path);
    if (!values) continue;
    const name = method === 'HEAD' ? 'get' : method.toLowerCase();
    const operation = item[name];
    const query = new URLSearchParams(end < 0 ? '' : target.slice(end + 1));
    return { template, method, operation, parameters: parametersOf(item, operation), values, query };
  }
  return undefined;
}

/** A response itself, where the operation only refers to it. */
export function resolveResponse(document: OpenApiDocument, response: ResponseDoc | { $ref: string }): ResponseDoc {
  if (!('$ref' in response)) return response;
  const found = document.components.responses?.[response.$ref.split('/').at(-1) ?? ''];
  if (!found) throw new Error(`${response.$ref} is not in the document`);
  return found;
}

function parametersOf(item: PathItem, operation: OperationDoc | undefined): readonly Parameter[] {
  return [...(item.parameters ?? []), ...(operation?.parameters ?? [])];
}

function valuesIn(template: string, path: string): Record<string, string> | undefined {
  const pattern = template.replaceAll('.', '\\.').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  const groups = new RegExp(`^${pattern}$`).exec(path);
  if (!groups) return undefined;
  try {
    const parts = Object.entries(groups.groups ?? {});
    return Object.fromEntries(parts.map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch {
    return undefined; // not a path at all
  }
}
