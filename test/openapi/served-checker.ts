import { exchangeChecker, type CheckedResponse, type ExchangeCheck } from './checker.ts';
import type { OpenApiDocument } from './document.ts';
import type { CheckedRequest } from './request-faults.ts';

/** Holds exchanges with a running product against the document that it serves itself, fetched once. */
export function servedChecker(url: string): (request: CheckedRequest, response: CheckedResponse) => Promise<void> {
  let check: Promise<ExchangeCheck> | undefined;
  return async ({ path, headers, ...request }, response) => {
    // What the embedded cloud is steered with is no part of the product.
    if (/^\/local(?:[/?]|$)/.test(path)) return;
    check ??= documentOf(url).then(exchangeChecker);
    const names = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    (await check)({ ...request, path, headers: Object.fromEntries(names) }, response);
  };
}

export async function documentOf(url: string): Promise<OpenApiDocument> {
  return (await (await fetch(`${url}/openapi.json`)).json()) as OpenApiDocument;
}
