import type { FilesRead, WantedFile } from './read-batch.js';
import { ReaderThread } from './reader-thread.js';

/** Files up to this size are read whole, several at a time. */
export const maxSmallFile = 256 * 1024;
/** As many as Node's own threads for files by default, so many waits for a distant file system overlap; 8 MB each. */
const maxThreads = 4;
const maxBatchBytes = 4 * 1024 * 1024;
/** For fewer files no thread is started. */
const minBatch = 8;
/** Where a file takes longer, it is waiting that takes the time, and several threads wait better than one. */
const slowFileMs = 0.3;

/** Where threads end by themselves so often, files are read without them. */
const maxFailures = 3;

interface Waiting {
  readonly file: WantedFile;
  readonly settle: (content: Buffer | undefined) => void;
}

/**
 * Reads small files in batches on threads of its own. Each step of a file (open, look, read, look again, close) by Node's own
 * threads costs more for waking them than the reading takes; here one message wakes a thread for all files that are wanted in the
 * same moment. A mount that hangs holds these threads, and none of those that the process needs for its other files.
 */
export class SmallFiles {
  private waiting: Waiting[] = [];
  private readonly threads = new Set<ReaderThread>();
  private isSlow = false;
  private isFlushing = false;
  private failures = 0;

  constructor(private readonly script?: URL) {}

  /** Ends its threads; what they have in hand comes back unread. */
  close(): void {
    for (const thread of this.threads) thread.end();
  }

  /** Undefined: it is not just what was registered, or was not looked at; the careful way tells. Never rejects. */
  read(file: WantedFile): Promise<Buffer | undefined> {
    return new Promise((settle) => {
      this.waiting.push({ file, settle });
      if (this.isFlushing) return;
      this.isFlushing = true;
      queueMicrotask(() => {
        this.isFlushing = false;
        this.flush();
      });
    });
  }

  private flush(): void {
    if (this.failures === maxFailures || (this.threads.size === 0 && this.waiting.length < minBatch)) {
      handOut(this.waiting.splice(0), undefined);
      return;
    }
    const most = this.isSlow ? Math.max(minBatch, Math.ceil(this.waiting.length / maxThreads)) : Infinity;
    while (this.waiting.length > 0) {
      const thread = this.idleThread();
      // Without any thread nobody would come back for them.
      if (thread === undefined && this.threads.size === 0) handOut(this.waiting.splice(0), undefined);
      if (thread === undefined) return;
      void this.run(thread, this.nextBatch(most));
    }
  }

  private idleThread(): ReaderThread | undefined {
    for (const thread of this.threads) if (!thread.isBusy) return thread;
    if (this.threads.size === maxThreads) return undefined;
    return this.newThread();
  }

  private newThread(): ReaderThread | undefined {
    try {
      const thread: ReaderThread = new ReaderThread(() => this.threads.delete(thread), this.script);
      this.threads.add(thread);
      return thread;
    } catch {
      // The system has no room for one more.
      this.failures += 1;
      return undefined;
    }
  }

  private nextBatch(most: number): Waiting[] {
    let [count, bytes] = [0, 0];
    for (const { file } of this.waiting) {
      bytes += file.size;
      if (count > 0 && (count >= most || bytes > maxBatchBytes)) break;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }

  private async run(thread: ReaderThread, batch: readonly Waiting[]): Promise<void> {
    const read = await thread.read(batch.map(({ file }) => file));
    if (read === undefined) this.failures += 1;
    else this.isSlow = read.millisecondsEach > slowFileMs;
    handOut(batch, read);
    this.flush();
  }
}

function handOut(batch: readonly Waiting[], read: FilesRead | undefined): void {
  const bytes = read === undefined ? undefined : Buffer.from(read.bytes.buffer);
  let at = 0;
  for (const [index, { settle }] of batch.entries()) {
    const length = read?.lengths[index] ?? -1;
    settle(length < 0 ? undefined : bytes?.subarray(at, at + length));
    if (length > 0) at += length;
  }
}
