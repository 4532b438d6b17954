import { createHash } from 'node:crypto';
import { ManualClock, newId } from '#kernel';
import { MemoryShare } from '#long-term-storage/testing';
import { createLogger } from '#observability';
import type { LongTermReadOptions, LongTermWriter } from '#long-term-storage';
import type { OutboxRelay } from '#outbox';
import type { ArchiverConfig } from '../archiver.config.js';
import { CopyCheck } from '../check-copies/copy-check.js';
import { TargetNames } from '../domain/target-names.js';
import type { WorkContext } from '../domain/work.js';
import { CopyMending } from '../mend-copies/copy-mending.js';
import { DatablockRepair } from '../mend-copies/datablock-repair.js';
import { FormerCopy } from '../move-copy/former-copy.js';
import { MoveCopyHandler } from '../move-copy/move-copy.handler.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { CopyRecords } from '../persistence/copy-records.js';
import type { Command } from '../persistence/records.js';
import { Datablocks } from '../persistence/datablocks.js';
import { FilesAside } from '../persistence/files-aside.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { RepairDatablockHandler } from '../repair-datablock/repair-datablock.handler.js';
import { SetAside } from '../set-aside/set-aside.js';
import { VerifyDatablockHandler } from '../verify-datablock/verify-datablock.handler.js';
import { memoryArchiverStore } from './memory-archiver-store.js';

export const tarContent = Buffer.from('a tar, as far as anybody here knows');

export const sha256Of = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** Somebody who is told of each step on storage and in the database, before it is taken and after it. */
export type Watcher = (step: string) => Promise<void> | void;

/** A share whose steps can be watched. */
export class WatchedShare extends MemoryShare {
  watcher: Watcher = () => undefined;
  /** Of datablocks. */
  reads = 0;

  constructor(override readonly name: string) {
    super();
  }

  override async create(name: string, token: string): Promise<LongTermWriter> {
    const writer = await this.step('create', () => super.create(name, token));
    return {
      name,
      write: (chunk) => writer.write(chunk),
      writeAt: (position, chunk) => writer.writeAt(position, chunk),
      commit: () => this.step('commit', () => writer.commit()),
      discard: () => this.step('discard', () => writer.discard()),
    };
  }

  override read(name: string, options?: LongTermReadOptions) {
    if (!name.startsWith('.')) this.reads += 1;
    return this.step('read', () => super.read(name, options));
  }

  override setAside(name: string, token: string): Promise<boolean> {
    return this.step('set aside', () => super.setAside(name, token));
  }

  override bringBack(name: string, token: string): Promise<boolean> {
    return this.step('bring back', () => super.bringBack(name, token));
  }

  async put(name: string, content: Buffer): Promise<void> {
    const writer = await super.create(name, newId());
    await writer.write(content);
    await writer.commit();
  }

  async filesAside(): Promise<number> {
    let count = 0;
    for await (const _ of this.listSetAside('')) count += 1;
    return count;
  }

  private async step<T>(what: string, action: () => Promise<T>): Promise<T> {
    await this.watcher(`before ${what} on ${this.name}`);
    const result = await action();
    await this.watcher(`after ${what} on ${this.name}`);
    return result;
  }
}

/** Mending and moving of copies on three shares, two of which have one. */
export class TendedCopies {
  readonly clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
  readonly store: ArchiverStore;
  readonly shares = ['one', 'two', 'three'].map((name) => new WatchedShare(name));
  readonly _id = `pid/${newId()}/0.tar`;
  readonly sha256 = sha256Of(tarContent);
  readonly datablocks: Datablocks;
  readonly asides: SetAside;
  readonly repair: RepairDatablockHandler;
  readonly move: MoveCopyHandler;
  readonly verify: VerifyDatablockHandler;
  readonly records: CopyRecords;
  readonly orders: WorkOrders;
  private readonly stop = new AbortController();
  readonly context: WorkContext = { epoch: 1, signal: this.stop.signal, progress: () => undefined };

