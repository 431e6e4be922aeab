/**
 * The address to ask instead of a provider's own, where configuration has one: its host as it stands, or with `*` for one
 * label (`sts.*.amazonaws.com`), as providers with regions have many hosts.
 */
export function replacementOf(url: URL, providers: Readonly<Record<string, string>>): URL {
  const base = providers[url.hostname] ?? Object.entries(providers).find(([host]) => fits(host, url.hostname))?.[1];
  return base === undefined ? url : new URL(base.replace(/\/$/, '') + url.pathname + url.search);
}

function fits(pattern: string, hostname: string): boolean {
  const labels = hostname.split('.');
  const wanted = pattern.split('.');
  return wanted.length === labels.length && wanted.every((label, index) => label === '*' || label === labels[index]);
}
