import { type Command, CommanderError } from 'commander';
import type { CommandBasics, GlobalOptions, Runner } from './command.js';
import { endingOf, exitCodes, Failure, interruption } from './exit-codes.js';
import { Output } from './output/output.js';
import { lineText } from './output/progress-text.js';
import { foundText } from './system-faults.js';

export interface CommandLineDescription<Context, Options extends GlobalOptions> {
  programFor(run: Runner<Context, Options>): Command;
  /** What a command gets beyond the basics. */
  contextFor(basics: CommandBasics, options: Options): Context;
}

/** Runs this process as a command line, from its parameters to its exit code. */
export async function runCommandLine<Context, Options extends GlobalOptions>({
  programFor,
  contextFor,
}: CommandLineDescription<Context, Options>): Promise<void> {
  const controller = new AbortController();
  const run: Runner<Context, Options> = async (options, command) => {
    const output = new Output({ json: options.json === true, quiet: options.quiet === true });
    try {
      const basics = { environment: process.env, output, signal: controller.signal };
      const { outcome, lines, document } = await command(contextFor(basics, options));
      output.result(lines, document);
      process.exitCode = exitCodes[outcome];
    } catch (error) {
      const { exitCode, code, message } = endingOf(error, controller.signal.aborted);
      output.failure(message, { error: { code, message } });
      process.exitCode = exitCode;
    }
  };
  /** Wherever it came from: a sentence and an exit code, never a stack trace. */
  const end = (error: unknown): never => {
    const { exitCode, message } = endingOf(error, controller.signal.aborted);
    process.stderr.write(`catena: ${lineText(message)}\n`);
    process.exit(exitCode);
  };
  listenForSignals(controller);
  process.on('uncaughtException', end);
  listenToReaders(end);
  try {
    await programFor(run).parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) end(error);
    else endAsUsage(error);
  }
}

/** The first signal ends the command in good order, the second at once. */
function listenForSignals(controller: AbortController): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitCodes.interrupted);
      controller.abort(interruption());
    });
}

function listenToReaders(end: (error: unknown) => never): void {
  // A reader that has seen enough (`catena jobs | head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.done);
    end(
      new Failure(
        'failed',
        `Expected to write the result to standard output, found ${foundText(error)}.`,
        error,
      ),
    );
  });
  // Nobody is left to be told.
  process.stderr.on('error', () => undefined);
}

/** Commander has told people what is wrong; programs read standard output. */
function endAsUsage(error: CommanderError): void {
  process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error.exitCode === 0 || !process.argv.includes('--json')) return;
  const { code, message } = new Failure('usage', error.message.replace(/^error: /, ''));
  new Output({ json: true, quiet: true }).result([], { error: { code, message } });
}
