import type { FunctionName } from '../host/functions.ts';

const SEGMENT = '[^/]+';
const route = (path: string): RegExp => new RegExp(`^${path.replaceAll('*', SEGMENT)}/?$`);

/** The load balancer's URL map: which function answers a path. What a path does not know it refuses itself. */
const URL_MAP: readonly { readonly path: RegExp; readonly name: FunctionName }[] = [
  { path: route('/integrations/*/*/setup'), name: 'integrations-setup' },
  { path: route('/integrations/*/*/validate'), name: 'integrations-validate' },
  { path: route('/integrations/*/*'), name: 'integrations-get' },
  { path: route('/integrations/*'), name: 'integrations-list' },
];

export function functionFor(path: string): FunctionName {
  return URL_MAP.find((entry) => entry.path.test(path))?.name ?? 'providers';
}
