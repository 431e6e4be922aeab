import type { Credentials } from '../format-check.ts';

/** A cloud of Microsoft's: where its directories issue tokens, and where its subscriptions are managed. */
export interface AzureCloud {
  readonly loginHost: string;
  readonly armHost: string;
  /** What `az` calls it. */
  readonly cliName: string;
}

/** By the credential's field `cloud`. */
const CLOUDS: Readonly<Record<string, AzureCloud>> = {
  public: { loginHost: 'login.microsoftonline.com', armHost: 'management.azure.com', cliName: 'AzureCloud' },
  usgovernment: {
    loginHost: 'login.microsoftonline.us',
    armHost: 'management.usgovcloudapi.net',
    cliName: 'AzureUSGovernment',
  },
  china: {
    loginHost: 'login.chinacloudapi.cn',
    armHost: 'management.chinacloudapi.cn',
    cliName: 'AzureChinaCloud',
  },
};

/** The public one unless the credential names another. */
export function cloudOf({ cloud = 'public' }: Credentials): AzureCloud {
  const found = Object.hasOwn(CLOUDS, cloud) ? CLOUDS[cloud] : undefined;
  if (!found) throw new Error('The format check lets no other cloud through');
  return found;
}
