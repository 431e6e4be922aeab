import { Agent } from 'node:http';
import fc from 'fast-check';
import { exchangeChecker, type ExchangeCheck } from '../openapi/checker.ts';
import { documentOf } from '../openapi/served-checker.ts';
import { requests, type FuzzRequest } from './requests.ts';
import { HANGS_AFTER_MS, send, type Exchange } from './send.ts';
import { authorizations, ORGS } from './tokens.ts';

export interface FuzzOptions {
  readonly url: string;
  readonly count: number;
  readonly seed: number;
  /** Stands in every hostile value. */
  readonly canary: string;
  readonly concurrency?: number;
  /** Called after each third of the requests, while none is under way. */
  readonly afterThird?: () => Promise<void>;
}

export interface FuzzReport {
  readonly sent: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  /** What was wrong, each with the request that brought it out. */
  readonly faults: readonly string[];
}

const MAX_FAULTS = 20;
const BATCH = 200;

/** Sends generated requests, and holds every answer against the description and what must never happen. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { url, count, seed, canary, concurrency = 8 } = options;
  const document = await documentOf(url);
  const check = exchangeChecker(document);
  const tokens = await authorizations(url);
  const arbitrary = requests(document, ORGS, canary);
  const agent = new Agent({ keepAlive: true });
  const report = { sent: 0, byStatus: {} as Record<string, number>, slowestMs: 0, faults: [] as string[] };

  async function exchange(request: FuzzRequest): Promise<void> {
    try {
      const exchanged = await send(url, request, tokens[request.caller], agent);
      const { status } = exchanged.response;
      report.byStatus[status] = (report.byStatus[status] ?? 0) + 1;
      report.slowestMs = Math.max(report.slowestMs, Math.round(exchanged.ms));
      for (const fault of faultsOf(exchanged, canary, check)) report.faults.push(`${fault}\n${shown(request)}`);
    } catch (err) {
      report.faults.push(`${String(err)}\n${shown(request)}`);
    }
    report.sent += 1;
  }

  const third = Math.ceil(count / 3);
  for (let from = 0; from < count && report.faults.length < MAX_FAULTS; from += third) {
    for (let start = from; start < Math.min(from + third, count); start += BATCH) {
      const numRuns = Math.min(BATCH, from + third - start, count - start);
      await inParallel(fc.sample(arbitrary, { numRuns, seed: seed + start }), concurrency, exchange);
    }
    await options.afterThird?.();
  }
  agent.destroy();
  return report;
}

async function inParallel<T>(items: readonly T[], lanes: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const lane = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

function faultsOf({ request, response, ms }: Exchange, canary: string, check: ExchangeCheck): string[] {
  const faults: string[] = [];
  if (response.status >= 500) faults.push(`answered ${response.status}: ${response.body.slice(0, 500)}`);
  if (ms > HANGS_AFTER_MS) faults.push(`took ${Math.round(ms)} ms`);
  if (response.status >= 400 && holds(response, canary))
    faults.push(`a refused value came back: ${response.body.slice(0, 500)}`);
  if (isNodesOwn(response)) return faults;
  try {
    check(request, response);
  } catch (err) {
    faults.push(String(err));
  }
  return faults;
}

function holds({ headers, body }: Exchange['response'], canary: string): boolean {
  return [...headers]
    .flat()
    .concat(body)
    .some((text) => text.toLowerCase().includes(canary));
}

/** What Node itself refuses as no HTTP; no function has seen it. */
function isNodesOwn({ status, headers, body }: Exchange['response']): boolean {
  return [400, 417, 431].includes(status) && body === '' && !headers.has('x-request-id');
}

function shown({ method, path, caller, headers, body }: FuzzRequest): string {
  return JSON.stringify({ method, path: path.slice(0, 300), caller, headers, body: body?.slice(0, 2000) }).slice(
    0,
    3000,
  );
}
