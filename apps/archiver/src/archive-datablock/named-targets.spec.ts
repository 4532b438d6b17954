import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { ClaimChecks } from '#claim-check';
import type { ArchiveDatablockV1 } from '#contracts';
import { isAway, ManualClock, newId, pidAsName } from '#kernel';
import { SourceFolderRules } from '#source-folders';
import { MemoryObjectStore } from '#storage/testing';
import { archiveHandler } from '../testing/archive-handler.js';
import type { ArchiverConfig } from '../archiver.config.js';
import { TargetNames } from '../domain/target-names.js';
import type { WorkContext } from '../domain/work.js';
import type { CatalogueWord } from '../catalog/catalogue-word.js';
import { DatablockLists } from '../originals/datablock-lists.js';
import { Originals } from '../originals/originals.js';
import { Datablocks } from '../persistence/datablocks.js';
import { FilesAside } from '../persistence/files-aside.js';
import { ReleasedDatablocks } from '../release-originals/released-datablocks.js';
import { SetAside } from '../set-aside/set-aside.js';
import { NamedShare } from '../testing/memory-library.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import type { ArchiveDatablockHandler } from './archive-datablock.handler.js';
import { maxProofAge } from './copy-proofs.js';
import { CopyWriter } from './copy-writer.js';

class FillingShare extends NamedShare {
  /** Says that there is room for anything, until a write finds that there is not. */
  fillsUp = false;

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
  let shares: FillingShare[];
  let archive: ArchiveDatablockHandler;
  let order: ArchiveDatablockV1;

