import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Failure } from '#command-line';

/** What checks do to a worker beside talking to it. What is absent cannot be done here, and its checks are skipped. */
export interface Hands {
  /** Changes bytes of a copy on the medium. */
  readonly damage?: (archiveId: string) => Promise<void>;
  /** Ends the worker at once, as a power cut would, and starts it again. */
  readonly restart?: () => Promise<void>;
  /** Cuts the worker's connections to the broker. */
  readonly disconnect?: () => Promise<void>;
}

/** @returns a hand that runs a shell's command, with the archive id as `$1` and in CATENA_CHECK_ARCHIVE_ID */
export function commandHand(option: string, command: string): (archiveId?: string) => Promise<void> {
  return async (archiveId = '') => {
    const child = spawn('sh', ['-c', command, 'sh', archiveId], {
      env: { ...process.env, CATENA_CHECK_ARCHIVE_ID: archiveId },
      // Standard output is for the result alone.
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    if (code !== 0)
      throw new Failure('usage', `Expected ${option} to end with 0, found ${code ?? signal}: ${command}`);
  };
}
