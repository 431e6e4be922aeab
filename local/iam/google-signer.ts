import { jwtVerify, type JWK, type JWTPayload } from 'jose';
import type { Clock } from '../kit/contracts.ts';
import type { ServiceAccount } from './accounts.ts';
import { selfSignedCertificate } from './certificate.ts';
import { NEVER } from './keys.ts';
import type { Secrets } from './secrets.ts';
import { publicJwk, signingKey, signJwt, type SigningKey } from './signing-key.ts';

const ISSUER = 'https://accounts.google.com';
const LIFETIME_S = 3600;
const SECRET = 'google-id-token-key';

/** Google's own keys: they sign the ID tokens of service accounts. */
export class GoogleSigner {
  readonly #secrets: Secrets;
  readonly #clock: Clock;
  #certificate: string | undefined;

  constructor(secrets: Secrets, clock: Clock) {
    this.#secrets = secrets;
    this.#clock = clock;
  }

  async idToken(account: ServiceAccount, audience: string, includeEmail = true): Promise<string> {
    const iat = Math.floor(this.#clock.now().getTime() / 1000);
    return signJwt(await this.#key(), {
      iss: ISSUER,
      sub: account.uniqueId,
      azp: account.uniqueId,
      aud: audience,
      iat,
      exp: iat + LIFETIME_S,
      ...(includeEmail ? { email: account.email, email_verified: true } : {}),
    });
  }

  /** The claims of a valid ID token of ours; undefined for any other text. */
  async claims(idToken: string): Promise<JWTPayload | undefined> {
    const { publicKey } = await this.#key();
    const options = { issuer: ISSUER, algorithms: ['RS256'], currentDate: this.#clock.now() };
    return jwtVerify(idToken, publicKey, options).then(
      ({ payload }) => payload,
      () => undefined,
    );
  }

  async jwks(): Promise<{ keys: JWK[] }> {
    const { kid, publicKey } = await this.#key();
    return { keys: [publicJwk(kid, publicKey)] };
  }

  /** PEM certificates by key id. */
  async certificates(): Promise<Record<string, string>> {
    const { kid, publicKey, privateKey } = await this.#key();
    const notBefore = this.#clock.now();
    const commonName = 'federated-signon.system.gserviceaccount.com';
    this.#certificate ??= selfSignedCertificate({ commonName, publicKey, privateKey, notBefore, notAfter: NEVER });
    return { [kid]: this.#certificate };
  }

  #key(): Promise<SigningKey> {
    return signingKey(this.#secrets, SECRET);
  }
}
