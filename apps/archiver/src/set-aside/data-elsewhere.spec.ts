import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import type { ArchiveDatablockV1, DiscardDatablockV1, OriginalsSource } from '#contracts';
import { ManualClock, newId, pidAsName } from '#kernel';
import { MemoryShare } from '#long-term-storage/testing';
import { createLogger } from '#observability';
import { SourceFolderRules } from '#source-folders';
import { ClaimChecks } from '#claim-check';
import { DisturbedObjectStore } from '#storage/testing';
import type { ArchiveDatablockHandler } from '../archive-datablock/archive-datablock.handler.js';
import { CopyWriter } from '../archive-datablock/copy-writer.js';
import { DatablockLists } from '../originals/datablock-lists.js';
import { Originals } from '../originals/originals.js';
import { archiveHandler } from '../testing/archive-handler.js';
import type { ArchiverConfig } from '../archiver.config.js';
import type { CatalogueWord } from '../catalog/catalogue-word.js';
import { DiscardDatablockHandler } from '../discard-datablock/discard-datablock.handler.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { Datablocks } from '../persistence/datablocks.js';
import { FilesAside } from '../persistence/files-aside.js';
import type { WorkContext } from '../domain/work.js';
import { DataElsewhere } from './data-elsewhere.js';
import { FormerCopies } from './former-copies.js';
import { SetAsideSweep } from './set-aside-sweep.js';
import { SetAside } from './set-aside.js';

const hour = 3_600_000;
const day = 24 * hour;
const grace = 7 * day;
const time = '2020-01-01T00:00:00.000Z';
const zone = 'landing-zone';
const control = 'control';
const context: WorkContext = {
  epoch: 1,
  signal: new AbortController().signal,
  progress: () => undefined,
};

