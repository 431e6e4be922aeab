import type { Integration } from '../../shared/credentials/integration.ts';
import type { Answer } from '../../shared/http/edge.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import type { Provider } from '../../shared/providers/registry.ts';

/** An integration with its version as ETag; `waitSeconds` tells the caller that its wish to wait was heard (RFC 7240). */
export function integrationAnswer(status: number, integration: Integration, waitSeconds = 0): Answer {
  const applied: Record<string, string> = waitSeconds > 0 ? { 'preference-applied': `wait=${waitSeconds}` } : {};
  return { status, headers: { etag: `"${integration.version ?? 0}"`, ...applied }, body: integration };
}

export function notConfigured({ name }: Provider): ServiceError {
  return new ServiceError('not_configured', `${name} is not set up; POST to its setup path first`);
}
