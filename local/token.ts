import { join } from 'node:path';
import { openState } from './host/state.ts';
import { createIssuer } from './iam/issuer.ts';
import { parseTokenRequest, TOKEN_USAGE } from './iam/token-arguments.ts';
import { createClock } from './kit/clock.ts';

const DATA_DIR = join(import.meta.dirname, '../.local');

/** `npm run --silent token`: prints a bearer token of the embedded issuer, whether the server is up or down. */
async function main(): Promise<void> {
  const request = parseTokenRequest(process.argv.slice(2));
  const db = openState(DATA_DIR);
  try {
    const issuer = await createIssuer({ db, clock: createClock(db) });
    console.log(await issuer.sign(request));
  } finally {
    db.close();
  }
}

main().catch((err: unknown) => {
  console.error(`${err instanceof Error ? err.message : String(err)}\n${TOKEN_USAGE}`);
  process.exitCode = 1;
});
