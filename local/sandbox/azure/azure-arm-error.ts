import type { SandboxAnswer } from '../provider-server.ts';

/** An error as Azure Resource Manager and the services behind it word one. */
export function armError(status: number, code: string, message: string): SandboxAnswer {
  return { status, body: { error: { code, message } } };
}
