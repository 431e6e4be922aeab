import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ApiError } from '../kit/api-error.ts';
import type { ApiRequest } from '../kit/api-server.ts';
import { invalid } from './errors.ts';

const inflate = promisify(gunzip);
const MAX_INFLATED_BYTES = 256 << 20;

export type Json = Readonly<Record<string, unknown>>;

/** The body as text; Java's client sends every body compressed. */
export async function bodyText(request: ApiRequest): Promise<string> {
  const bytes = await request.body();
  if (request.headers['content-encoding'] !== 'gzip') return bytes.toString('utf8');
  try {
    return (await inflate(bytes, { maxOutputLength: MAX_INFLATED_BYTES })).toString('utf8');
  } catch (cause) {
    throw new ApiError(400, 'The request body is not valid gzip.', { reason: 'parseError', cause });
  }
}

export async function jsonBody<T extends object = Json>(request: ApiRequest): Promise<T> {
  return parseJson<T>(await bodyText(request));
}

export function parseJson<T extends object = Json>(text: string): T {
  let value: unknown;
  try {
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch (cause) {
    throw new ApiError(400, 'Invalid JSON payload received.', { reason: 'parseError', cause });
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw invalid('Invalid JSON payload received. The root element must be an object.', 'parseError');
  }
  return value as T;
}

/** A member that is text, or a number or boolean in its place. */
export function textOf(json: Json | undefined, name: string, fallback = ''): string {
  const value = json?.[name];
  if (value === undefined || value === null) return fallback;
  if (typeof value === 'object') throw invalid(`Invalid value for ${name}: text is expected`);
  return `${value as string | number | boolean}`;
}

/** A count in a query string or body; undefined when absent. */
export function countOf(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const count = Number(value);
  if (!Number.isSafeInteger(count) || count < 0) throw invalid(`Invalid value for ${name}: ${JSON.stringify(value)}`);
  return count;
}

/** JSON merge patch (RFC 7396): null takes a member away. */
export function mergePatch(target: Json, patch: Json): Json {
  const merged: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (isObject(value) && isObject(merged[key])) merged[key] = mergePatch(merged[key], value);
    else merged[key] = value;
  }
  return merged;
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Booleans come as JSON, or as text of any spelling in query strings. */
export const isTrue = (value: unknown): boolean => value === true || /^true$/i.test(String(value));
