import { replacementOf } from '../provider-endpoint.ts';
import { askProvider, type ProviderAnswer } from '../provider-http.ts';
import type { Credentials } from '../format-check.ts';
import type { TestRun } from '../test-run.ts';
import { openedKey, pemOf } from './private-key.ts';
import { signedHeaders, type ApiKey } from './request-signer.ts';

/** Oracle refuses what was signed longer ago than this, or so far ahead, and says no more than that it is refused. */
const MAX_SKEW_MS = 5 * 60_000;

/** A service of one region: its real host and a path. */
export interface OciRequest {
  readonly method: 'GET' | 'POST';
  readonly host: string;
  /** With its query; names in it are percent-encoded. */
  readonly path: string;
  readonly body?: object;
}

type Wire = Pick<TestRun, 'endpoints' | 'platform'>;

/** Asks Oracle Cloud in the name of one API key; every request is signed anew, as a signature ages. */
export class OciClient {
  readonly #key: ApiKey;
  readonly #run: Wire;

  constructor({ tenancy, user, fingerprint, private_key = '', passphrase }: Credentials, run: Wire) {
    const privateKey = openedKey(pemOf(private_key), passphrase);
    if (!privateKey) throw new Error('An API key that passed its format check does not open');
    this.#key = { keyId: `${tenancy}/${user}/${fingerprint}`, privateKey };
    this.#run = run;
  }

  /** @throws NoAnswerError */
  async ask({ method, host, path, body }: OciRequest): Promise<ProviderAnswer> {
    const { endpoints, platform } = this.#run;
    const address = `https://${host}${path}`;
    const text = body && JSON.stringify(body);
    const url = replacementOf(new URL(address), endpoints.providers);
    const headers = signedHeaders({ method, url, body: text }, this.#key, platform.clock.now());
    const answer = await askProvider({ method, url: address, headers, body: text }, endpoints);
    return answer.status === 401 ? withSkew(answer, platform.clock.now()) : answer;
  }
}

/** Adds `skewed` to the body for the table: whether the clocks are so far apart that Oracle refuses any key. */
function withSkew(answer: ProviderAnswer, now: Date): ProviderAnswer {
  const { headers, body } = answer;
  if (typeof body !== 'object' || body === null) return answer;
  const theirs = Date.parse(headers['date'] ?? '');
  const skewed = Math.abs(theirs - now.getTime()) > MAX_SKEW_MS; // false as well when there is no date
  return { ...answer, body: { ...body, skewed } };
}
