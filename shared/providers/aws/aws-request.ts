import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { replacementOf } from '../provider-endpoint.ts';
import { exchange, type WireAnswer } from '../provider-http.ts';
import type { TestRun } from '../test-run.ts';
import type { AwsService } from './aws-partition.ts';

/** Keys as the official clients take them. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface AwsRequest {
  readonly service: string;
  readonly place: AwsService;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Asks a service of AWS with a signed POST (Signature Version 4).
 *
 * @throws NoAnswerError
 */
export async function askSigned(
  { service, place, headers, body }: AwsRequest,
  keys: AwsKeys,
  run: TestRun,
): Promise<WireAnswer> {
  // The address goes through the configuration first: what is signed has to be what is sent.
  const url = replacementOf(new URL(`https://${place.host}/`), run.endpoints.providers);
  const signer = new SignatureV4({ service, region: place.region, credentials: keys, sha256: Sha256 });
  const unsigned = {
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: {},
    headers: { host: url.host, ...headers },
    body,
  };
  const signed = await signer.sign(unsigned, { signingDate: run.platform.clock.now() });
  return exchange(
    { method: 'POST', url: url.href, headers: { accept: '*/*', ...signed.headers }, body },
    run.endpoints,
  );
}
