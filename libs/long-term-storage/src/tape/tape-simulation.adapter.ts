import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytesFrom, PermanentError } from '#kernel';
import {
  LongTermStorage,
  type FileSetAside,
  type LongTermFile,
  type LongTermReadOptions,
  type LongTermWriter,
  type MediumPlace,
} from '../long-term-storage.js';
import { IdentityFile } from '../identity/storage-identity.js';
import { PosixShare } from '../posix/posix-share.adapter.js';
import { unavailable } from '../posix/share-errors.js';
import { registerStorage } from '../storage-at.js';
import { registerTarget } from '../targets.js';
import { TapeCatalogue } from './tape-catalogue.js';
import { TapeDrives, lto9, type Pause, type TapePlace, type TapeTiming } from './tape-drives.js';
import { faultsIn } from './tape-faults.js';

export interface TapeSimulationOptions {
  /** What operators call it. */
  readonly name: string;
  /** Absolute path of an existing folder. Files lie below `files/`, readable with `tar`. */
  readonly root: string;
  /** Default 2. */
  readonly drives?: number;
  /** Bytes of a cartridge. Default 18 TB. */
  readonly cartridgeBytes?: number;
  readonly timing?: TapeTiming;
  /** Bytes a drive reads or writes in a second. Default 400 MB. */
  readonly speed?: number;
  /** Real seconds for each simulated one. Default 1; 0 does not wait at all. */
  readonly scale?: number;
  readonly pause?: Pause;
}

/** Files that the disk in front of the tapes holds. */
const cachedFiles = 100;

