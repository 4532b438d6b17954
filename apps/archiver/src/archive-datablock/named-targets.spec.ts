import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { beforeEach, describe, it } from 'node:test';
import { ClaimChecks } from '#claim-check';
import type { ArchiveDatablockV1 } from '#contracts';
import { isAway, ManualClock, newId, pidAsName } from '#kernel';
import { MemoryShare } from '#long-term-storage/testing';
import { SourceFolderRules } from '#source-folders';
import { MemoryObjectStore } from '#storage/testing';
import type { ArchiverConfig } from '../archiver.config.js';
import type { WorkContext } from '../domain/work.js';
import { DatablockLists } from '../originals/datablock-lists.js';
import { Originals } from '../originals/originals.js';
import { Datablocks } from '../persistence/datablocks.js';
import { FilesAside } from '../persistence/files-aside.js';
import { SetAside } from '../set-aside/set-aside.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { ArchiveDatablockHandler } from './archive-datablock.handler.js';
import { CopyWriter } from './copy-writer.js';

class NamedShare extends MemoryShare {
  /** Says that there is room for anything, until a write finds that there is not. */
  fillsUp = false;

  constructor(override readonly name: string) {
    super();
  }

  override freeBytes(): Promise<number> {
    return this.fillsUp ? Promise.resolve(Number.MAX_SAFE_INTEGER) : super.freeBytes();
  }
}

