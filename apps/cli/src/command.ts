import type { CommandBasics, GlobalOptions } from '#command-line';
import type { HttpClient } from './server/http-client.js';
import type { Settings } from './settings/settings.js';

/** What every command of `catena` gets. */
export interface CommandContext extends CommandBasics {
  settings(): Promise<Settings>;
  /** Signed in as `catena login` or CATENA_TOKEN say. */
  client(): Promise<HttpClient>;
}

export interface CatenaOptions extends GlobalOptions {
  readonly profile?: string;
}
