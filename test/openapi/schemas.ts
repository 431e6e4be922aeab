import formats from 'ajv-formats';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { OpenApiDocument } from './document.ts';

export type SchemaFaults = (schema: object, value: unknown) => string[];

/** Checks values against schemas of a document; a schema that is not valid itself throws. */
export function schemaChecker({ components }: OpenApiDocument): SchemaFaults {
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
  formats.default(ajv);
  ajv.addKeyword('components');
  ajv.addSchema({ $id: 'api', components: { schemas: absolute(components.schemas) } });
  const compiled = new WeakMap<object, ReturnType<typeof ajv.compile>>();
  return (schema, value) => {
    const check = compiled.get(schema) ?? ajv.compile(absolute(schema));
    compiled.set(schema, check);
    return check(value) ? [] : (check.errors ?? []).map(inWords);
  };
}

/** References into the document, as they read from a schema that stands alone. */
function absolute(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"api#/')) as object;
}

function inWords({ instancePath, message, params, keyword }: ErrorObject): string {
  const stray = keyword === 'additionalProperties' ? ` (${String(params['additionalProperty'])})` : '';
  return `${instancePath || 'the value'} ${message ?? keyword}${stray}`;
}
