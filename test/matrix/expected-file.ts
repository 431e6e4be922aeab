import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { CheckSpec, Outcome, TestRequest } from '../../shared/providers/provider-spec.ts';
import type { Provider } from '../../shared/providers/registry.ts';

/** An answer on the wire. */
export interface WireReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it stands. */
  readonly text?: string;
}

/** A signal that the provider documents, and what has to come of it. */
export interface Row extends WireReply {
  readonly signal: string;
  readonly outcome: Outcome;
  readonly check?: 'pass' | 'fail' | 'warn' | 'skip';
  /** Patterns that message and remedy fit. */
  readonly says?: string;
  readonly remedy?: string;
  readonly discovered?: Readonly<Record<string, unknown>>;
  readonly retry_after_ms?: number | null;
  /** Other steps, by name, that do not answer well either: some questions are asked after a refusal alone. */
  readonly given?: Readonly<Record<string, WireReply>>;
}

/** One question of a test: how it is recognised, its good answer, and its other answers. */
export interface Step {
  /** Id of the check in the report, without what stands behind a colon. */
  readonly check: string;
  /** For `given` of other steps' rows. */
  readonly name?: string;
  readonly asks: { readonly method: string; readonly host: string; readonly path: string; readonly body?: string };
  readonly well: WireReply;
  /** A refusal does not fail the test. */
  readonly optional?: boolean;
  /** Answers that say nothing do not fail the test either. */
  readonly undecided?: 'warn';
  readonly rows?: readonly Row[];
  /** Outcomes of generic signals where they differ from those of everybody. */
  readonly generic?: Readonly<Record<string, Outcome>>;
}

export interface Variant {
  readonly name: string;
  readonly credentials?: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly steps: readonly Step[];
}

const FOLDER = new URL('./expected/', import.meta.url);

/**
 * What is expected of a provider: the file that was written by hand from its documentation, or, for one that was added to
 * the registry alone, its declared requests, of which at least everything is known that is the same for everybody.
 */
export function expectedOf(provider: Provider): readonly Variant[] {
  const file = new URL(`${provider.slug}.yml`, FOLDER);
  if (!existsSync(file)) return [{ name: provider.slug, steps: declaredSteps(provider) }];
  const document = parse(readFileSync(file, 'utf8'), { merge: true }) as {
    readonly steps?: readonly Step[];
    readonly variants?: readonly Variant[];
  };
  return document.variants ?? [{ name: provider.slug, steps: document.steps ?? [] }];
}

function declaredSteps({ connection_test: test }: Provider): Step[] {
  if (!test || !('requests' in test)) return []; // matrix.test.ts says that the file is missing
  return test.requests.map((request) => ({
    check: request.id,
    asks: { method: request.method, host: new URL(request.url).host, path: pathPattern(request) },
    well: wellOf(request),
    ...(request.optional ? { optional: true } : {}),
  }));
}

function pathPattern({ url }: TestRequest): string {
  const [path = ''] = url.replace(/^https:\/\/[^/]+/, '').split('?');
  return `^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/?]+')}(?:\\?|$)`;
}

/** The plainest answer that the table accepts. */
function wellOf({ outcomes }: CheckSpec): WireReply {
  const rule = outcomes.find(({ outcome, check }) => outcome === 'accepted' && check === undefined);
  const conditions = [rule?.match ?? []].flat();
  const body = conditions.reduce<object>((built, { path, type, pattern }) => {
    const value = type === 'array' ? [] : type === 'object' ? {} : (pattern ?? '').replace(/^\^|\$$/g, '');
    return { ...built, ...nested(path.split('.'), value) };
  }, {});
  return { status: rule?.status[0] ?? 200, body };
}

function nested([step = '', ...rest]: readonly string[], value: unknown): object {
  const name = step.replace(/\[\]$/, '');
  const inner = rest.length === 0 ? value : nested(rest, value);
  return { [name]: step.endsWith('[]') && rest.length > 0 ? [inner] : inner };
}
