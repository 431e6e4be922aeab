import type { IncomingMessage } from 'node:http';

/** A request as the stand-ins of Azure see it: with its body, since that is where a login has its secret. */
export interface AzureCall {
  readonly verb: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
