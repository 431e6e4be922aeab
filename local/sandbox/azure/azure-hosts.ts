export type CloudName = 'public' | 'usgovernment' | 'china';

/** Real hosts of the clouds, as Microsoft documents them; where two names lead to one service, both. */
export const HOSTS: Readonly<
  Record<CloudName, { readonly login: readonly [string, ...string[]]; readonly arm: string }>
> = {
  public: { login: ['login.microsoftonline.com'], arm: 'management.azure.com' },
  usgovernment: { login: ['login.microsoftonline.us'], arm: 'management.usgovcloudapi.net' },
  china: {
    login: ['login.chinacloudapi.cn', 'login.partner.microsoftonline.cn'],
    arm: 'management.chinacloudapi.cn',
  },
};

export const CLOUD_NAMES = Object.keys(HOSTS) as CloudName[];

export const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
