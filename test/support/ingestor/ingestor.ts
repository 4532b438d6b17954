import { setTimeout as sleep } from 'node:timers/promises';
import { Clock, SystemClock } from '#kernel';
import { IngestorApi, type CompletedPart } from './ingestor-api.js';
import type { IngestedFile } from './ingested-files.js';
import { register } from './ingestor-registration.js';
import { digestOf, PatientPut } from './patient-put.js';
import { TokenSource } from './token-source.js';
import { WorkerPool } from './worker-pool.js';

/** What the Ingestor did so far, for tests that do something at that moment: it waits for them. */
export type IngestorStep =
  | { readonly kind: 'registered' | 'granted' | 'admitted' | 'refused' | 'finalized'; readonly pid: string }
  | { readonly kind: 'begun' | 'stored'; readonly path: string; readonly parts: number }
  | { readonly kind: 'put'; readonly path: string; readonly part: number }
  | { readonly kind: 'completed'; readonly path: string; readonly status: number };

export interface IngestorOptions {
  readonly scicatUrl: string;
  readonly scicatToken: string;
  /** Whom the token is of. */
  readonly username: string;
  /** `Transfer.S3.Endpoint`: to the end of the base path. */
  readonly endpoint: string;
  /** `Transfer.S3.TokenUrl`. Default: the one below the endpoint. */
  readonly tokenUrl?: string;
  readonly clientId?: string;
  /** Bytes, of `Transfer.S3.ChunkSizeMB`. */
  readonly chunkSize?: number;
  readonly concurrentFiles?: number;
  readonly poolSize?: number;
  readonly ownerGroup?: string;
  readonly contactEmail?: string;
  readonly sourceFolder?: string;
  readonly autoArchive?: boolean;
  /** Milliseconds between two questions for room; the Ingestor: ten minutes, later an hour. */
  readonly roomInterval?: number;
  /** Milliseconds before a PUT is sent again. */
  readonly pause?: (attempt: number) => number;
  /** The person cancels. */
  readonly cancel?: AbortSignal;
  /** The process ends: no further call leaves it, and what is under way is cut off. */
  readonly gone?: AbortSignal;
  readonly clock?: Clock;
  readonly onStep?: (step: IngestorStep) => void | Promise<void>;
}

const gibibyte = 2 ** 30;
const mebibyte = 2 ** 20;

/** SwissOpenEM's Ingestor with the transfer method `S3`, as scopemarchiver.md §9 has it, faults included. */
export class Ingestor {
  /** Paths whose upload has ended well, as the Ingestor sees it. */
  readonly stored = new Set<string>();
  private readonly api: IngestorApi;
  private readonly puts: PatientPut;
  private readonly pool: WorkerPool;
  private tokens?: TokenSource;

  constructor(private readonly options: IngestorOptions) {
    const {
      endpoint,
      gone,
      poolSize = 8,
      pause = (attempt) => Math.min(1000 * 2 ** attempt, 30_000),
    } = options;
    this.api = new IngestorApi(endpoint, gone);
    this.puts = new PatientPut(pause, gone);
    this.pool = new WorkerPool(poolSize);
  }

  /** How often a PUT was sent again, and a token refreshed. */
  get troubles(): { readonly puts: number; readonly refreshes: number } {
    return { puts: this.puts.repeated, refreshes: this.tokens?.refreshes ?? 0 };
  }

  /** Registers the files, and uploads them. @returns the pid */
  async ingest(files: readonly IngestedFile[]): Promise<string> {
    const { scicatUrl, scicatToken, sourceFolder = '/microscope/session' } = this.options;
    const { ownerGroup, contactEmail } = this;
    const pid = await register({ scicatUrl, scicatToken, ownerGroup, contactEmail, sourceFolder, files });
    await this.tell({ kind: 'registered', pid });
    await this.upload(pid, files);
    return pid;
  }

  /**
   * Uploads the files of a data set that is registered.
   *
   * @param done paths that an earlier Ingestor knew to be stored: they are not sent again
   */
  async upload(
    pid: string,
    files: readonly IngestedFile[],
    done: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    try {
      this.tokens = await this.grant();
      await this.tell({ kind: 'granted', pid });
      await this.finish(pid, files, done);
    } finally {
      this.api.close();
      this.puts.close();
    }
  }

  private async finish(
    pid: string,
    files: readonly IngestedFile[],
    done: ReadonlySet<string>,
  ): Promise<void> {
    const { username, autoArchive = true, gone } = this.options;
    try {
      await this.waitForRoom(pid, files);
      await this.sendAll(
        pid,
        files.filter(({ path }) => !done.has(path)),
      );
      await this.api.finalizeDatasetUpload(await this.tokens!.token(), {
        dataset_id: pid,
        create_archiving_job: autoArchive,
        owner_group: this.ownerGroup,
        owner_user: username,
        contact_email: this.contactEmail,
      });
    } catch (error) {
      gone?.throwIfAborted();
      await this.giveUp(pid);
      throw error;
    }
    await this.tell({ kind: 'finalized', pid });
  }

