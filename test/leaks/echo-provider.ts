import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { serve } from '../providers/fixtures.ts';

export type Manner = 'refuses' | 'fails' | 'garbles' | 'cuts off';

/** A provider that repeats all that it was sent, as some do: its answers are full of the caller's secret. */
export async function startEchoProvider(): Promise<{
  url: string;
  manner: Manner;
  calls: number;
  close(): Promise<void>;
}> {
  const state = { manner: 'refuses' as Manner, calls: 0 };
  const { url, close } = await serve((request, response) => {
    state.calls += 1;
    void answer(state.manner, request, response);
  });
  return Object.assign(state, { url, close });
}

async function answer(manner: Manner, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const heard = JSON.stringify({ url: request.url, headers: request.headers, body: await text(request) });
  if (manner === 'cuts off') return void response.destroy();
  const error = {
    type: 'authentication_error',
    code: 'invalid_api_key',
    status: heard,
    message: `Incorrect: ${heard}`,
  };
  const json = JSON.stringify({ error, ok: false, detail: heard });
  response.setHeader('x-heard', encodeURIComponent(heard));
  response.setHeader('content-type', 'application/json');
  if (manner === 'garbles') return void response.end(`<html>${heard}</html>`);
  response.writeHead(manner === 'fails' ? 500 : 401).end(json);
}
