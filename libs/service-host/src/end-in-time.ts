import { ending, type CatenaError } from '#kernel';
import type { Logger } from '#observability';

/** Milliseconds in which the last line of the log is written. */
const lastWords = 200;

/**
 * Ends the process when it has not ended by itself so many milliseconds after it was told to: a service that vanished
 * meanwhile may never answer again. What was not finished is found by the next process, as after a crash.
 */
export function endInTime(deadline: number, logger: Logger): void {
  const begin = (): void => {
    setTimeout(() => {
      const { waitingFor } = ending;
      logger.fatal(
        { waitingFor, deadline },
        'the process was told to end and did not in time; it ends now, and others finish what it leaves',
      );
      setTimeout(endNow, lastWords);
    }, deadline).unref();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, begin);
}

/** Not by `exit`: it waits for threads, and one that a file system holds would keep the process for ever. */
function endNow(): void {
  process.removeAllListeners('SIGTERM');
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), lastWords);
}

let stopping = false;

/**
 * A contradiction that only a person can solve: says so and ends the process with exit code 1, instead of failing at
 * every message. An app that listens to signals by then ends in order, as when it is told to.
 */
export function stopForGood(error: CatenaError, logger: Logger): void {
  if (stopping) return;
  stopping = true;
  logger.fatal({ code: error.code }, error.message);
  process.exitCode = 1;
  if (process.listenerCount('SIGTERM') === 0) process.exit(1);
  // Who has ended in order listens no more and sends itself the signal again: by that it would die without an exit code.
  process.on('SIGTERM', () => {
    if (process.listenerCount('SIGTERM') === 1) process.exit(1);
  });
  process.kill(process.pid, 'SIGTERM');
}
