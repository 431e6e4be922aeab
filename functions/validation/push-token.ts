import { remoteKeys, verifyBearer } from '../../shared/http/authentication.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import type { Platform } from '../../shared/platform/platform.ts';

const GOOGLE_ISSUERS = ['https://accounts.google.com', 'accounts.google.com'];

/**
 * Accepts pushes from our own subscription only: a token that Google signed for its service account and for us.
 *
 * @throws Error at start when configuration names neither account nor audience: an open push target tests what anyone says.
 */
export function pushAuthenticator({
  config,
  clock,
}: Pick<Platform, 'config' | 'clock'>): (authorization: string | undefined) => Promise<void> {
  const { account, audience } = config.validationPush;
  if (!account || !audience) throw new Error('VALIDATION_PUSH_ACCOUNT and VALIDATION_PUSH_AUDIENCE are needed here');
  const keys = remoteKeys(`${config.endpoints.iam ?? 'https://www.googleapis.com'}/oauth2/v3/certs`);
  return async (authorization) => {
    const claims = await verifyBearer(authorization, keys, clock, { issuer: GOOGLE_ISSUERS, audience });
    if (claims['email'] !== account || claims['email_verified'] !== true) {
      throw new ServiceError('forbidden', 'Only the push subscription may call this');
    }
  };
}
