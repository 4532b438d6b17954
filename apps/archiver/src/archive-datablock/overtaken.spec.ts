import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { beforeEach, describe, it } from 'node:test';
import { ClaimChecks } from '#claim-check';
import type { ArchiveDatablockV1 } from '#contracts';
import { ManualClock, newId, pidAsName } from '#kernel';
import { SourceFolderRules } from '#source-folders';
import { MemoryObjectStore } from '#storage/testing';
import { archiveHandler } from '../testing/archive-handler.js';
import type { ArchiverConfig } from '../archiver.config.js';
import { TargetNames } from '../domain/target-names.js';
import type { WorkContext } from '../domain/work.js';
import { DatablockLists } from '../originals/datablock-lists.js';
import { Originals } from '../originals/originals.js';
import { Datablocks } from '../persistence/datablocks.js';
import { FilesAside } from '../persistence/files-aside.js';
import { SetAside } from '../set-aside/set-aside.js';
import { NamedShare } from '../testing/memory-library.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import type { ArchiveDatablockHandler } from './archive-datablock.handler.js';
import { CopyWriter } from './copy-writer.js';

describe('A worker that was overtaken', () => {
  const clock = new ManualClock();
  const context: WorkContext = {
    epoch: 1,
    signal: new AbortController().signal,
    progress: () => undefined,
  };
  let objects: MemoryObjectStore;
  let store: ReturnType<typeof memoryArchiverStore>;
  let disk: NamedShare;
  let lists: DatablockLists;
  let archive: ArchiveDatablockHandler;
  let order: ArchiveDatablockV1;

  beforeEach(async () => {
    [objects, store] = [new MemoryObjectStore(), memoryArchiverStore()];
    for (const bucket of ['zone', 'control']) await objects.ensureBucket(bucket);
    disk = new NamedShare('disk');
    archive = archiver();
    const [jobId, pid] = [newId(), 'a/b'];
    const list = `${JSON.stringify({ path: 'f', size: 3, time: '2020-01-01T00:00:00Z' })}\n`;
    await put('zone', `${pidAsName(pid)}/f`, 'abc');
    await put('control', 'plan', list);
    const sha256 = createHash('sha256').update(list).digest('hex');
    order = {
      ...{ workOrderId: `${jobId}/0/0`, jobId, pid, archiveId: `${pidAsName(pid)}/${jobId}/00000.tar` },
      source: { kind: 'landing-zone', location: pidAsName(pid), bucket: 'zone' },
      files: { bucket: 'control', key: 'plan', size: list.length, sha256 },
      ...{ fileCount: 1, bytes: 3, copies: 1 },
    };
  });
  const put = (bucket: string, key: string, text: string) =>
    objects.put(bucket, key, Buffer.from(text), { size: text.length });

  function archiver(): ArchiveDatablockHandler {
    const config = {
      ...{ lease: 1000, discardGrace: 1000, reserve: 0, landingZoneBucket: 'zone', controlBucket: 'control' },
      sourceFolders: new SourceFolderRules([]),
    } as unknown as ArchiverConfig;
    const datablocks = new Datablocks(store);
    const claims = new ClaimChecks(objects, clock, { bucket: 'control', patience: 0 });
    lists = new DatablockLists(objects, claims, config);
    const asides = new SetAside(new FilesAside(store), datablocks, clock, [disk], config);
    const originals = new Originals(objects, claims, config);
    const writer = new CopyWriter(lists, asides, config);
    return archiveHandler(store, { lists, originals, writer }, clock, [disk], new TargetNames());
  }
  /** What the record names, and whether the tar lies there. */
  const standing = async (): Promise<unknown[]> => [
    (await store.datablocks.findOne({ _id: order.archiveId }))?.copies.map(({ share }) => share),
    (await disk.stat(order.archiveId)) !== undefined,
  ];

  /** Has the first read of the tar go on only when it is told to. */
  function holdingFirstRead(): { readonly reached: Promise<void>; readonly goOn: () => void } {
    const read = disk.read.bind(disk);
    let [arrive, open]: (() => void)[] = [];
    const reached = new Promise<void>((resolve) => (arrive = resolve));
    const opened = new Promise<void>((resolve) => (open = resolve));
    disk.read = async (name, options) => {
      const body = await read(name, options);
      if (name !== order.archiveId) return body;
      disk.read = read;
      const bytes: Buffer[] = [];
      for await (const chunk of body) bytes.push(chunk as Buffer);
      arrive!();
      await opened;
      return Readable.from(bytes, { objectMode: false });
    };
    return { reached, goOn: () => open!() };
  }

  it('sets aside nothing but what it has read: its successor’s tar stays', async () => {
    const writer = await disk.create(order.archiveId, '0');
    await writer.write(Buffer.alloc(600, 'x'));
    await writer.commit();
    const { reached, goOn } = holdingFirstRead();
    const older = archive.handle(order, context);
    await reached;
    const { envelope } = await archive.handle(order, { ...context, epoch: 2 });
    assert.equal(envelope?.type, 'archival.datablock-archived.v1');
    assert.deepEqual(await standing(), [['disk'], true]);
    goOn();
    await assert.rejects(older, { code: 'archiver.copy-changed', retriable: true });
    assert.deepEqual(await standing(), [['disk'], true]);
  });

  it('leaves no file under the name of a datablock that was cancelled, and discarded, while it slept', async () => {
    const changed = lists.changedSince.bind(lists);
    lists.changedSince = async (...given) => {
      const { archiveId: _id, jobId, pid } = order;
      await new Datablocks(store).discard({ _id, jobId, pid }, clock.now());
      return changed(...given);
    };
    await assert.rejects(archive.handle(order, context), { code: 'archiver.lease-lost' });
    assert.equal(await disk.stat(order.archiveId), undefined);
    assert.equal(await store.asides.countDocuments({ archiveId: order.archiveId }), 1);
  });

  it('takes nothing away that its successor has recorded, though originals have changed since', async () => {
    const changed = lists.changedSince.bind(lists);
    lists.changedSince = async (...given) => {
      lists.changedSince = changed;
      // The successor finds the tar that this one has made, takes it over, and reports it; then a client overwrites.
      await archive.handle(order, { ...context, epoch: 2 });
      await put('zone', `${pidAsName(order.pid)}/f`, 'xyz');
      return changed(...given);
    };
    await assert.rejects(archive.handle(order, context), { code: 'archiver.lease-lost' });
    assert.deepEqual(await standing(), [['disk'], true]);
  });
});
