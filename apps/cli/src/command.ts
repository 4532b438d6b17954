import type { CommandBasics } from '#command-line';
import type { HttpClient } from './server/http-client.js';

/** What every command of `catena` gets. */
export interface CommandContext extends CommandBasics {
  /** Signed in as `catena login` or CATENA_TOKEN say. */
  client(): Promise<HttpClient>;
}
