import type { Readable } from 'node:stream';
import { ManualClock, PermanentError, newId } from '#kernel';
import type { LongTermReadOptions } from '#long-term-storage';
import { MemoryShare } from '#long-term-storage/testing';
import { createLogger } from '#observability';
import type { OutboxRelay } from '#outbox';
import type { AppHealth } from '#service-host';
import type { ArchiverConfig } from '../archiver.config.js';
import { CopyCheck } from '../check-copies/copy-check.js';
import { TargetNames } from '../domain/target-names.js';
import { CopyMending } from '../mend-copies/copy-mending.js';
import { DatablockRepair } from '../mend-copies/datablock-repair.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { CopyAges } from '../persistence/copy-ages.js';
import { CopyRecords } from '../persistence/copy-records.js';
import { Datablocks } from '../persistence/datablocks.js';
import { FilesAside } from '../persistence/files-aside.js';
import type { StoredCopy } from '../persistence/records.js';
import { ScrubTurns } from '../persistence/scrub-turns.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { ServedTargets } from '../order-recalls/served-targets.js';
import { CopyScrub } from '../scrub-copies/copy-scrub.js';
import { ScrubFigures } from '../scrub-copies/scrub-figures.js';
import { ScrubQueue } from '../scrub-copies/scrub-queue.js';
import type { ScrubRule } from '../scrub-copies/scrub-rules.js';
import { Scrubbing } from '../scrub-copies/scrubbing.js';
import { TargetScrub } from '../scrub-copies/target-scrub.js';
import { SetAside } from '../set-aside/set-aside.js';
import { memoryArchiverStore } from './memory-archiver-store.js';
import { sha256Of } from './tended-copies.js';

export const day = 86_400_000;
/** Bytes in a millisecond. */
const rate = 1;

/** A share whose reading takes its time, by the clock, and whose files can rot. */
export class RottingShare extends MemoryShare {
  /** Names of files that may not be read. */
  readonly forbidden = new Set<string>();
  /** Names in the order in which they were read whole. */
  readonly reads: string[] = [];
  /** Called before each reading. */
  watcher: (name: string) => Promise<void> | void = () => undefined;

  constructor(
    override readonly name: string,
    private readonly clock: ManualClock,
  ) {
    super();
  }

  override async read(name: string, options: LongTermReadOptions = {}): Promise<Readable> {
    await this.watcher(name);
    if (this.forbidden.has(name))
      throw new PermanentError(
        'long-term-storage.access-denied',
        `Expected to read ${name}, found no right.`,
      );
    const { size } = (await this.stat(name)) ?? { size: 0 };
    this.clock.advance(Math.ceil(size / rate));
    this.reads.push(name);
    return super.read(name, options);
  }

  async put(name: string, content: Buffer): Promise<void> {
    const writer = await super.create(name, newId());
    await writer.write(content);
    await writer.commit();
  }

  async bytesOf(name: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of await super.read(name)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  async swap(one: string, other: string): Promise<void> {
    const [first, second] = [await this.bytesOf(one), await this.bytesOf(other)];
    await this.remove(one);
    await this.remove(other);
    await this.put(one, second);
    await this.put(other, first);
  }
}

/** One process that serves shares. */
export interface ScrubbingArchiver {
  readonly target: TargetScrub;
  readonly copies: CopyScrub;
  readonly queue: ScrubQueue;
  readonly view: Scrubbing;
  readonly orders: WorkOrders;
  readonly turns: ScrubTurns;
  readonly ages: CopyAges;
  /** What it says to health, by the name of the part. */
  readonly parts: Map<string, () => Promise<object>>;
}

/** Two shares, the records of what lies on them, and as many archivers as a test wants. */
export class ScrubbedArchive {
  readonly clock = new ManualClock(new Date('2026-01-01T06:00:00Z'));
  readonly store: ArchiverStore = memoryArchiverStore();
  readonly shares = ['disk', 'tape'].map((name) => new RottingShare(name, this.clock));
  readonly sha256 = new Map<string, string>();
  readonly stop = new AbortController();

  constructor(public rules: Readonly<Record<string, Partial<ScrubRule> | 'off'>> = {}) {}

