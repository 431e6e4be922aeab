import type { Config } from '../platform/config.ts';

/** Real host of a Google API by its first label. */
export const googleHost = (label: string): string => `${label}.googleapis.com`;

/** What configuration puts in place of Google's hosts, as the transport of connection tests takes it. */
export function googleHosts({ googleApis, iam }: Pick<Config['endpoints'], 'googleApis' | 'iam'>): {
  readonly providers: Readonly<Record<string, string>>;
} {
  const configured = Object.entries(googleApis).map(([label, base]) => [googleHost(label), base] as const);
  // Tokens of our own principals come from our own IAM, wherever the customer's APIs are.
  return { providers: { ...(iam ? { [googleHost('iamcredentials')]: iam } : {}), ...Object.fromEntries(configured) } };
}
