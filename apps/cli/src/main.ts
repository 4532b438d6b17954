import { CommanderError } from 'commander';
import type { CommandContext } from './command.js';
import { endingOf, exitCodes, Failure, interruption } from './exit-codes.js';
import { Output } from './output/output.js';
import { programFor, type Runner } from './program.js';
import { HttpClient } from './server/http-client.js';
import { readSession, sessionFrom } from './server/session.js';

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

listenForSignals();
// A reader that has seen enough (`catena jobs | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? exitCodes.done : exitCodes.failed),
);
try {
  await programFor(run).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
}