  beforeEach(async () => {
    [objects, store] = [new MemoryObjectStore(), memoryArchiverStore()];
    for (const bucket of ['zone', 'control']) await objects.ensureBucket(bucket);
    shares = ['disk', 'tape-a', 'tape-b'].map((name) => new FillingShare(name));
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

  function archiverWith(
    served: readonly FillingShare[],
    reserve?: number,
    names = new TargetNames(),
  ): ArchiveDatablockHandler {
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
    return archiveHandler(store, { lists, originals, writer }, clock, served, names);
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

  describe('one of whose targets is away', () => {
    let [disk, tape] = [] as unknown as [FillingShare, FillingShare];
    beforeEach(async () => {
      [disk, tape] = [shares[0]!, shares[1]!];
      order = { ...order, targets: ['disk', 'tape-a'] };
      await store.works.insertOne({
        ...{ _id: order.workOrderId, jobId: order.jobId, command: { kind: 'archive', data: order } },
        ...{ state: 'open', epoch: 1, attempts: 0, cancelRequested: false, outbox: { rows: [] } },
        ...{ dueAt: clock.now(), acceptedAt: clock.now() },
      });
    });
    /** Goes away when the first copy has been written, and is about to be read back. */
    const leaving = (epoch = 1): WorkContext => ({
      ...{ ...context, epoch },
      progress: (phase) => void (phase === 'verifying' && (tape.gone = true)),
    });
    const waits = { code: 'long-term-storage.unavailable' };

    const troubles: Record<string, (share: FillingShare) => void> = {
      'is not mounted': (share) => void (share.gone = true),
      'is mounted for reading only': (share) => void (share.readOnly = true),
      'has no room': (share) => void (share.capacity = 0),
    };
    for (const [what, trouble] of Object.entries(troubles))
      it(`of which the second ${what} is not even begun: nothing is written to the first`, async () => {
        trouble(tape);
        await assert.rejects(archive.handle(order, context), { name: 'TransientError' });
        tape.gone = false;
        assert.deepEqual([await found(), disk.freshReads], [[false, false, false], 0]);
      });

    it('reads the first copy back once, however often it looks for the second target', async () => {
      await assert.rejects(archive.handle(order, leaving()), waits);
      clock.advance(60_000);
      for (let look = 0; look < 2; look += 1) await assert.rejects(archive.handle(order, context), waits);
      assert.equal(disk.freshReads, 1);
      tape.gone = false;
      await archive.handle(order, context);
      assert.deepEqual([disk.freshReads, tape.freshReads], [1, 1]);
      // Each copy says when it was read, not when the last one was made.
      const [first, second] = (await store.datablocks.findOne({ _id: order.archiveId }))!.copies;
      assert.equal(second!.verifiedAt.getTime() - first!.verifiedAt.getTime(), 60_000);
    });

    it('reads no copy again when the process died after both were read back', async () => {
      await archive.handle(order, context);
      await store.datablocks.deleteMany({});
      await archive.handle(order, { ...context, epoch: 2 });
      assert.deepEqual([disk.freshReads, tape.freshReads], [1, 1]);
      assert.deepEqual(await copies(), ['disk', 'tape-a']);
    });

    it('reads the first copy again when its file has changed since, and makes a good one', async () => {
      await assert.rejects(archive.handle(order, leaving()), waits);
      disk.flipBit(order.archiveId, 700);
      tape.gone = false;
      await archive.handle(order, context);
      assert.ok(disk.freshReads > 1);
      const reads = await Promise.all([disk, tape].map((share) => share.read(order.archiveId)));
      const [one, other] = await Promise.all(reads.map((read) => read.toArray()));
      assert.deepEqual(Buffer.concat(one as Buffer[]), Buffer.concat(other as Buffer[]));
    });

    it('reads the first copy again when it was read too long ago', async () => {
      await assert.rejects(archive.handle(order, leaving()), waits);
      clock.advance(maxProofAge + 1);
      tape.gone = false;
      await archive.handle(order, context);
      assert.equal(disk.freshReads, 2);
    });

    it('reads the first copy again when it was read by a worker that had been overtaken', async () => {
      await store.works.updateOne({ _id: order.workOrderId }, { $set: { epoch: 2 } });
      await assert.rejects(archive.handle(order, leaving(1)), waits);
      tape.gone = false;
      await archive.handle(order, { ...context, epoch: 2 });
      assert.equal(disk.freshReads, 2);
    });

    it('reads the first copy again when it lies on another storage now', async () => {
      const write = async (id: string): Promise<void> => {
        await disk.remove('.catena-target');
        await disk.identity.write({ id, target: 'disk', since: '2026-01-01T00:00:00Z' });
      };
      await write('one');
      await assert.rejects(archive.handle(order, leaving()), waits);
      await write('other');
      tape.gone = false;
      await archive.handle(order, context);
      assert.equal(disk.freshReads, 2);
    });
  });

  describe('of an earlier order that asked for fewer copies', () => {
    const more = (copies: number, targets?: string[]) => {
      const workOrderId = `${order.jobId}/0/1`;
      return { ...order, workOrderId, copies, ...(targets === undefined ? {} : { targets }) };
    };
    beforeEach(() => archive.handle({ ...order, copies: 1 }, context));
    const record = async () => (await store.datablocks.findOne({ _id: order.archiveId }))!;

    it('gets the missing copies from the one there is, and the report says of all', async () => {
      const { envelope } = await archive.handle(more(3), context);
      assert.equal((envelope?.data as { copies?: number }).copies, 3);
      assert.deepEqual(await copies(), ['disk', 'tape-a', 'tape-b']);
      assert.deepEqual(await found(), [true, true, true]);
      assert.deepEqual([shares[1]!.freshReads, shares[2]!.freshReads], [1, 1]);
    });

    it('gets them on the targets that are named and have none', async () => {
      await archive.handle(more(2, ['disk', 'tape-b']), context);
      assert.deepEqual(await copies(), ['disk', 'tape-b']);
    });

    it('says nothing of a copy that could not be made, keeps the originals, and goes on later', async () => {
      const released = new ReleasedDatablocks(new Datablocks(store), {
        lists: () => Promise.resolve(true),
      } as unknown as CatalogueWord);
      const release = () => released.provenFor({ ...more(1), workOrderId: 'r' });
      await release();
      shares[1]!.gone = true;
      await assert.rejects(archive.handle(more(2), context), { code: 'long-term-storage.unavailable' });
      assert.deepEqual(await copies(), ['disk']);
      await assert.rejects(release(), /with 1 of 2 good copies on targets of their own \(disk\)/);
      shares[1]!.gone = false;
      await archive.handle(more(2), context);
      assert.deepEqual(await copies(), ['disk', 'tape-a']);
      await release();
    });

    it('is not copied from bytes that are others by now, and that copy is called bad, not the new target', async () => {
      shares[0]!.flipBit(order.archiveId, 700);
      await assert.rejects(archive.handle(more(2), context), { code: 'archiver.no-good-copy' });
      assert.deepEqual([await copies(), await found()], [['disk'], [true, false, false]]);
      assert.match((await record()).copies[0]?.damaged?.found ?? '', /expected SHA-256/);
      await assert.rejects(archive.handle(more(2), context), {
        code: 'archiver.copy-damaged',
        message: /on disk was damaged since\. Post a job of type repair/,
      });
    });

    it('is copied from another that proves good where the first has rotted, and asks for a repair', async () => {
      await archive.handle(more(2), context);
      shares[0]!.flipBit(order.archiveId, 700);
      await assert.rejects(archive.handle(more(3), context), {
        code: 'archiver.copy-damaged',
        message: /on disk was damaged since/,
      });
      const { copies: [disk, second, third] = [], sha256 } = await record();
      assert.deepEqual(
        [disk, second, third].map((copy) => [copy?.share, copy?.damaged === undefined]),
        [
          ['disk', false],
          ['tape-a', true],
          ['tape-b', true],
        ],
      );
      const bytes = Buffer.concat((await (await shares[2]!.read(order.archiveId)).toArray()) as Buffer[]);
      assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256);
    });

    it('leaves no new copy under the name when it was discarded while that was made', async () => {
      const [, tape] = shares as [FillingShare, FillingShare];
      const commit = tape.create.bind(tape);
      tape.create = async (...given) => {
        const writer = await commit(...given);
        await new Datablocks(store).discard(
          { _id: order.archiveId, jobId: order.jobId, pid: order.pid },
          clock.now(),
        );
        return writer;
      };
      await assert.rejects(archive.handle(more(2), context), { code: 'archiver.copies-changed' });
      assert.deepEqual(await found(), [true, false, false]);
      const [aside] = await store.asides.find({}).toArray();
      assert.deepEqual([aside?.share, aside?.reset], ['tape-a', true]);
    });

    it('keeps a good file that a try which died left there, and sets another aside', async () => {
      await archive.handle(more(3), context);
      await store.datablocks.updateOne(
        { _id: order.archiveId },
        { $pull: { copies: { share: { $in: ['tape-a', 'tape-b'] } } } },
      );
      shares[2]!.flipBit(order.archiveId, 700);
      const mark = await shares[1]!.markOf(order.archiveId);
      await archive.handle(more(3), context);
      assert.deepEqual(await copies(), ['disk', 'tape-a', 'tape-b']);
      assert.equal(await shares[1]!.markOf(order.archiveId), mark);
      const asides = await store.asides.find({}).toArray();
      assert.deepEqual(
        asides.map(({ share, replacedBy }) => [share, replacedBy]),
        [['tape-b', 'tape-b']],
      );
    });

    it('waits for an archiver that has more targets, where others may have them', async () => {
      const [only] = shares as [FillingShare];
      const names = new TargetNames([], ['disk', 'tape-a']);
      await assert.rejects(archiverWith([only], undefined, names).handle(more(2), context), (error) => {
        assert.equal((error as { code?: string }).code, 'archiver.target-away');
        return isAway(error);
      });
      await assert.rejects(archiverWith([only]).handle(more(2), context), {
        code: 'archiver.too-few-shares',
      });
    });
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
    const used = async (share: FillingShare): Promise<number> => {
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
});