  /** @param store another view of the database, such as one that fails */
  archiver(store = this.store): ScrubbingArchiver {
    const { clock, shares } = this;
    const config = {
      ...{ referencePatience: 600_000, lease: 60_000, discardGrace: 7 * day, reserve: 0 },
      scrub: { within: 180 * day, bytesPerDay: 2 ** 40, hoursPerDay: 4, secondLook: 0 },
      targets: shares.map(({ name }) => ({ name, scrub: this.rules[name] })),
    } as unknown as ArchiverConfig;
    const logger = createLogger('scrubbed-archive.spec', 'silent');
    const names = new TargetNames();
    const datablocks = new Datablocks(store, names);
    const asides = new SetAside(new FilesAside(store), datablocks, clock, shares, config);
    const records = new CopyRecords(datablocks, clock, config, logger);
    const check = new CopyCheck(records, shares);
    const orders = new WorkOrders(store, { wake: () => undefined } as unknown as OutboxRelay);
    const mending = new CopyMending(asides, records, orders, shares, config);
    const repairs = new DatablockRepair(datablocks, check, mending, clock);
    const turns = new ScrubTurns(store);
    const ages = new CopyAges(store, names);
    const queue = new ScrubQueue(ages, clock);
    const copies = new CopyScrub(turns, datablocks, orders, check, repairs, clock, config, logger);
    const figures = new ScrubFigures(ages, turns, clock);
    const served = new ServedTargets(shares, names);
    const target = new TargetScrub(queue, copies, figures, turns, orders, served, clock, config);
    const parts = new Map<string, () => Promise<object>>();
    const health = { add: parts.set.bind(parts) } as unknown as AppHealth;
    const view = new Scrubbing(turns, health, clock, shares, config);
    view.onApplicationBootstrap();
    return { target, copies, queue, view, orders, turns, ages, parts };
  }

  share(name: string): RottingShare {
    return this.shares.find((one) => one.name === name)!;
  }

  /** A datablock with a copy on each share. @param age milliseconds since each was proven */
  async archived(_id: string, content: Buffer, age: Readonly<Record<string, number>>): Promise<void> {
    const sha256 = sha256Of(content);
    this.sha256.set(_id, sha256);
    for (const name of Object.keys(age)) await this.share(name).put(_id, content);
    await this.store.datablocks.insertOne({
      ...{ _id, pid: 'pid', jobId: 'j', filesSha256: 'f', fileCount: 1, size: 1, state: 'verified' as const },
      ...{ packedSize: content.length, sha256, manifest: { bucket: 'c', key: 'm', size: 1, sha256: 'x' } },
      copies: Object.entries(age).map(([share, milliseconds]) => ({
        ...{ share, verifiedAt: new Date(this.clock.now().getTime() - milliseconds) },
      })),
    });
  }

  async copyOf(_id: string, share: string): Promise<StoredCopy> {
    const found = await this.store.datablocks.findOne({ _id });
    return found!.copies.find((copy) => copy.share === share)!;
  }

  /** Whether the file on the share is what was archived. */
  async isGood(_id: string, share: string): Promise<boolean> {
    if ((await this.share(share).stat(_id)) === undefined) return false;
    return sha256Of(await this.share(share).bytesOf(_id)) === this.sha256.get(_id);
  }

  /** Until the archiver has nothing more to do there now. @returns how many steps found something */
  async serve({ target }: ScrubbingArchiver, share: string): Promise<number> {
    let steps = 0;
    while (await target.step(share, this.stop.signal)) steps += 1;
    return steps;
  }

  async filesAside(share: string): Promise<number> {
    let count = 0;
    for await (const _ of this.share(share).listSetAside('')) count += 1;
    return count;
  }
}

/** A database that answers nobody who is dead. */
export function dyingStore(store: ArchiverStore, state: { readonly isDead: boolean }): ArchiverStore {
  const mortal = <Collection extends object>(collection: Collection): Collection =>
    new Proxy(collection, {
      get: (target, key) => {
        if (state.isDead) throw new Error('the process is dead');
        const method = Reflect.get(target, key) as unknown;
        return typeof method === 'function' ? (method.bind(target) as unknown) : method;
      },
    });
  return Object.create(store, {
    datablocks: { value: mortal(store.datablocks) },
    scrubTurns: { value: mortal(store.scrubTurns) },
    works: { value: mortal(store.works) },
    asides: { value: mortal(store.asides) },
  }) as ArchiverStore;
}