const wait: Pause = async (milliseconds, signal) => {
  signal?.throwIfAborted();
  if (milliseconds < 1) return;
  await sleep(milliseconds, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
};

/**
 * A tape library that is not there: real files, and the time, the queues and the faults of drives and cartridges. For
 * trying out what an installation will do before it has tapes, and for tests; never for data that matter, which all lie
 * on one file system.
 */
export class TapeSimulation extends LongTermStorage {
  /** Files that were written or read a moment ago are still in the library's disk cache. */
  private readonly cached = new Set<string>();
  private readonly files: PosixShare;
  private readonly catalogue: TapeCatalogue;
  readonly drives: TapeDrives;
  private readonly pause: Pause;
  private readonly speed: number;

  constructor(private readonly options: TapeSimulationOptions) {
    super();
    const { name, root, cartridgeBytes = 18e12, scale = 1, speed = 400e6, pause = wait } = options;
    this.files = new PosixShare({ name, root: join(root, 'files') });
    this.catalogue = new TapeCatalogue(join(root, 'catalogue.ndjson'), cartridgeBytes);
    this.pause = (milliseconds, signal) => pause(milliseconds * scale, signal);
    this.drives = new TapeDrives(options.drives ?? 2, options.timing ?? lto9, cartridgeBytes, this.pause);
    this.speed = speed;
  }

  override get name(): string {
    return this.options.name;
  }

  /** A library that was never used makes its folder first. */
  override get identity(): IdentityFile {
    return new IdentityFile(this.files, () => this.assertOnline());
  }

  override async create(name: string, token: string): Promise<LongTermWriter> {
    await this.assertOnline();
    const writer = await this.files.create(name, token);
    return {
      name,
      write: (chunk) => writer.write(chunk),
      writeAt: (position, chunk) => writer.writeAt(position, chunk),
      discard: () => writer.discard(),
      commit: async () => {
        await this.assertOnline();
        await writer.commit();
        await this.toTape(name);
      },
    };
  }

  override async read(name: string, options: LongTermReadOptions = {}): Promise<Readable> {
    await this.assertOnline();
    const place = await this.catalogue.find(name);
    // Written by a process that died before it reached a tape: it is in the disk cache still.
    if (place === undefined || (options.fresh !== true && this.cached.has(name)))
      return this.files.read(name, options);
    const { offset = 0, signal } = options;
    const giveBack = await this.drives.take({ ...place, start: place.start + offset }, signal);
    try {
      await this.assertOnline();
      const { damaged = [] } = await this.faults();
      if (damaged.includes('*') || damaged.includes(place.cartridge)) throw this.damagedMedium(name, place);
      const bytes = await this.files.read(name, options);
      const stream = Readable.from(this.atSpeed(bytes, signal), { objectMode: false });
      stream.once('close', () => {
        bytes.destroy();
        giveBack();
      });
      this.remember(name);
      return stream;
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  override async stat(name: string): Promise<{ readonly size: number } | undefined> {
    await this.assertOnline();
    return this.files.stat(name);
  }

  override async markOf(name: string): Promise<string | undefined> {
    await this.assertOnline();
    return this.files.markOf(name);
  }

  override get mediaAtOnce(): number {
    return this.drives.count;
  }

  override get knowsPlaces(): boolean {
    return true;
  }

  /** Also of what its disk holds: whoever recalls wants bytes from the tape. */
  override async placeOf(name: string): Promise<MediumPlace | undefined> {
    await this.assertOnline();
    const place = await this.catalogue.find(name);
    return place === undefined ? undefined : { medium: place.cartridge, position: place.start };
  }

  override async assertWritable(): Promise<void> {
    await this.assertOnline();
    await this.files.assertWritable();
  }

  override async remove(name: string): Promise<void> {
    await this.assertOnline();
    await this.files.remove(name);
    this.cached.delete(name);
    await this.catalogue.remove(name);
  }

  override async setAside(name: string, token: string): Promise<boolean> {
    await this.assertOnline();
    this.cached.delete(name);
    return this.files.setAside(name, token);
  }

  override async bringBack(name: string, token: string): Promise<boolean> {
    await this.assertOnline();
    return this.files.bringBack(name, token);
  }

  override async removeSetAside(name: string, token: string): Promise<void> {
    await this.assertOnline();
    await this.files.removeSetAside(name, token);
    // Its place on a cartridge is given up, unless another file has the name now.
    if ((await this.files.stat(name)) === undefined) await this.catalogue.remove(name);
  }

  override async *listSetAside(prefix: string): AsyncGenerator<FileSetAside, void, undefined> {
    await this.assertOnline();
    yield* this.files.listSetAside(prefix);
  }

  override async freeBytes(): Promise<number> {
    await this.assertOnline();
    return this.files.freeBytes();
  }

  override async *list(prefix: string): AsyncGenerator<LongTermFile, void, undefined> {
    await this.assertOnline();
    yield* this.files.list(prefix);
  }

  override async removePartials(name: string, options: { exceptToken?: string } = {}): Promise<number> {
    await this.assertOnline();
    return this.files.removePartials(name, options);
  }

  /** The library answers when its file is on a cartridge. */
  private async toTape(name: string): Promise<void> {
    const size = (await this.files.stat(name))?.size ?? 0;
    const place = this.catalogue.placeFor(size);
    const giveBack = await this.drives.take(place);
    try {
      await this.pause((size / this.speed) * 1000);
      await this.catalogue.add(name, place);
      this.remember(name);
    } finally {
      giveBack();
    }
  }

  private remember(name: string): void {
    this.cached.delete(name);
    this.cached.add(name);
    const [oldest] = this.cached;
    if (this.cached.size > cachedFiles && oldest !== undefined) this.cached.delete(oldest);
  }

  private async *atSpeed(bytes: Readable, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      await this.pause((chunk.length / this.speed) * 1000, signal);
      yield chunk;
    }
  }

  private async assertOnline(): Promise<void> {
    const { name, root } = this.options;
    const found = await stat(root).catch(() => undefined);
    if (found?.isDirectory() !== true) throw unavailable(name, `Expected the folder ${root}, found none.`);
    if ((await this.faults()).offline === true)
      throw unavailable(name, `Expected an answer of the library, found it offline.`);
    await mkdir(join(root, 'files'), { recursive: true });
  }

  private faults() {
    return faultsIn(join(this.options.root, 'faults.json'));
  }

  private damagedMedium(name: string, { cartridge }: TapePlace): PermanentError {
    return new PermanentError(
      'long-term-storage.medium-damaged',
      `Expected to read "${name}" on ${this.name}, found cartridge ${cartridge} damaged. Restore the copy from another share.`,
      { details: { storage: this.name, name, cartridge } },
    );
  }
}

/** `tape-simulation:<path>?drives=2&scale=0.001&cartridge=18TiB`: its name is the path. */
registerStorage('tape-simulation', ({ place }) => {
  const { pathname, searchParams } = new URL(`tape-simulation:${place}`);
  const root = decodeURIComponent(pathname);
  const number = (name: string): number | undefined => {
    const text = searchParams.get(name);
    if (text === null) return undefined;
    const value = Number(text);
    if (text !== '' && Number.isFinite(value) && value >= 0) return value;
    throw new PermanentError(
      'kernel.configuration',
      `Expected ${name} of tape-simulation:${root} (LTS_ROOTS) to be a number, found ${JSON.stringify(text)}.`,
    );
  };
  const [drives, scale] = [number('drives'), number('scale')];
  const cartridge = searchParams.get('cartridge');
  return new TapeSimulation({
    name: root,
    root,
    ...(drives === undefined ? {} : { drives: Math.max(1, Math.floor(drives)) }),
    ...(scale === undefined ? {} : { scale }),
    ...(cartridge === null ? {} : { cartridgeBytes: bytesFrom(cartridge) }),
  });
});

/** The same by its options: `place`, `drives`, `scale`, `cartridge`. */
registerTarget('tape', (name, options) => {
  const root = options.folder('place');
  const drives = options.integer('drives', 1, 1000);
  const scale = options.number('scale', 0);
  const cartridgeBytes = options.bytes('cartridge');
  return () =>
    new TapeSimulation({
      ...{ name, root },
      ...(drives === undefined ? {} : { drives }),
      ...(scale === undefined ? {} : { scale }),
      ...(cartridgeBytes === undefined ? {} : { cartridgeBytes }),
    });
});
