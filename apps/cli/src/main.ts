import { CommanderError } from 'commander';
import type { CommandContext } from './command.js';
import { endingOf, exitCodes, Failure, interruption } from './exit-codes.js';
import { Output } from './output/output.js';
import { programFor, type Runner } from './program.js';
import { HttpClient } from './server/http-client.js';
import { readSession, sessionFrom } from './server/session.js';
import { foundText } from './system-faults.js';

const controller = new AbortController();

/** The first signal ends the command in good order, the second at once. */
function listenForSignals(): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitCodes.interrupted);
      controller.abort(interruption());
    });
}

function contextFor(output: Output): CommandContext {
  const { signal } = controller;
  const environment = process.env;
  const client = async (): Promise<HttpClient> => {
    const session = sessionFrom(environment, await readSession(environment));
    if (session.token === undefined)
      throw new Failure(
        'notAllowed',
        `Not signed in at ${session.url}. Run: catena login --url ${session.url}`,
      );
    return new HttpClient(session, signal);
  };
  return { environment, output, signal, client };
}

const run: Runner = async ({ json, quiet }, command) => {
  const output = new Output({ json: json === true, quiet: quiet === true });
  try {
    const { outcome, lines, document } = await command(contextFor(output));
    output.result(lines, document);
    process.exitCode = exitCodes[outcome];
  } catch (error) {
    const { exitCode, code, message } = endingOf(error, controller.signal.aborted);
    output.failure(message, { error: { code, message } });
    process.exitCode = exitCode;
  }
};

/** Wherever it came from: a sentence and an exit code, never a stack trace. */
function end(error: unknown): never {
  const { exitCode, message } = endingOf(error, controller.signal.aborted);
  process.stderr.write(`catena: ${message}\n`);
  process.exit(exitCode);
}

/** Commander has told people what is wrong; programs read standard output. */
function tellProgram(error: CommanderError): void {
  if (!process.argv.includes('--json')) return;
  const { code, message } = new Failure('usage', error.message.replace(/^error: /, ''));
  new Output({ json: true, quiet: true }).result([], { error: { code, message } });
}

listenForSignals();
process.on('uncaughtException', end);
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
try {
  await programFor(run).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) end(error);
  if (error.exitCode !== 0) tellProgram(error);
  process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
}
