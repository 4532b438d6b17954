import type { Readable } from 'node:stream';
import { metrics } from '#observability';
import {
  LongTermStorage,
  type FileSetAside,
  type LongTermFile,
  type LongTermReadOptions,
  type LongTermWriteOptions,
  type LongTermWriter,
  type MediumPlace,
} from '../long-term-storage.js';
import { IdentityCheck, type IdentityMemory, type IdentityStanding } from './identity-check.js';
import type { IdentityFile } from './storage-identity.js';

const noteBytes = metrics.counter({
  name: 'catena_archive_io_bytes_total',
  help: 'Bytes written to long-term storage and read from it, by share and its medium.',
  labels: ['direction', 'medium', 'share'],
});

export type StorageUse = 'read' | 'write';

/** Whether an operator lets a storage be used. */
export interface StorageGate {
  /** @throws TransientError when it is closed for this */
  assertOpen(name: string, use: StorageUse): Promise<void>;
}

/**
 * A storage that is asked before and after each step whether it is the one it should be: whatever it says it has not, it
 * says as itself. All methods also throw TransientError `long-term-storage.other-share`.
 */
export class IdentifiedStorage extends LongTermStorage {
  private readonly check: IdentityCheck;

  constructor(
    private readonly storage: LongTermStorage,
    memory: IdentityMemory,
    /** Asked before each step as well. */
    private readonly gate?: StorageGate,
  ) {
    super();
    this.check = new IdentityCheck(storage, memory);
  }

  override get name(): string {
    return this.storage.name;
  }

  override get identity(): IdentityFile | undefined {
    return this.storage.identity;
  }

  /** @throws TransientError `long-term-storage.other-share` and others while it is away */
  standing(): Promise<IdentityStanding> {
    return this.check.assert();
  }

  override async create(
    name: string,
    token: string,
    options?: LongTermWriteOptions,
  ): Promise<LongTermWriter> {
    const writer = await this.asItself(
      'write',
      () => this.storage.create(name, token, options),
      (late) => {
        void late.discard().catch(() => undefined);
      },
    );
    return {
      name,
      write: async (chunk) => {
        await writer.write(chunk);
        this.noteBytes('write', chunk.length);
      },
      ...this.piecesOf(writer),
      writeAt: (position, chunk) => writer.writeAt(position, chunk),
      commit: () => this.asItself(undefined, () => writer.commit(), undefined, true),
      discard: () => writer.discard(),
    };
  }

  override get fetchesWhole(): boolean {
    return this.storage.fetchesWhole;
  }

  private piecesOf(writer: LongTermWriter): Pick<LongTermWriter, 'writePieces'> {
    if (writer.writePieces === undefined) return {};
    const writePieces = async (pieces: readonly Buffer[]): Promise<void> => {
      await writer.writePieces?.(pieces);
      for (const { length } of pieces) this.noteBytes('write', length);
    };
    return { writePieces };
  }

  override async read(name: string, options?: LongTermReadOptions): Promise<Readable> {
    const bytes = await this.asItself(
      'read',
      () => this.storage.read(name, options),
      (late) => late.destroy(),
    );
    if (metrics.enabled) this.count(bytes);
    return bytes;
  }

  /** As they are taken from the stream: a listener to its data would set it going. */
  private count(bytes: Readable): void {
    const push = bytes.push.bind(bytes);
    bytes.push = (chunk: Buffer | null, ...more: []) => {
      if (chunk !== null) this.noteBytes('read', chunk.length);
      return push(chunk, ...more);
    };
  }

  private noteBytes(direction: 'read' | 'write', bytes: number): void {
    const medium = this.mediaAtOnce === undefined ? 'disk' : 'tape';
    noteBytes({ direction, medium, share: this.name }, bytes);
  }

  override stat(name: string): Promise<{ readonly size: number } | undefined> {
    return this.asItself('read', () => this.storage.stat(name));
  }

  override markOf(name: string): Promise<string | undefined> {
    return this.asItself('read', () => this.storage.markOf(name));
  }

  override get mediaAtOnce(): number | undefined {
    return this.storage.mediaAtOnce;
  }

  override get knowsPlaces(): boolean {
    return this.storage.knowsPlaces;
  }

  override placeOf(name: string): Promise<MediumPlace | undefined> {
    return this.asItself('read', () => this.storage.placeOf(name));
  }

  override assertWritable(): Promise<void> {
    return this.asItself('write', () => this.storage.assertWritable());
  }

  override remove(name: string): Promise<void> {
    return this.asItself('write', () => this.storage.remove(name));
  }

  override setAside(name: string, token: string): Promise<boolean> {
    return this.asItself('write', () => this.storage.setAside(name, token));
  }

  override bringBack(name: string, token: string): Promise<boolean> {
    return this.asItself('write', () => this.storage.bringBack(name, token));
  }

  override removeSetAside(name: string, token: string): Promise<void> {
    return this.asItself('write', () => this.storage.removeSetAside(name, token));
  }

  override isSetAside(name: string, token: string): Promise<boolean> {
    return this.asItself('read', () => this.storage.isSetAside(name, token));
  }

  override listSetAside(prefix: string): AsyncIterable<FileSetAside> {
    return this.listed(this.storage.listSetAside(prefix));
  }

  override list(prefix: string): AsyncIterable<LongTermFile> {
    return this.listed(this.storage.list(prefix));
  }

  override freeBytes(): Promise<number> {
    return this.asItself(undefined, () => this.storage.freeBytes());
  }

  override removePartials(name: string, options?: { readonly exceptToken?: string }): Promise<number> {
    return this.asItself('write', () => this.storage.removePartials(name, options));
  }

  /** Before the step, and after it: also when it failed, for what is missing may be the whole share. */
  private async asItself<T>(
    use: StorageUse | undefined,
    step: () => Promise<T>,
    giveUp?: (result: T) => void,
    // What is read of a share that was replaced is compared with what was archived; what is written there may be lost.
    asks = use === 'write',
  ): Promise<T> {
    // What has begun to write may end; the room there is may be asked at any time.
    if (use !== undefined) await this.gate?.assertOpen(this.name, use);
    await this.check.assert(asks);
    let result: T;
    try {
      result = await step();
    } catch (error) {
      await this.check.assert(false, true);
      throw error;
    }
    try {
      await this.check.assert(false, result === undefined || result === false);
      return result;
    } catch (error) {
      giveUp?.(result);
      throw error;
    }
  }

  private async *listed<T>(found: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    await this.gate?.assertOpen(this.name, 'read');
    await this.check.assert();
    yield* found;
    // What is not in a list is missing.
    await this.check.assert(false, true);
  }
}
