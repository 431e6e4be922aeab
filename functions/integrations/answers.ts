import type { Integration } from '../../shared/credentials/integration.ts';
import type { Answer } from '../../shared/http/edge.ts';

/** An integration with its version as ETag. */
export function integrationAnswer(status: number, integration: Integration): Answer {
  return { status, headers: { etag: `"${integration.version ?? 0}"` }, body: integration };
}
