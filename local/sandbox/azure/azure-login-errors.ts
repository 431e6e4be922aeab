import { randomUUID } from 'node:crypto';
import type { SandboxAnswer } from '../provider-server.ts';

/** A failure of its own, whatever was asked. */
export function loginFailure(status: number, now: Date): SandboxAnswer {
  return refuser(now)(90033, 'temporarily_unavailable', 'A transient error has occurred. Please try again.', status);
}

export type Refuser = (code: number, error: string, text: string, status?: number) => SandboxAnswer;

/** Entra's errors: its number stands in the list and at the head of the text. */
export function refuser(now: Date): Refuser {
  return (code, error, text, status = 400) => {
    const timestamp = now
      .toISOString()
      .replace('T', ' ')
      .replace(/\.\d+Z/, 'Z');
    const [trace_id, correlation_id] = [randomUUID(), randomUUID()];
    const trail = `Trace ID: ${trace_id} Correlation ID: ${correlation_id} Timestamp: ${timestamp}`;
    const error_uri = `https://login.microsoftonline.com/error?code=${code}`;
    const ids = { timestamp, trace_id, correlation_id, error_uri };
    return {
      status,
      body: { error, error_description: `AADSTS${code}: ${text} ${trail}`, error_codes: [code], ...ids },
    };
  };
}
