import type { AuthClient } from 'google-auth-library';
import { systemClock, type Clock } from './clock.ts';
import { loadConfig, type Config } from './config.ts';
import { createLogger, type Logger } from './log.ts';

/** What every function and job runs on: its settings, the time, its log and its own identity. */
export interface Platform {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  /** The identity of this function; absent where the client libraries find it themselves (metadata server). */
  readonly auth?: AuthClient;
}

/** The platform of a deployed function or job: settings from the environment, identity from the metadata server. */
export function platformFromEnv(name: string): Platform {
  return { config: loadConfig(), clock: systemClock, log: createLogger({ component: name }) };
}
