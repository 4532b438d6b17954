import { createHash } from 'node:crypto';
import { ManualClock, newId, pidAsName } from '#kernel';
import { MemoryShare } from '#long-term-storage/testing';
import { createLogger } from '#observability';
import { MemoryObjectStore } from '#storage/testing';
import type { ArchiverConfig } from '../archiver.config.js';
import type { CatalogueWord } from '../catalog/catalogue-word.js';
import { CopyRecords } from '../persistence/copy-records.js';
import { Datablocks } from '../persistence/datablocks.js';
import { FilesAside } from '../persistence/files-aside.js';
import { ReconciledRecords } from '../persistence/reconciled-records.js';
import type { StoredDatablock } from '../persistence/records.js';
import { SetAside } from '../set-aside/set-aside.js';
import { memoryArchiverStore } from './memory-archiver-store.js';
import { Reconciling } from '#service-host/testing';

export const reconciledPid = '20.500/x';
export const minAge = 1000;
const content = Buffer.from('a tar, as far as anybody here knows');

/** An archive with one share, and what a reconciliation of it needs. */
export class ReconciledArchive {
  readonly clock = new ManualClock(new Date());
  readonly store = memoryArchiverStore();
  readonly share = new MemoryShare();
  readonly objects = new MemoryObjectStore();
  readonly datablocks = new Datablocks(this.store);
  readonly records = new ReconciledRecords(this.store);
  readonly reconciling = new Reconciling(minAge);
  /** What the catalogue lists. */
  readonly listed = new Set<string>();
  /** What another writer does when the catalogue is asked, once. */
  meanwhile: (() => Promise<unknown>) | undefined;
  readonly config = {
    ...{ referencePatience: 100, lease: 60_000, discardGrace: 10_000, endedWorkLifetime: 5000 },
    ...{ retrievalBucket: 'retrieval', controlBucket: 'control', targetNames: [] as readonly string[] },
  } as ArchiverConfig;
  readonly asides = new SetAside(
    ...([new FilesAside(this.store), this.datablocks, this.clock, [this.share], this.config] as const),
  );
  readonly copies = new CopyRecords(
    ...([this.datablocks, this.clock, this.config, createLogger('reconciled', 'silent')] as const),
  );
  readonly catalogue = {
    lists: async ({ archiveId }: { archiveId: string }) => {
      await this.interrupt();
      return this.listed.has(archiveId);
    },
    listsName: (archiveId: string) => Promise.resolve(this.listed.has(archiveId)),
    allListed: () => this.pages(),
  } as unknown as CatalogueWord;

  static async create(): Promise<ReconciledArchive> {
    const archive = new ReconciledArchive();
    for (const bucket of ['retrieval', 'control']) await archive.objects.ensureBucket(bucket);
    return archive;
  }

  private async *pages() {
    yield await Promise.resolve([...this.listed].map((archiveId) => ({ archiveId, pid: reconciledPid })));
  }

  async interrupt(): Promise<void> {
    const once = this.meanwhile;
    this.meanwhile = undefined;
    await once?.();
  }

  /** A file on the share. @returns its name */
  async file(name = archiveIdOf(), share: MemoryShare = this.share): Promise<string> {
    const writer = await share.create(name, newId());
    await writer.write(content);
    await writer.commit();
    return name;
  }

  datablockOf(_id: string, more: Partial<StoredDatablock> = {}): StoredDatablock {
    return {
      ...{ _id, pid: reconciledPid, jobId: 'j', filesSha256: 'f', fileCount: 1, size: 1, state: 'verified' },
      ...{ packedSize: content.length, sha256: createHash('sha256').update(content).digest('hex') },
      manifest: { bucket: 'control', key: _id, size: 1, sha256: 'm' },
      copies: [{ share: this.share.name, verifiedAt: this.clock.now() }],
      ...more,
    };
  }

  /** A work order that names the datablock. */
  async order(archiveId: string): Promise<void> {
    await this.store.works.insertOne({
      ...{ _id: newId(), jobId: 'j', state: 'open', epoch: 0, attempts: 0, cancelRequested: false },
      command: { kind: 'archive', data: { archiveId } },
      outbox: { rows: [] },
    } as never);
  }
}

export function archiveIdOf(pid = reconciledPid): string {
  return `${pidAsName(pid)}/${newId()}/0.tar`;
}
