import { Worker } from 'node:worker_threads';
import { inColumns, type FilesRead, type WantedFile } from './read-batch.js';

/** A thread that needs no more may go: it costs about as much memory as a thousand files. */
const maxIdleMs = 10_000;
const resourceLimits = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 };

/** One thread that reads batches of small files, one batch at a time. The process does not wait for it when it is idle. */
export class ReaderThread {
  private readonly worker: Worker;
  private settle: ((read: FilesRead | undefined) => void) | undefined;
  private idle: NodeJS.Timeout | undefined;

  constructor(
    private readonly onEnd: () => void,
    script = new URL('./reader.thread.js', import.meta.url),
  ) {
    this.worker = new Worker(script, { resourceLimits, env: {}, execArgv: [] });
    this.worker.on('message', (read: FilesRead) => this.end(read));
    // What it had in hand is read in the careful way, which needs no thread of ours.
    this.worker.on('error', () => this.end(undefined));
    this.worker.on('exit', () => {
      onEnd();
      this.end(undefined);
    });
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

  private end(read: FilesRead | undefined): void {
    const { settle } = this;
    this.settle = undefined;
    this.worker.unref();
    clearTimeout(this.idle);
    this.idle = setTimeout(() => void this.worker.terminate(), maxIdleMs).unref();
    settle?.(read);
  }
}
