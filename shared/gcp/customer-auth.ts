import type { OAuth2Client } from 'google-auth-library';
import type { Platform } from '../platform/platform.ts';
import type { Credentials } from '../providers/format-check.ts';
import { isKeyless, serviceAccountOf } from '../providers/service-account.ts';
import { keylessAuth } from './impersonation.ts';
import { serviceAccountAuth } from './service-account-auth.ts';

/** What an organisation stored for its Google Cloud. */
export interface CustomerCredential {
  readonly org: string;
  readonly credentials: Credentials;
}

/** The customer's identity: by the key that was uploaded, or by what was granted to the organisation's principal. */
export function customerAuth(
  platform: Pick<Platform, 'config' | 'clock'> & Partial<Pick<Platform, 'auth'>>,
  { org, credentials }: CustomerCredential,
  scopes: readonly string[],
): OAuth2Client {
  if (isKeyless(credentials)) return keylessAuth(platform, { org, target: credentials['service_account'] }, scopes);
  return serviceAccountAuth(platform, serviceAccountOf(credentials), scopes);
}
