import type { BodyMatch, OutcomeRule } from './provider-spec.ts';

/** The row of a table that decides about an answer; undefined when the table does not know it. */
export function ruleFor<Rule extends Pick<OutcomeRule, 'status' | 'match'>>(
  rules: readonly Rule[],
  { status, body }: { readonly status: number; readonly body: unknown },
): Rule | undefined {
  return rules.find((rule) => rule.status.includes(status) && (!rule.match || matchesBody(rule.match, body)));
}

/** Whether a JSON answer fulfils every condition. */
export function matchesBody(match: BodyMatch | readonly BodyMatch[], body: unknown): boolean {
  return [match].flat().every(({ path, pattern, type }) => {
    const values = valuesAt(body, path);
    const hasType = type === undefined || values.some((value) => isOf(type, value));
    return hasType && (pattern === undefined || values.some((value) => isScalar(value) && fits(pattern, value)));
  });
}

/** All that a path leads to: `a.b` at most one value, `a[].b` one per item. */
export function valuesAt(body: unknown, path: string): unknown[] {
  return path.split('.').reduce<unknown[]>(
    (values, step) => {
      const isList = step.endsWith('[]');
      const name = isList ? step.slice(0, -2) : step;
      const found = values.map((value) => ownValue(value, name)).filter((value) => value !== undefined);
      return isList ? found.flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [])) : found;
    },
    [body],
  );
}

export function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function ownValue(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function isOf(type: 'array' | 'object', value: unknown): boolean {
  if (type === 'array') return Array.isArray(value);
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fits(pattern: string, value: string | number | boolean): boolean {
  return new RegExp(pattern, 'u').test(String(value));
}