  constructor(watcher?: Watcher) {
    const config = {
      ...{ referencePatience: 600_000, lease: 60_000, discardGrace: 7 * 86_400_000, reserve: 0 },
    } as ArchiverConfig;
    const logger = createLogger('tended-copies.spec', 'silent');
    this.store = watcher === undefined ? memoryArchiverStore() : watchedStore(watcher);
    for (const share of this.shares) share.watcher = watcher ?? share.watcher;
    const { store, shares, clock } = this;
    this.datablocks = new Datablocks(store, new TargetNames());
    this.asides = new SetAside(new FilesAside(store), this.datablocks, clock, shares, config);
    this.records = new CopyRecords(this.datablocks, clock, config, logger);
    const check = new CopyCheck(this.records, shares);
    this.orders = new WorkOrders(store, { wake: () => undefined } as unknown as OutboxRelay);
    const mending = new CopyMending(this.asides, this.records, this.orders, shares, config);
    const repairs = new DatablockRepair(this.datablocks, check, mending, clock);
    this.repair = new RepairDatablockHandler(this.datablocks, repairs, clock);
    const former = new FormerCopy(this.datablocks, this.asides, check, clock);
    this.move = new MoveCopyHandler(this.datablocks, check, mending, former, clock, shares);
    this.verify = new VerifyDatablockHandler(this.datablocks, check, clock);
  }

  /** Archived long ago: what is missing is missing. */
  async archived(on: readonly string[] = ['one', 'two']): Promise<void> {
    for (const name of on) await this.share(name).put(this._id, tarContent);
    await this.store.datablocks.insertOne(this.recordOf(this._id, on));
    this.clock.advance(86_400_000);
  }

  recordOf(_id: string, on: readonly string[], sha256 = this.sha256) {
    return {
      ...{ _id, pid: 'pid', jobId: 'j', filesSha256: 'f', fileCount: 1, size: 1, state: 'verified' as const },
      ...{ packedSize: tarContent.length, sha256 },
      manifest: { bucket: 'control', key: 'm', size: 1, sha256: 'x' },
      copies: on.map((share) => ({ share, verifiedAt: this.clock.now() })),
    };
  }

  share(name: string): WatchedShare {
    return this.shares.find((one) => one.name === name)!;
  }

  order() {
    return { workOrderId: `${newId()}/0/0`, jobId: 'j', pid: 'pid', archiveId: this._id };
  }

  /** As if the archiver had accepted it: what its tries publish is kept with it. */
  async accepted<Order extends { workOrderId: string }>(data: Order): Promise<Order> {
    await this.store.works.insertOne({
      ...{ _id: data.workOrderId, jobId: 'j', command: { kind: 'move', data } as unknown as Command },
      ...{ state: 'open', epoch: 1, attempts: 0, cancelRequested: false, outbox: { rows: [] } },
      ...{ dueAt: this.clock.now(), acceptedAt: this.clock.now() },
    });
    return data;
  }

  abort(reason: Error): void {
    this.stop.abort(reason);
  }

  /** Which shares hold the right bytes under the name. */
  async good(): Promise<string[]> {
    const found: string[] = [];
    for (const share of this.shares) {
      if ((await share.stat(this._id)) === undefined) continue;
      const chunks: Buffer[] = [];
      for await (const chunk of await MemoryShare.prototype.read.call(share, this._id))
        chunks.push(chunk as Buffer);
      if (sha256Of(Buffer.concat(chunks)) === this.sha256) found.push(share.name);
    }
    return found;
  }

  /** What the record says of each copy: nothing, or what is wrong. */
  async recorded(): Promise<Record<string, string | undefined>> {
    const { copies = [] } = (await this.store.datablocks.findOne({ _id: this._id })) ?? {};
    return Object.fromEntries(copies.map(({ share, damaged }) => [share, damaged?.found]));
  }

  async asideRecords() {
    return this.store.asides.find({}).toArray();
  }
}

/** A database in memory whose writes on datablocks and on files set aside are watched. */
function watchedStore(watcher: Watcher): ArchiverStore {
  const store = memoryArchiverStore();
  const watched = <Collection extends object>(name: string, collection: Collection): Collection =>
    new Proxy(collection, {
      get: (target, key) => {
        const method = Reflect.get(target, key) as unknown;
        if (key !== 'updateOne' && key !== 'deleteOne')
          return typeof method === 'function' ? method.bind(target) : method;
        return async (...given: unknown[]): Promise<unknown> => {
          await watcher(`before ${key} in ${name}`);
          const result = await (method as (...given: unknown[]) => Promise<unknown>).apply(target, given);
          await watcher(`after ${key} in ${name}`);
          return result;
        };
      },
    });
  return Object.create(store, {
    datablocks: { value: watched('datablocks', store.datablocks) },
    asides: { value: watched('asides', store.asides) },
  }) as ArchiverStore;
}
