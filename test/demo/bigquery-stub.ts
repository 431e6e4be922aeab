import { listen } from '../../local/kit/api-server.ts';

interface Load {
  readonly tableId: string;
  readonly rows: string[];
}

/** As much of BigQuery as a load job meets; each job is looked at twice until it is done. */
export async function startBigQueryStub({ existing = false, failing = false } = {}) {
  const created: string[] = [];
  const loads: Load[] = [];
  const looks = new Map<string, number>();
  const server = await listen((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const path = new URL(req.url ?? '/', 'http://localhost').pathname;
      const text = Buffer.concat(chunks).toString();
      const send = (status: number, body: object): void => {
        res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      if (path.startsWith('/upload/')) return send(200, accept(text, loads));
      if (req.method === 'POST') {
        created.push(path.replace(/^.*\/projects\/customer/, ''));
        return existing ? send(409, { error: { code: 409, message: 'Already Exists' } }) : send(200, JSON.parse(text));
      }
      const seen = (looks.get(path) ?? 0) + 1;
      looks.set(path, seen);
      const failure = failing ? { errorResult: { message: 'no such field', reason: 'invalid' }, errors: [{}] } : {};
      return send(200, { status: seen < 2 ? { state: 'RUNNING' } : { state: 'DONE', ...failure } });
    });
  });
  return { url: server.url, close: server.close, created, loads };
}

function accept(multipart: string, loads: Load[]): object {
  const lines = multipart.split(/\r?\n/).filter((line) => line.startsWith('{'));
  const { jobReference, configuration } = JSON.parse(lines[0] ?? '{}') as {
    jobReference: object;
    configuration: { load: { destinationTable: { tableId: string } } };
  };
  loads.push({ tableId: configuration.load.destinationTable.tableId, rows: lines.slice(1) });
  return { jobReference, configuration, status: { state: 'RUNNING' } };
}
