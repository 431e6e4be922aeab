import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Check } from '../../shared/credentials/integration-row.ts';
import type { Answer } from '../../shared/http/edge.ts';
import type { Report, TestResult } from '../../shared/providers/connection-test.ts';

type Run = (report: Report) => Promise<TestResult>;

/** Tests and stores nothing; the checks come one by one to those who ask for events. */
export async function dryRunAnswer(request: IncomingMessage, run: Run): Promise<Answer> {
  if (request.headers.accept?.includes('text/event-stream')) {
    return {
      status: 200,
      headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
      stream: (response) => streamChecks(response, run),
    };
  }
  const { outcome, checks } = await run(() => undefined);
  return { status: 200, body: { outcome, checks } };
}

async function streamChecks(response: ServerResponse, run: Run): Promise<void> {
  const send = (event: string, data: Check | object): void => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const { outcome, checks } = await run((check) => send('check', check));
  send('result', { outcome, checks });
}