describe('A datablock', () => {
  const clock = new ManualClock();
  const context: WorkContext = {
    epoch: 1,
    signal: new AbortController().signal,
    progress: () => undefined,
  };
  let objects: MemoryObjectStore;
  let store: ReturnType<typeof memoryArchiverStore>;
  let shares: NamedShare[];
  let archive: ArchiveDatablockHandler;
  let order: ArchiveDatablockV1;

  beforeEach(async () => {
    [objects, store] = [new MemoryObjectStore(), memoryArchiverStore()];
    for (const bucket of ['zone', 'control']) await objects.ensureBucket(bucket);
    shares = ['disk', 'tape-a', 'tape-b'].map((name) => new NamedShare(name));
    archive = archiverWith(shares);
    const [jobId, pid] = [newId(), 'a/b'];
    const list = `${JSON.stringify({ path: 'f', size: 3, time: '2020-01-01T00:00:00Z' })}\n`;
    await put('zone', `${pidAsName(pid)}/f`, 'abc');
    await put('control', 'plan', list);
    const sha256 = createHash('sha256').update(list).digest('hex');
    order = {
      ...{ workOrderId: `${jobId}/0/0`, jobId, pid, archiveId: `${pidAsName(pid)}/${jobId}/00000.tar` },
      source: { kind: 'landing-zone', location: pidAsName(pid), bucket: 'zone' },
      files: { bucket: 'control', key: 'plan', size: list.length, sha256 },
      ...{ fileCount: 1, bytes: 3, copies: 2 },
    };
  });
  const put = (bucket: string, key: string, text: string) =>
    objects.put(bucket, key, Buffer.from(text), { size: text.length });

  function archiverWith(served: readonly NamedShare[], reserve?: number): ArchiveDatablockHandler {
    const config = {
      ...{ lease: 1000, discardGrace: 1000, reserve: 0, landingZoneBucket: 'zone', controlBucket: 'control' },
      sourceFolders: new SourceFolderRules([]),
      ...(reserve === undefined ? {} : { targets: [{ name: 'tape-b', reserve }] }),
    } as unknown as ArchiverConfig;
    const datablocks = new Datablocks(store);
    const claims = new ClaimChecks(objects, clock, { bucket: 'control', patience: 0 });
    const lists = new DatablockLists(objects, claims, config);
    const asides = new SetAside(new FilesAside(store), datablocks, clock, served, config);
    const originals = new Originals(objects, claims, config);
    const writer = new CopyWriter(lists, asides, config);
    return new ArchiveDatablockHandler(datablocks, lists, originals, writer, clock, served);
  }
  const copies = async () =>
    (await store.datablocks.findOne({ _id: order.archiveId }))?.copies.map(({ share }) => share);
  const found = () =>
    Promise.all(shares.map(async (share) => (await share.stat(order.archiveId)) !== undefined));

  it('goes to exactly the targets that its order names, in that order, and its report says where it lies', async () => {
    const { envelope } = await archive.handle({ ...order, targets: ['tape-b', 'disk'] }, context);
    assert.deepEqual(
      [await copies(), await found()],
      [
        ['tape-b', 'disk'],
        [true, false, true],
      ],
    );
    assert.deepEqual((envelope?.data as { targets?: string[] }).targets, ['tape-b', 'disk']);
  });

  it('without named targets goes to the first ones that the archiver has', async () => {
    await archive.handle(order, context);
    assert.deepEqual(
      [await copies(), await found()],
      [
        ['disk', 'tape-a'],
        [true, true, false],
      ],
    );
  });

  it('waits for a target that the archiver does not have, and nothing is written meanwhile', async () => {
    const named = { ...order, targets: ['disk', 'tape-z'] };
    await assert.rejects(archive.handle(named, context), (error: unknown) => {
      assert.equal((error as { code?: string }).code, 'archiver.target-away');
      return isAway(error);
    });
    assert.deepEqual([await copies(), await found()], [undefined, [false, false, false]]);
  });

  it('leaves the room on a target that this one keeps free', async () => {
    const keeping = archiverWith(shares, Number.MAX_SAFE_INTEGER - 1);
    await assert.rejects(keeping.handle({ ...order, targets: ['disk', 'tape-b'] }, context), {
      code: 'long-term-storage.full',
    });
    await keeping.handle({ ...order, targets: ['disk', 'tape-a'] }, context);
  });

  it('leaves nothing on a target that fills up while it is packed, keeps its originals, and is packed when there is room', async () => {
    const text = 'x'.repeat(4_000_000);
    const list = `${JSON.stringify({ path: 'g', size: text.length, time: '2020-01-01T00:00:00Z' })}\n`;
    await put('zone', `${order.source.location}/g`, text);
    await put('control', 'large plan', list);
    const sha256 = createHash('sha256').update(list).digest('hex');
    const files = { bucket: 'control', key: 'large plan', size: list.length, sha256 };
    const full = { code: 'long-term-storage.full', retriable: true };
    let epoch = 0;
    const archived = (index: number) =>
      archive.handle(
        {
          ...{ ...order, files, bytes: text.length, targets: ['disk', 'tape-a'] },
          archiveId: order.archiveId.replace('00000', `0000${index}`),
        },
        { ...context, epoch: (epoch += 1) },
      );
    const used = async (share: NamedShare): Promise<number> => {
      share.capacity = Number.MAX_SAFE_INTEGER;
      share.fillsUp = false;
      return Number.MAX_SAFE_INTEGER - (await share.freeBytes());
    };
    for (const [index, share] of [shares[0]!, shares[1]!].entries())
      for (const room of [0, 0.5, 0.99]) {
        const before = await used(share);
        [share.fillsUp, share.capacity] = [true, before + Math.floor(text.length * room)];
        await assert.rejects(archived(index), full);
        assert.equal(await used(share), before, `${share.name} with room for ${room}`);
        assert.ok((await objects.head('zone', `${order.source.location}/g`)) !== undefined);
      }
    for (const index of [0, 1]) await archived(index);
    assert.deepEqual(
      (await store.datablocks.find({}).toArray()).map(({ copies: [one, two] }) => [one?.share, two?.share]),
      [
        ['disk', 'tape-a'],
        ['disk', 'tape-a'],
      ],
    );
  });

  it('is not packed again when only its second target was away, unless the first copy was damaged meanwhile', async () => {
    const to = { ...order, targets: ['disk', 'tape-a'] };
    const [disk, tape] = [shares[0]!, shares[1]!];
    const asides = async (): Promise<number> => {
      let count = 0;
      for await (const _ of disk.listSetAside('')) count += 1;
      return count;
    };
    for (const isDamaged of [false, true]) {
      tape.gone = true;
      const away = { code: 'long-term-storage.unavailable', retriable: true };
      await assert.rejects(archive.handle(to, { ...context, epoch: 1 }), away);
      assert.deepEqual([await copies(), (await disk.stat(order.archiveId)) !== undefined], [undefined, true]);
      if (isDamaged) disk.flipBit(order.archiveId, 2000);
      tape.gone = false;
      await archive.handle(to, { ...context, epoch: 2 });
      assert.deepEqual([await copies(), await asides()], [['disk', 'tape-a'], isDamaged ? 1 : 0]);
      const [one, two] = await Promise.all(
        [disk, tape].map(async (share) => buffer(await share.read(order.archiveId))),
      );
      assert.ok(one!.equals(two!), 'two equal copies');
      await store.datablocks.deleteMany({});
      for (const share of [disk, tape]) await share.remove(order.archiveId);
    }
  });
});
