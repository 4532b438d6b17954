import { ending } from '#kernel';
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