describe('A tape that was set aside', () => {
  const logger = createLogger('data-elsewhere.spec', 'silent');
  const clock = new ManualClock(new Date());
  const store = memoryArchiverStore();
  const disk = mkdtempSync(join(tmpdir(), 'catena-elsewhere-'));
  const root = join(disk, 'data');
  const config = {
    ...{ lease: 60_000, discardGrace: grace, reserve: 0, landingZoneBucket: zone, controlBucket: control },
    ...{ sourceTimeTolerance: 0 },
    sourceFolders: new SourceFolderRules([{ root, pattern: ['{ownerGroup}'], ownerOnDisk: false }]),
  } as unknown as ArchiverConfig;
  let objects: DisturbedObjectStore;
  let share: MemoryShare;
  let listed: Set<string>;
  let isThere: boolean;
  let asides: SetAside;
  let sweep: SetAsideSweep;
  let archive: ArchiveDatablockHandler;
  let discard: DiscardDatablockHandler;
  let pid: string;
  let jobId: string;

  after(() => {
    rmSync(disk, { recursive: true });
  });
  beforeEach(async () => {
    await store.asides.deleteMany({});
    [objects, share, listed] = [new DisturbedObjectStore(), new MemoryShare(), new Set()];
    for (const bucket of [zone, control]) await objects.ensureBucket(bucket);
    [pid, jobId] = [`20.500/${newId()}`, newId()];
    isThere = true;
    rmSync(root, { recursive: true, force: true });
    mkdirSync(join(root, 'p1'), { recursive: true });
    const isListed = ({ archiveId }: { archiveId: string }) => Promise.resolve(listed.has(archiveId));
    const catalogue = {
      ...{ lists: isListed, listsOf: isListed },
      has: () => Promise.resolve(isThere),
    } as unknown as CatalogueWord;
    const claims = new ClaimChecks(objects, clock, { bucket: control, patience: 0 });
    const originals = new Originals(objects, claims, config);
    const lists = new DatablockLists(objects, claims, config);
    asides = new SetAside(new FilesAside(store), new Datablocks(store), clock, [share], config);
    const elsewhere = new DataElsewhere(new Datablocks(store), catalogue, objects, originals, lists, config);
    sweep = new SetAsideSweep(
      ...([store, asides, catalogue, elsewhere] as const),
      new FormerCopies(new Datablocks(store), [share]),
      logger,
    );
    const writer = new CopyWriter(lists, asides, config);
    archive = archiveHandler(store, { lists, originals, writer }, clock, [share]);
    discard = new DiscardDatablockHandler(new Datablocks(store), catalogue, asides, clock, [share]);
  });

  const put = async (bucket: string, key: string, text: string): Promise<void> => {
    await objects.put(bucket, key, Buffer.from(text), { size: Buffer.byteLength(text) });
  };
  const keyOf = (path: string): string => `${pidAsName(pid)}/${path}`;
  const sweepAll = async (): Promise<void> => {
    while (await sweep.round());
  };
  /** Long enough for every pause. */
  const sweepAgain = async (): Promise<void> => {
    clock.advance(day);
    await sweepAll();
  };
  const asidesLeft = async (): Promise<number> => (await asides.list(10)).length;
  async function orderFrom(
    source: OriginalsSource,
    files: Record<string, string>,
  ): Promise<ArchiveDatablockV1> {
    const list = Object.entries(files)
      .map(([path, text]) => `${JSON.stringify({ path, size: text.length, time })}\n`)
      .join('');
    await put(control, `plans/${jobId}`, list);
    const sha256 = createHash('sha256').update(list).digest('hex');
    return {
      ...{ workOrderId: `${jobId}/0/0`, jobId, pid, archiveId: `${pidAsName(pid)}/${jobId}/00000.tar` },
      source,
      files: { bucket: control, key: `plans/${jobId}`, size: list.length, sha256 },
      ...{ fileCount: Object.keys(files).length, bytes: 1, copies: 1 },
    };
  }
  /** An order for files that lie in the landing zone. */
  async function orderFor(files: Record<string, string>): Promise<ArchiveDatablockV1> {
    for (const [path, text] of Object.entries(files)) await put(zone, keyOf(path), text);
    return orderFrom({ kind: 'landing-zone', location: pidAsName(pid), bucket: zone }, files);
  }
  const onDisk = (path: string, text: string): void => {
    writeFileSync(join(root, 'p1', path), text);
    utimesSync(join(root, 'p1', path), new Date(time), new Date(time));
  };
  /** The same for files of a source folder. */
  function folderOrderFor(files: Record<string, string>): Promise<ArchiveDatablockV1> {
    for (const [path, text] of Object.entries(files)) onDisk(path, text);
    const ownership = { ownerGroup: 'p1', proposalIds: [], instrumentIds: [] };
    return orderFrom({ kind: 'source-folder', location: join(root, 'p1'), ownership }, files);
  }

  describe('after a reset of its dataset', () => {
    const resetOf = (order: ArchiveDatablockV1): DiscardDatablockV1 => ({
      ...{ pid, archiveId: order.archiveId },
      ...{ workOrderId: 'another/0/0/discard', jobId: 'another', archivedBy: jobId, reset: true },
    });
    const setAside = async (orderFiles = orderFor): Promise<ArchiveDatablockV1> => {
      const order = await orderFiles({ a: 'one', b: 'two' });
      await archive.handle(order, context);
      await discard.handle(resetOf(order));
      assert.equal(await share.stat(order.archiveId), undefined);
      clock.advance(grace);
      return order;
    };

    it('goes when the originals are where they were read, as they were read', async () => {
      await setAside();
      await sweepAll();
      assert.equal(await asidesLeft(), 0);
    });

    it('stays as long as one of the originals is missing, and goes when it is back', async () => {
      await setAside();
      await objects.remove(zone, [keyOf('b')]);
      for (let count = 0; count < 3; count += 1) await sweepAgain();
      assert.equal(await asidesLeft(), 1);
      await put(zone, keyOf('b'), 'two');
      await sweepAgain();
      assert.equal(await asidesLeft(), 0);
    });

    it('stays when other bytes lie under the name of an original', async () => {
      await setAside();
      await put(zone, keyOf('b'), 'TWO');
      await sweepAll();
      assert.equal(await asidesLeft(), 1);
    });

    it('goes when the files of its source folder are as they were read', async () => {
      await setAside(folderOrderFor);
      await sweepAll();
      assert.equal(await asidesLeft(), 0);
    });

    it('stays when a file of its source folder was purged, became longer or newer, or went with its folder', async () => {
      const changes = [
        () => rmSync(join(root, 'p1', 'b')),
        () => onDisk('b', 'longer'),
        () => writeFileSync(join(root, 'p1', 'b'), 'two'),
        () => rmSync(join(root, 'p1'), { recursive: true }),
      ];
      for (const [index, change] of changes.entries()) {
        await setAside(folderOrderFor);
        writeFileSync(join(root, 'another'), 'of a root that is there');
        change();
        await sweepAll();
        assert.equal(await asidesLeft(), index + 1);
        mkdirSync(join(root, 'p1'), { recursive: true });
        jobId = newId();
      }
    });

    it('waits while the root above its source folder is away', async () => {
      await setAside(folderOrderFor);
      renameSync(root, `${root}-away`);
      await sweepAll();
      assert.equal(await asidesLeft(), 1);
      renameSync(`${root}-away`, root);
      await sweepAgain();
      assert.equal(await asidesLeft(), 0);
    });

    it('stays when it was packed from a folder that nobody wrote down', async () => {
      const { archiveId } = await setAside(folderOrderFor);
      await store.datablocks.updateOne({ _id: archiveId }, { $unset: { source: '' } });
      await sweepAll();
      assert.equal(await asidesLeft(), 1);
    });

    it('stays though the catalogue lists other datablocks of its dataset, whoever registered them', async () => {
      await setAside();
      await objects.remove(zone, [keyOf('b')]);
      listed.add('a datablock that its owner registered');
      const newer = await archivedAnew({ a: 'one' });
      listed.add(newer.archiveId);
      await sweepAll();
      assert.equal(await asidesLeft(), 1, 'what lies on newer tapes is not all of it');
    });

    /** By another job, after its files were uploaded again; its originals are released. */
    const archivedAnew = async (files: Record<string, string>): Promise<ArchiveDatablockV1> => {
      jobId = newId();
      const newer = await orderFor(files);
      await archive.handle(newer, context);
      await objects.remove(zone, Object.keys(files).map(keyOf));
      return newer;
    };

    it('goes when its files lie in newer datablocks that are verified, undamaged and listed, and not before', async () => {
      await setAside();
      const { archiveId: _id } = await archivedAnew({ a: 'one', b: 'two' });
      await sweepAll();
      assert.equal(await asidesLeft(), 1, 'not listed');
      listed.add(_id);
      const damaged = { at: new Date(), found: 'nothing' };
      await store.datablocks.updateOne({ _id }, { $set: { 'copies.0.damaged': damaged } });
      await sweepAgain();
      assert.equal(await asidesLeft(), 1, 'damaged');
      await store.datablocks.updateOne({ _id }, { $unset: { 'copies.0.damaged': '' } });
      await sweepAgain();
      assert.equal(await asidesLeft(), 0);
    });

    it('stays when newer datablocks hold other bytes under the same names', async () => {
      await setAside();
      listed.add((await archivedAnew({ a: 'one', b: 'TWO' })).archiveId);
      await sweepAll();
      assert.equal(await asidesLeft(), 1);
    });

    it('goes without originals when its dataset was removed', async () => {
      await setAside();
      await objects.remove(zone, [keyOf('a'), keyOf('b')]);
      isThere = false;
      await sweepAll();
      assert.equal(await asidesLeft(), 0);
    });

    it('stays where nobody knows what was read into it, or the lists of that went with their work order', async () => {
      const forgetting = [
        ({ archiveId }: ArchiveDatablockV1) =>
          store.datablocks.updateOne({ _id: archiveId }, { $unset: { originals: '' } }),
        ({ archiveId }: ArchiveDatablockV1) => store.datablocks.deleteOne({ _id: archiveId }),
        ({ archiveId }: ArchiveDatablockV1) => objects.remove(control, [`manifests/${archiveId}.json`]),
        ({ archiveId }: ArchiveDatablockV1) => objects.remove(control, [`originals/${archiveId}.ndjson`]),
      ];
      for (const [index, forget] of forgetting.entries()) {
        await forget(await setAside());
        await sweepAll();
        assert.equal(await asidesLeft(), index + 1);
        jobId = newId();
      }
    });

    it('comes back when the catalogue lists it while its originals are looked at', async () => {
      const order = await setAside();
      const head = objects.head.bind(objects);
      objects.head = (...given) => {
        listed.add(order.archiveId);
        return head(...given);
      };
      await sweepAll();
      assert.ok(await share.stat(order.archiveId), 'it was brought back');
    });

    it('stays when another took it while its originals were looked at', async () => {
      await setAside();
      const head = objects.head.bind(objects);
      objects.head = async (...given) => {
        await store.asides.updateMany({}, { $set: { state: 'returning' } });
        return head(...given);
      };
      await sweepAll();
      assert.equal(await asidesLeft(), 1);
    });

    it('is looked at less and less often while it stays', async () => {
      await setAside();
      await objects.remove(zone, [keyOf('a')]);
      const pauses: number[] = [];
      for (let count = 0; count < 7; count += 1) {
        await sweepAll();
        const [aside] = await asides.list(10);
        const pause = aside!.dueAt.getTime() - clock.now().getTime();
        pauses.push(pause / hour);
        clock.advance(pause);
      }
      assert.deepEqual(pauses, [1, 2, 4, 8, 16, 24, 24]);
    });

    it('stays for its whole grace period when an operator asks for room while it may be all there is', async () => {
      const order = await orderFor({ a: 'one', b: 'two' });
      await archive.handle(order, context);
      await discard.handle(resetOf(order));
      await objects.remove(zone, [keyOf('a'), keyOf('b')]);
      const [aside] = await asides.list(10);
      const { state, code, reason } = (await sweep.settleNow(aside!._id))!;
      assert.deepEqual([state, code], ['kept', 'archiver.originals-missing']);
      assert.match(reason ?? '', /2 of 2 missing/);
      const [kept] = await asides.list(10);
      assert.deepEqual([kept?.state, kept?.dueAt], ['kept', aside!.dueAt]);
    });

    it('goes without originals when an operator says so in as many words, unless the catalogue lists it', async () => {
      const first = await setAside();
      await objects.remove(zone, [keyOf('a'), keyOf('b')]);
      const [aside] = await asides.list(10);
      listed.add(first.archiveId);
      assert.equal((await sweep.settleNow(aside!._id, true))?.state, 'brought-back');
      assert.ok(await share.stat(first.archiveId), 'it was brought back');
      listed.clear();
      await discard.handle(resetOf(first));
      const [again] = await asides.list(10);
      assert.equal(again?.withoutOriginals, undefined, 'said once, it counts once');
      await sweep.settleNow(again!._id, true);
      assert.equal(await asidesLeft(), 0);
    });

    it("stays after an operator's word that came to nothing: it counts for one look, and not after another word", async () => {
      await setAside();
      await objects.remove(zone, [keyOf('a'), keyOf('b')]);
      const [aside] = await asides.list(10);
      share.gone = true;
      await sweep.settleNow(aside!._id, true);
      await assert.rejects(asides.bringBack(await asides.take(aside!._id)), { retriable: true });
      share.gone = false;
      for (let count = 0; count < 10; count += 1) await sweepAgain();
      assert.equal(await asidesLeft(), 1);
    });

    it('is settled alone when an operator asks for it', async () => {
      const first = await setAside();
      jobId = newId();
      const second = await setAside();
      const all = await asides.list(10);
      const idOf = ({ archiveId }: { archiveId: string }) =>
        all.find((one) => one.archiveId === archiveId)!._id;
      assert.deepEqual(await sweep.settleNow(idOf(second)), { state: 'removed' });
      const [left, ...others] = await asides.list(10);
      assert.deepEqual([left?.archiveId, left?.state, others], [first.archiveId, 'kept', []]);
      await asides.takeNow(idOf(first));
      assert.equal(await sweep.settleNow(idOf(first), true), undefined, 'it is in other hands');
      assert.equal(await asides.stateOf(idOf(first)), 'removing');
    });

    it('brought back without a record of its content is not called verified; one that is nowhere stays recorded', async () => {
      const { archiveId } = await setAside();
      await store.datablocks.updateOne({ _id: archiveId }, { $unset: { manifest: '', copies: '' } });
      const [aside] = await asides.list(10);
      const lost = { ...aside!, _id: newId(), archiveId: `${archiveId}x` };
      await store.asides.insertOne(lost);
      await assert.rejects(asides.bringBack(lost), { code: 'archiver.not-set-aside' });
      await asides.bringBack(await asides.take(aside!._id));
      assert.equal((await store.datablocks.findOne({ _id: archiveId }))?.state, 'discarded');
      assert.deepEqual(
        (await asides.list(10)).map(({ _id }) => _id),
        [lost._id],
      );
    });

    it('is nothing of another job than the one that archived it, whoever asks', async () => {
      const order = await orderFor({ a: 'one' });
      await archive.handle(order, context);
      await discard.handle({ ...resetOf(order), archivedBy: 'somebody' });
      assert.ok(await share.stat(order.archiveId));
    });
  });
});