  private async grant(): Promise<TokenSource> {
    const {
      scicatToken,
      endpoint,
      tokenUrl = `${endpoint}/oauth2/token`,
      clientId = 'ingestor',
    } = this.options;
    const { clock = new SystemClock(), gone } = this.options;
    return new TokenSource(tokenUrl, clientId, await this.api.token(scicatToken), clock, gone);
  }

  private async waitForRoom(pid: string, files: readonly IngestedFile[]): Promise<void> {
    const { roomInterval = 600_000, cancel, gone } = this.options;
    const size = Math.floor(files.reduce((sum, file) => sum + file.size, 0) / gibibyte);
    while (!(await this.api.requestDatasetUpload(await this.tokens!.token(), pid, size))) {
      await this.tell({ kind: 'refused', pid });
      await sleep(roomInterval, undefined, { signal: anyOf(cancel, gone) });
    }
    await this.tell({ kind: 'admitted', pid });
  }

  /** The first file that fails ends the others. */
  private async sendAll(pid: string, files: readonly IngestedFile[]): Promise<void> {
    const { concurrentFiles = 4, cancel, gone } = this.options;
    // The greater of the two, not the lesser: the Ingestor sends all files of a data set at once.
    const lanes = Math.max(concurrentFiles, files.length);
    const failed = new AbortController();
    const signal = anyOf(cancel, gone, failed.signal);
    const waiting = [...files].reverse();
    const lane = async (): Promise<void> => {
      for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
        signal.throwIfAborted();
        await this.send(pid, file, signal);
      }
    };
    let first: { error: unknown } | undefined;
    await Promise.all(
      Array.from({ length: lanes }, () =>
        lane().catch((error: unknown) => {
          first ??= { error };
          failed.abort();
        }),
      ),
    );
    if (first !== undefined) throw first.error;
  }

  private async send(pid: string, file: IngestedFile, signal: AbortSignal): Promise<void> {
    const { chunkSize = 128 * mebibyte } = this.options;
    const { path, size } = file;
    const key = `openem-network/datasets/${pid}/raw_files/${path}`;
    // Taken once for the whole file, however long it takes.
    const token = await this.tokens!.token();
    const parts = size < chunkSize ? 1 : Math.ceil(size / chunkSize);
    if (size < chunkSize) {
      const { urls } = await this.api.presignedUrls(token, pid, key, 1);
      await this.tell({ kind: 'begun', path, parts });
      const content = await file.read(0, size);
      await this.puts.put(urls[0]!, content, digestOf(content).toString('base64'), signal);
      await this.tell({ kind: 'put', path, part: 1 });
    } else await this.sendInParts(pid, file, key, token, signal);
    this.stored.add(path);
    await this.tell({ kind: 'stored', path, parts });
  }

  private async sendInParts(
    pid: string,
    file: IngestedFile,
    key: string,
    token: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { chunkSize = 128 * mebibyte, gone } = this.options;
    const { path, size } = file;
    const count = Math.ceil(size / chunkSize);
    const { uploadId, urls } = await this.api.presignedUrls(token, pid, key, count);
    await this.tell({ kind: 'begun', path, parts: count });
    try {
      const digests: Buffer[] = [];
      const parts: CompletedPart[] = [];
      const group = new AbortController();
      const both = anyOf(signal, group.signal);
      const sent = await Promise.allSettled(
        Array.from({ length: count }, (_, index) =>
          this.pool.run(async () => {
            both.throwIfAborted();
            const content = await file.read(index * chunkSize, chunkSize);
            const digest = digestOf(content);
            const checksum = digest.toString('base64');
            digests[index] = digest;
            const etag = await this.puts
              .put(urls[index]!, content, checksum, both)
              .catch((error: unknown) => {
                group.abort(error);
                throw error;
              });
            parts[index] = { part_number: index + 1, etag, checksum_sha256: checksum };
            await this.tell({ kind: 'put', path, part: index + 1 });
          }),
        ),
      );
      const bad = sent.find((one) => one.status === 'rejected');
      if (bad !== undefined) throw group.signal.aborted ? group.signal.reason : bad.reason;
      const composite = digestOf(Buffer.concat(digests)).toString('base64');
      const status = await this.api.completeUpload(token, pid, key, uploadId, parts, composite);
      await this.tell({ kind: 'completed', path, status });
    } catch (error) {
      // Fails whatever is answered, and hides nothing of what was wrong before.
      if (gone?.aborted !== true)
        await this.api.abortMultipartUpload(token, key, uploadId).catch(() => undefined);
      throw error;
    }
  }

  private async giveUp(pid: string): Promise<void> {
    const token = await this.tokens!.token().catch(() => '');
    await this.api.abortDatasetUpload(token, pid).catch(() => undefined);
  }

  private get ownerGroup(): string {
    return this.options.ownerGroup ?? 'demo-group';
  }

  private get contactEmail(): string {
    return this.options.contactEmail ?? 'ada@example.org';
  }

  private async tell(step: IngestorStep): Promise<void> {
    await this.options.onStep?.(step);
  }
}

function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}
