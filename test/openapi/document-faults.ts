import { operationsIn, resolveResponse, type OpenApiDocument } from './document.ts';
import { schemaChecker } from './schemas.ts';

/** What a description gets wrong by the rules of OpenAPI 3.1, as far as they concern paths, references and schemas. */
export function documentFaults(document: OpenApiDocument): string[] {
  return [
    ...(/^3\.1\.\d+$/.test(document.openapi) ? [] : ['openapi: not a version 3.1']),
    ...danglingReferences(document),
    ...operationFaults(document),
    ...schemaFaults(document),
  ];
}

function danglingReferences(document: OpenApiDocument): string[] {
  const references = JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g);
  return [...references].flatMap(([, pointer = '']) => {
    let value: unknown = document;
    for (const part of pointer.split('/')) value = (value as Record<string, unknown> | undefined)?.[part];
    return value === undefined ? [`${pointer}: refers to nothing`] : [];
  });
}

function operationFaults(document: OpenApiDocument): string[] {
  const ids = new Set<string>();
  return operationsIn(document).flatMap(({ template, method, operation, parameters }) => {
    const where = `${method} ${template}`;
    const faults: string[] = [];
    const { operationId = '', responses } = operation;
    if (operationId === '' || ids.has(operationId)) faults.push(`${where}: operationId is missing or used twice`);
    ids.add(operationId);
    const inPath = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).toSorted();
    const declared = parameters.filter((parameter) => parameter.in === 'path');
    if (
      inPath.join() !==
      declared
        .map(({ name }) => name)
        .toSorted()
        .join()
    )
      faults.push(`${where}: path parameters`);
    if (!declared.every(({ required }) => required)) faults.push(`${where}: path parameters are required`);
    const names = parameters.map((parameter) => `${parameter.in} ${parameter.name.toLowerCase()}`);
    if (new Set(names).size < names.length) faults.push(`${where}: a parameter stands twice`);
    if (!Object.keys(responses).every((status) => /^[1-5]\d\d$/.test(status))) faults.push(`${where}: statuses`);
    return faults;
  });
}

/** Schemas that do not compile, and examples that do not fit theirs. */
function schemaFaults(document: OpenApiDocument): string[] {
  const faultsOf = schemaChecker(document);
  const faults: string[] = [];
  for (const [where, schema] of schemasIn(document)) {
    try {
      faultsOf(schema, null);
      for (const [example, part] of examplesIn(schema)) {
        for (const fault of faultsOf(part, example))
          faults.push(`${where}: example ${JSON.stringify(example)} ${fault}`);
      }
    } catch (err) {
      faults.push(`${where}: ${String(err)}`);
    }
  }
  return faults;
}

function schemasIn(document: OpenApiDocument): [string, object][] {
  const named = Object.entries(document.components.schemas);
  const used = operationsIn(document).flatMap(({ template, method, operation, parameters }) => {
    const responses = Object.values(operation.responses).map((response) => resolveResponse(document, response));
    const contents = [operation.requestBody?.content, ...responses.map(({ content }) => content)];
    const schemas = [
      ...parameters.map(({ schema }) => schema),
      ...responses.flatMap(({ headers = {} }) => Object.values(headers).map(({ schema }) => schema)),
      ...contents.flatMap((content = {}) => Object.values(content).map(({ schema }) => schema)),
    ];
    return schemas.map((schema): [string, object] => [`${method} ${template}`, schema]);
  });
  return [...named, ...used];
}

function examplesIn(schema: unknown): [unknown, object][] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { examples, ...rest } = schema as { examples?: unknown };
  const own = Array.isArray(examples) ? examples.map((example): [unknown, object] => [example, rest]) : [];
  return [...own, ...Object.values(rest).flatMap(examplesIn)];
}
