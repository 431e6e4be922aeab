import { randomBytes } from 'node:crypto';
import { unavailablePage, type SandboxAnswer } from '../provider-server.ts';
import type { OciKey } from './oci-keys.ts';
import { usageFault } from './usage-details.ts';

/** What an authentic request asks for. */
export interface OciCall {
  readonly method: string;
  readonly url: URL;
  readonly body: Buffer;
  readonly key: OciKey;
}

interface Route {
  readonly name: string;
  readonly verb: string;
  readonly path: RegExp;
  answer(call: OciCall, id: string): SandboxAnswer;
}

const ROUTES: readonly Route[] = [
  { name: 'users.get', verb: 'GET', path: /^\/20160918\/users\/([^/]+)$/, answer: user },
  {
    name: 'regionSubscriptions.list',
    verb: 'GET',
    path: /^\/20160918\/tenancies\/([^/]+)\/regionSubscriptions$/,
    answer: regionSubscriptions,
  },
  { name: 'usage.request', verb: 'POST', path: /^\/20200107\/usage$/, answer: usage },
];

/** Name of the operation at a path, for faults and the journal. */
export function operationAt(path: string): string {
  return ROUTES.find((route) => route.path.test(path))?.name ?? 'unknown';
}

/** Answers a request whose signature is right. */
export function answerTo(call: OciCall): SandboxAnswer {
  const route = ROUTES.find(({ path }) => path.test(call.url.pathname));
  if (!route) return notFound();
  if (route.verb !== call.method) return failure(405, 'MethodNotAllowed', 'The method is not allowed.');
  const [, id = ''] = route.path.exec(call.url.pathname) ?? [];
  return refusalBy(call.key) ?? route.answer(call, decoded(id));
}

/** A name with a broken encoding is the name of nothing. */
function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return '';
  }
}

export function notAuthenticated(): SandboxAnswer {
  const text = 'The required information to complete authentication was not provided or was incorrect.';
  return failure(401, 'NotAuthenticated', text);
}

/** An error as Oracle words one. */
export function failure(status: number, code: string, message: string): SandboxAnswer {
  return { status, body: { code, message } };
}

export function newRequestId(): string {
  return randomBytes(16).toString('hex').toUpperCase();
}

/** What is the same wherever the key is used. */
function refusalBy({ state }: OciKey): SandboxAnswer | undefined {
  switch (state) {
    case 'rate_limited':
      return failure(429, 'TooManyRequests', 'Too many requests for the user.');
    case 'provider_error':
      return failure(500, 'InternalServerError', 'An internal server error occurred.');
    case 'incorrect_state':
      return failure(409, 'IncorrectState', 'The requested state for the resource conflicts with its current state.');
    case 'unavailable':
      return unavailablePage();
    default:
      return undefined;
  }
}

/** Oracle tells nobody whether something is not there or not for him. */
function notFound(): SandboxAnswer {
  return failure(404, 'NotAuthorizedOrNotFound', 'Authorization failed or requested resource not found.');
}

function user({ key }: OciCall, id: string): SandboxAnswer {
  if (id !== key.user || key.state === 'user_not_found') return notFound();
  const body = {
    ...{ id, compartmentId: key.tenancy, name: 'finops-reader', description: 'Reads costs', isMfaActivated: false },
    ...{ timeCreated: '2026-01-05T08:00:00.000Z', freeformTags: {}, definedTags: {} },
    ...lifecycleOf(key),
    capabilities: { canUseApiKeys: true, canUseConsolePassword: false, canUseAuthTokens: false },
  };
  return { status: 200, body };
}

/** Bit 1 of the reason says disabled, bit 2 locked out of the console. */
function lifecycleOf({ state }: OciKey): object {
  const inactiveStatus = { user_disabled: 2, user_locked: 4 }[state as string];
  return inactiveStatus === undefined ? { lifecycleState: 'ACTIVE' } : { lifecycleState: 'INACTIVE', inactiveStatus };
}

function regionSubscriptions({ key }: OciCall, id: string): SandboxAnswer {
  if (id !== key.tenancy || key.state === 'no_tenancy_policy') return notFound();
  const body = [key.homeRegion, ...key.otherRegions].map((regionName, index) => {
    return { regionKey: regionName.slice(3, 6).toUpperCase(), regionName, status: 'READY', isHomeRegion: index === 0 };
  });
  return { status: 200, body };
}

function usage({ key, url, body }: OciCall): SandboxAnswer {
  const details = parsed(body);
  if (details === undefined) return failure(400, 'CannotParseRequest', 'Unable to parse the request.');
  const fault = usageFault(details, url.searchParams);
  if (fault !== undefined) return failure(400, 'InvalidParameter', fault);
  if (key.state === 'sign_up_required') return failure(403, 'SignUpRequired', 'Sign up for this service first.');
  if (details['tenantId'] !== key.tenancy || key.state === 'no_usage_policy') return notFound();
  const { timeUsageStarted, timeUsageEnded } = details;
  const sum = { timeUsageStarted, timeUsageEnded, computedAmount: 12.5, currency: 'EUR', tags: [] };
  return { status: 200, body: { groupBy: details['groupBy'] ?? [], items: [sum] } };
}

function parsed(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(body.toString()) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
