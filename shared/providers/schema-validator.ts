import formats from 'ajv-formats';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';

/** A value that certainly belongs elsewhere, such as another provider's key, and what to tell the user about it. */
export interface DenyRule {
  readonly pattern: string;
  readonly say: string;
  readonly hint?: string;
}

/** Annotations that forms and messages use; they check nothing. */
const ANNOTATIONS = ['help', 'secret', 'trim', 'warn', 'example', 'limit'];

/** ajv that knows the registry's own keywords and reports all faults at once. */
export function createAjv(): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false, verbose: true });
  formats.default(ajv);
  for (const keyword of ANNOTATIONS) ajv.addKeyword({ keyword });
  ajv.addKeyword({ keyword: 'deny', type: 'string', schemaType: 'array', errors: 'full', compile: compileDeny });
  return ajv;
}

function compileDeny(rules: DenyRule[], parentSchema: object) {
  const compiled = rules.map((rule) => ({ ...rule, regex: new RegExp(rule.pattern, 'u') }));
  const check = (value: string): boolean => {
    const hits = compiled.filter(({ regex }) => regex.test(value));
    check.errors = hits.map(({ say, hint }) => ({ keyword: 'deny', message: say, params: { hint }, parentSchema }));
    return hits.length === 0;
  };
  check.errors = [] as Partial<ErrorObject>[];
  return check;
}

export type { ErrorObject, ValidateFunction };
