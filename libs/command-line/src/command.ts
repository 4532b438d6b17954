import type { Outcome } from './exit-codes.js';
import type { Output, OutputOptions } from './output/output.js';

/** What every command of every command line gets. */
export interface CommandBasics {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly output: Output;
  /** Fires when the user interrupts. */
  readonly signal: AbortSignal;
}

/** What a command leaves: lines for people, a document for programs. */
export interface CommandResult {
  /** `failed` where something is left to do; `unreachable` where the result is only a part, as one who was asked did not answer. */
  readonly outcome: Outcome;
  readonly lines: readonly string[];
  readonly document: object;
}

/** Options that stand before the name of a command. */
export type GlobalOptions = Partial<OutputOptions>;

/** Runs a command with what it needs, and ends the process as it says. */
export type Runner<Context, Options extends GlobalOptions = GlobalOptions> = (
  options: Options,
  command: (context: Context) => Promise<CommandResult>,
) => Promise<void>;
