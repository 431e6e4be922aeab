import { join } from 'node:path';
import { parseArgs } from 'node:util';

export interface StartOptions {
  readonly fresh: boolean;
  readonly demo: boolean;
  readonly live: boolean;
  /** Folder of the store. */
  readonly dataDir: string;
}

/** Where the store is kept unless told otherwise. */
export const DATA_DIR = join(import.meta.dirname, '../.local');

/** Flags of `npm start --`; an unknown one is an error that lists the known ones. */
export function parseStartOptions(args: readonly string[]): StartOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      fresh: { type: 'boolean', default: false },
      'no-demo': { type: 'boolean', default: false },
      live: { type: 'boolean', default: false },
      data: { type: 'string', default: DATA_DIR },
    },
  });
  return { fresh: values.fresh, demo: !values['no-demo'] && !values.live, live: values.live, dataDir: values.data };
}
