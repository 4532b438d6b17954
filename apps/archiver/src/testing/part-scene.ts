import { createHash } from 'node:crypto';
import { ClaimChecks } from '#claim-check';
import type { DatablockRetrievedV1, RetrieveDatablockV1 } from '#contracts';
import { readDatablock, writeDatablock, type DatablockManifest } from '#datablock';
import { MemorySink, memberOf } from '#datablock/testing';
import { ManualClock, newId } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { createLogger } from '#observability';
import { MemoryObjectStore } from '#storage/testing';
import type { ArchiverConfig } from '../archiver.config.js';
import type { WorkContext } from '../domain/work.js';
import { DatablockLists } from '../originals/datablock-lists.js';
import { CopyRecords } from '../persistence/copy-records.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { RetrievedCopies } from '../persistence/retrieved-copies.js';
import type { ExpireRetrievedCopies } from '../retrieve-datablock/expire-retrieved-copies.js';
import type { RetrieveDatablockHandler } from '../retrieve-datablock/retrieve-datablock.handler.js';
import { memoryArchiverStore } from './memory-archiver-store.js';
import { retrievalArea } from './retrieval-area.js';
import { retrieveHandler } from './retrieve-handler.js';

/** A datablock as it was packed. */
export interface PackedDatablock {
  readonly manifest: DatablockManifest;
  readonly packedSize: number;
  readonly sha256: string;
}

/** Retrievals of parts with the real handler, on a database and buckets in memory. */
export class PartScene {
  readonly clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
  readonly store = memoryArchiverStore();
  readonly objects = new MemoryObjectStore();
  readonly claimChecks: ClaimChecks;
  readonly expiry: ExpireRetrievedCopies;
  readonly copies: RetrievedCopies;
  readonly _id = `pid=/${newId()}/00000.tar`;
  readonly handler: RetrieveDatablockHandler;
  private readonly lists: DatablockLists;

  /** @param limits of the retrieval area, in bytes */
  constructor(
    private readonly shares: readonly LongTermStorage[],
    limits: Partial<ArchiverConfig> = {},
  ) {
    const config = {
      ...{ lease: 60_000, retrievedLifetime: 3_600_000, referencePatience: 600_000 },
      ...{ retrievalBucket: 'retrieval', controlBucket: 'control', ...limits },
    } as ArchiverConfig;
    const { clock, store, objects } = this;
    const logger = createLogger('part-scene', 'silent');
    const datablocks = new Datablocks(store);
    const records = new CopyRecords(datablocks, clock, config, logger);
    const { lock, expiry, copies } = retrievalArea({ store, objects, clock, config });
    this.copies = copies;
    this.claimChecks = new ClaimChecks(objects, clock, { bucket: 'control', patience: 600_000 });
    this.lists = new DatablockLists(objects, this.claimChecks, config);
    this.expiry = expiry;
    this.handler = retrieveHandler({ datablocks, objects, lock, shares, records, config, clock });
  }

  /** As if it had been archived a day ago, with a copy on each share. */
  async archived({ manifest, packedSize, sha256 }: PackedDatablock): Promise<void> {
    for (const bucket of ['retrieval', 'control']) await this.objects.ensureBucket(bucket);
    await this.store.datablocks.insertOne({
      ...{ _id: this._id, pid: 'pid', jobId: 'j', filesSha256: 'f', fileCount: manifest.members.length },
      ...{ size: 1, packedSize, sha256, state: 'verified' },
      manifest: await this.lists.keepManifest(this._id, manifest),
      copies: this.shares.map(({ name }) => ({ share: name, verifiedAt: this.clock.now() })),
    });
    this.clock.advance(86_400_000);
  }

  /** A retrieval of these files; nothing checks that they are there. */
  async orderOf(...paths: string[]): Promise<RetrieveDatablockV1> {
    const lines = paths.sort().map((path) => ({ path }));
    const list = await this.claimChecks.keepLines(`plans/${newId()}.ndjson`, lines);
    return { ...this.order(), selection: { list, files: lines.length, bytes: 5 } };
  }

  order(): RetrieveDatablockV1 {
    return { workOrderId: `${newId()}/0/0`, jobId: 'k', pid: 'pid', archiveId: this._id };
  }

  context(epoch = 1): WorkContext {
    return { epoch, signal: new AbortController().signal, progress: () => undefined };
  }

  /** What was retrieved, as the report says. */
  async retrieve(order: RetrieveDatablockV1, epoch = 1): Promise<DatablockRetrievedV1> {
    const { envelope } = await this.handler.handle(order, this.context(epoch));
    return envelope!.data as DatablockRetrievedV1;
  }

  /** Keys of the retrieval bucket. */
  async inBucket(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.objects.list('retrieval', '')) keys.push(key);
    return keys;
  }

  /** Files in an object of the retrieval bucket, each checked. */
  async filesIn(key: string): Promise<Record<string, string>> {
    const files: Record<string, string> = {};
    const tar = (await this.objects.get('retrieval', key)) as AsyncIterable<Buffer>;
    for await (const { path, content } of readDatablock(tar)) {
      const chunks: Buffer[] = [];
      for await (const chunk of content) chunks.push(chunk);
      files[path] = Buffer.concat(chunks).toString();
    }
    return files;
  }

  async sha256Of(key: string): Promise<string> {
    const hash = createHash('sha256');
    for await (const chunk of (await this.objects.get('retrieval', key)) as AsyncIterable<Buffer>)
      hash.update(chunk);
    return hash.digest('hex');
  }

  /** Who has a copy kept now: jobs, and orders that read it. */
  async keepersOf(name: string): Promise<string[]> {
    const { pins = [] } = (await this.store.retrieved.findOne({ _id: name })) ?? {};
    return pins.filter(({ until }) => until > this.clock.now()).map(({ job }) => job);
  }

  /** What the record says of each copy: nothing, or what is wrong. */
  async damages(): Promise<(string | undefined)[]> {
    const { copies } = (await this.store.datablocks.findOne({ _id: this._id }))!;
    return copies.map(({ damaged }) => damaged?.found);
  }
}

export async function packedOf(
  archiveId: string,
  files: Readonly<Record<string, Buffer>>,
): Promise<PackedDatablock & { readonly tar: Buffer }> {
  const sink = new MemorySink();
  const members = Object.entries(files).map(([path, content]) => memberOf(path, content));
  const { manifest, packedSize } = await writeDatablock({
    identity: { pid: 'pid', archiveId },
    members,
    sink,
  });
  const tar = sink.bytes();
  return { manifest, packedSize, tar, sha256: createHash('sha256').update(tar).digest('hex') };
}
