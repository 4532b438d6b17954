import type { HttpClient } from './server/http-client.js';
import type { Output } from './output/output.js';

/** What every command gets. */
export interface CommandContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly output: Output;
  /** Fires when the user interrupts. */
  readonly signal: AbortSignal;
  /** Signed in as `catena login` or CATENA_TOKEN say. */
  client(): Promise<HttpClient>;
}

/** What a command leaves: lines for people, a document for programs. */
export interface CommandResult {
  readonly outcome: 'done' | 'failed';
  readonly lines: readonly string[];
  readonly document: object;
}
