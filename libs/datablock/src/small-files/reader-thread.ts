import { Worker } from 'node:worker_threads';
import { inColumns, type FilesRead, type WantedFile } from './read-batch.js';

/** A thread that nobody needed for so long goes: it takes 8 MB. */
const maxIdleMs = 10_000;
const resourceLimits = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 };

/** One thread that reads batches of small files, one batch at a time. The process does not wait for it when it is idle. */
export class ReaderThread {
  private readonly worker: Worker;
  private settle: ((read: FilesRead | undefined) => void) | undefined;
  private idle: NodeJS.Timeout | undefined;

  /** @param onEnd told before the thread ends, for whatever reason: it takes no further batch */
  constructor(
    private readonly onEnd: () => void,
    script = new URL('./read-in-thread.js', import.meta.url),
  ) {
    this.worker = new Worker(script, { resourceLimits, env: {}, execArgv: [] });
    this.worker.on('message', (read: FilesRead) => this.answer(read));
    // What it had in hand is read in the careful way, which needs no thread of ours.
    this.worker.on('error', () => this.end());
    this.worker.on('exit', () => this.end());
  }

  get isBusy(): boolean {
    return this.settle !== undefined;
  }

  /** @returns undefined when the thread came to an end */
  read(files: readonly WantedFile[]): Promise<FilesRead | undefined> {
    clearTimeout(this.idle);
    this.worker.ref();
    return new Promise((resolve) => {
      this.settle = resolve;
      this.worker.postMessage(inColumns(files));
    });
  }

  end(): void {
    this.onEnd();
    this.answer(undefined);
    clearTimeout(this.idle);
    void this.worker.terminate();
  }

  private answer(read: FilesRead | undefined): void {
    const { settle } = this;
    this.settle = undefined;
    this.worker.unref();
    this.idle = setTimeout(() => this.end(), maxIdleMs).unref();
    settle?.(read);
  }
}
