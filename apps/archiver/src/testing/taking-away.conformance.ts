import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { ArchiveDatablockV1, DiscardDatablockV1, OriginalsSource } from '#contracts';
import { ManualClock, newId, pidAsName, TransientError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { MemoryShare } from '#long-term-storage/testing';
import { createLogger } from '#observability';
import { SourceFolderRules } from '#source-folders';
import { ClaimChecks } from '#claim-check';
import { DisturbedObjectStore } from '#storage/testing';
import type { ArchiveDatablockHandler } from '../archive-datablock/archive-datablock.handler.js';
import { CopyWriter } from '../archive-datablock/copy-writer.js';
import { DatablockLists } from '../originals/datablock-lists.js';
import { Originals } from '../originals/originals.js';
import { archiveHandler } from './archive-handler.js';
import type { ArchiverConfig } from '../archiver.config.js';
import type { CatalogueWord } from '../catalog/catalogue-word.js';
import { DiscardDatablockHandler } from '../discard-datablock/discard-datablock.handler.js';
import type { OpenStore } from './real-archiver-store.js';
import { Datablocks } from '../persistence/datablocks.js';
import { FilesAside } from '../persistence/files-aside.js';
import { ReleasedDatablocks } from '../release-originals/released-datablocks.js';
import { ReleaseOriginalsHandler } from '../release-originals/release-originals.handler.js';
import type { WorkContext } from '../domain/work.js';
import { DataElsewhere } from '../set-aside/data-elsewhere.js';
import { FormerCopies } from '../set-aside/former-copies.js';
import { SetAsideSweep } from '../set-aside/set-aside-sweep.js';
import { SetAside } from '../set-aside/set-aside.js';

const grace = 7 * 86_400_000;
const lease = 60_000;
const zone = 'landing-zone';
const control = 'control';

/** What holds for all that the archiver takes away, whether its records are in memory or in a database. */
export function takingAwayConformance(name: string, open: () => Promise<OpenStore>): void {
  describe(`What the archiver takes away, with ${name}`, () => {
    const logger = createLogger('taking-away.spec', 'silent');
    const clock = new ManualClock(new Date());
    let { store, close } = {} as OpenStore;
    const config = {
      ...{ lease, discardGrace: grace, reserve: 0, landingZoneBucket: zone, controlBucket: control },
      sourceFolders: new SourceFolderRules([]),
    } as unknown as ArchiverConfig;
    let objects: DisturbedObjectStore;
    let share: MemoryShare;
    let listed: Set<string>;
    let catalogueAway: boolean;
    let asides: SetAside;
    let sweep: SetAsideSweep;
    let archive: ArchiveDatablockHandler;
    let discard: DiscardDatablockHandler;
    let release: ReleaseOriginalsHandler;
    let pid: string;
    let jobId: string;

    before(async () => void ({ store, close } = await open()));
    after(() => close());
    beforeEach(async () => {
      await store.asides.deleteMany({});
      [objects, share] = [new DisturbedObjectStore(), new MemoryShare()];
      [listed, catalogueAway] = [new Set(), false];
      for (const bucket of [zone, control]) await objects.ensureBucket(bucket);
      [pid, jobId] = [`20.500/${newId()}`, newId()];
      const shares: LongTermStorage[] = [share];
      const catalogue = {
        lists: ({ archiveId }: { archiveId: string }) =>
          catalogueAway
            ? Promise.reject(new TransientError('catalog.api-away', 'away'))
            : Promise.resolve(listed.has(archiveId)),
      } as unknown as CatalogueWord;
      asides = new SetAside(new FilesAside(store), new Datablocks(store), clock, shares, config);
      const claims = new ClaimChecks(objects, clock, { bucket: control, patience: 0 });
      const originals = new Originals(objects, claims, config);
      const lists = new DatablockLists(objects, claims, config);
      const elsewhere = new DataElsewhere(
        ...([new Datablocks(store), catalogue, objects, originals, lists, config] as const),
      );
      const formers = new FormerCopies(new Datablocks(store), shares);
      sweep = new SetAsideSweep(store, asides, catalogue, elsewhere, formers, logger);
      const writer = new CopyWriter(lists, asides, config);
      archive = archiveHandler(store, { lists, originals, writer }, clock, shares);
      discard = new DiscardDatablockHandler(new Datablocks(store), catalogue, asides, clock, shares);
      const proven = new ReleasedDatablocks(new Datablocks(store), catalogue);
      release = new ReleaseOriginalsHandler(proven, objects, originals, lists, clock, config, logger);
    });

    const context: WorkContext = {
      epoch: 1,
      signal: new AbortController().signal,
      progress: () => undefined,
    };
    const put = async (bucket: string, key: string, text: string): Promise<void> => {
      await objects.put(bucket, key, Buffer.from(text), { size: Buffer.byteLength(text) });
    };
    const keyOf = (path: string): string => `${pidAsName(pid)}/${path}`;
    const left = async (): Promise<string[]> => {
      const keys: string[] = [];
      for await (const { key } of objects.list(zone, '')) keys.push(key);
      return keys;
    };

    /** An order for files that lie in the landing zone. */
    async function orderFor(files: Record<string, string>): Promise<ArchiveDatablockV1> {
      const lines: string[] = [];
      for (const [path, text] of Object.entries(files)) {
        await put(zone, keyOf(path), text);
        lines.push(`${JSON.stringify({ path, size: text.length, time: '2020-01-01T00:00:00Z' })}\n`);
      }
      const [list, key] = [lines.join(''), `plans/${jobId}`];
      await put(control, key, list);
      const sha256 = createHash('sha256').update(list).digest('hex');
      return {
        ...{ workOrderId: `${jobId}/0/0`, jobId, pid, archiveId: `${pidAsName(pid)}/${jobId}/00000.tar` },
        source: { kind: 'landing-zone', location: pidAsName(pid), bucket: zone },
        files: { bucket: control, key, size: list.length, sha256 },
        ...{ fileCount: lines.length, bytes: 1, copies: 1 },
      };
    }
    const releaseOf = ({ workOrderId, files, source, archiveId }: ArchiveDatablockV1) =>
      release.handle(
        { workOrderId: `${workOrderId}/release`, jobId, pid, archiveId, source, files },
        context,
      );
    const discardOf = ({ workOrderId, archiveId }: ArchiveDatablockV1): DiscardDatablockV1 => ({
      ...{ workOrderId: `${workOrderId}/discard`, jobId, pid, archiveId },
    });
    const dataOf = (row: { envelope?: { data: unknown } | undefined }) =>
      row.envelope?.data as Record<string, unknown>;
    const sweepAll = async (): Promise<void> => {
      while (await sweep.round());
    };

    describe('from the landing zone', () => {
      it('is nothing while an upload by an old link replaces a file that is being packed: the order fails and names it', async () => {
        const order = await orderFor({ a: 'one', b: 'two' });
        objects.afterRead = (_, key) => (key === keyOf('a') ? put(zone, key, 'ONE') : Promise.resolve());
        await assert.rejects(archive.handle(order, context), (error: Error & { code?: string }) => {
          assert.equal(error.code, 'datablock.member-changed');
          assert.match(error.message, /1 overwritten or removed meanwhile: a\./);
          return true;
        });
        assert.equal(await share.stat(order.archiveId), undefined, 'the tape holds nothing nobody wants');
        assert.deepEqual(await left(), [keyOf('a'), keyOf('b')]);
        objects.afterRead = undefined;
        await archive.handle({ ...order, workOrderId: `${jobId}/0/1` }, context);
      });

      it('is exactly the versions that were read: newer ones stay and are named', async () => {
        const order = await orderFor({ a: 'one', b: 'two', c: 'three' });
        await archive.handle(order, context);
        listed.add(order.archiveId);
        await put(zone, keyOf('b'), 'TWO');
        objects.beforeRemoval = () => put(zone, keyOf('c'), 'THREE');
        const { released, kept, keptFiles } = dataOf(await releaseOf(order));
        assert.deepEqual([released, kept, keptFiles], [1, 2, [keyOf('b'), keyOf('c')]]);
        assert.deepEqual(await left(), [keyOf('b'), keyOf('c')]);
      });

      it('is what a try read that died after its tar had a name, and not what came later', async () => {
        const order = await orderFor({ a: 'one', b: 'two' });
        await archive.handle(order, context);
        await store.datablocks.deleteOne({ _id: order.archiveId });
        await archive.handle(order, { ...context, epoch: 2 });
        listed.add(order.archiveId);
        assert.equal(dataOf(await releaseOf(order))['released'], 2);
        assert.deepEqual(await left(), []);
      });

      it('is nothing while nobody knows which versions are in it: the tar is made anew', async () => {
        const order = await orderFor({ a: 'one' });
        await archive.handle(order, context);
        await store.datablocks.deleteOne({ _id: order.archiveId });
        await objects.remove(control, [`originals/${order.archiveId}.ndjson`]);
        await assert.rejects(archive.handle(order, { ...context, epoch: 2 }), {
          code: 'archiver.versions-unknown',
          retriable: true,
        });
        await archive.handle(order, { ...context, epoch: 3 });
        listed.add(order.archiveId);
        assert.equal(dataOf(await releaseOf(order))['released'], 1);
        await store.datablocks.updateOne({ _id: order.archiveId }, { $unset: { originals: '' } });
        await assert.rejects(releaseOf(order), { code: 'archiver.versions-unknown', retriable: false });
      });

      it('is nothing that the catalogue does not list, or that is of another dataset', async () => {
        const order = await orderFor({ a: 'one' });
        await archive.handle(order, context);
        await assert.rejects(releaseOf(order), { code: 'archiver.not-registered' });
        listed.add(order.archiveId);
        const other = `${pid}-other`;
        await put(zone, `${pidAsName(other)}/a`, 'one');
        const source: OriginalsSource = { kind: 'landing-zone', location: pidAsName(other), bucket: zone };
        await assert.rejects(releaseOf({ ...order, source }), { code: 'archiver.source-refused' });
        await assert.rejects(releaseOf({ ...order, source: { ...order.source, bucket: control } }), {
          code: 'archiver.source-refused',
        });
        assert.equal((await left()).length, 2);
      });

      it('is read under the former name only where the planner vouches for it, and released there', async () => {
        const order = await orderFor({ a: 'one' });
        await objects.remove(zone, [keyOf('a')]);
        const former = pid.replace('/', '_');
        await put(zone, `${former}/a`, 'one');
        await assert.rejects(archive.handle(order, context), { code: 'datablock.member-missing' });
        const trusting = { ...order, source: { ...order.source, formerLocation: former } };
        await archive.handle(trusting, context);
        listed.add(order.archiveId);
        assert.equal(dataOf(await releaseOf(trusting))['released'], 1);
        const forged = { ...order, source: { ...order.source, formerLocation: 'somebody-elses' } };
        await assert.rejects(archive.handle({ ...forged, archiveId: `${order.archiveId}x` }, context), {
          code: 'archiver.source-refused',
        });
      });
    });

    describe('from long-term storage', () => {
      it('is never what the catalogue lists, whoever asks', async () => {
        const order = await orderFor({ a: 'one' });
        await archive.handle(order, context);
        listed.add(order.archiveId);
        await assert.rejects(discard.handle(discardOf(order)), { code: 'archiver.datablock-registered' });
        assert.ok(await share.stat(order.archiveId));
        assert.equal((await store.datablocks.findOne({ _id: order.archiveId }))?.state, 'verified');
      });

      it('is nothing while the catalogue is silent', async () => {
        const order = await orderFor({ a: 'one' });
        await archive.handle(order, context);
        catalogueAway = true;
        await assert.rejects(discard.handle(discardOf(order)), { code: 'catalog.api-away', retriable: true });
        assert.ok(await share.stat(order.archiveId));
      });

      it('is set aside, listed, and gone only after the grace period', async () => {
        const order = await orderFor({ a: 'one' });
        await archive.handle(order, context);
        const answers = [await discard.handle(discardOf(order)), await discard.handle(discardOf(order))];
        assert.deepEqual(
          answers.map(({ envelope }) => (envelope?.data as { archiveId?: string }).archiveId),
          [order.archiveId, order.archiveId],
        );
        assert.equal(await share.stat(order.archiveId), undefined);
        const [aside, ...others] = await asides.list(10);
        assert.deepEqual(others, []);
        assert.equal(aside?.archiveId, order.archiveId);
        clock.advance(grace - 1);
        await sweepAll();
        assert.equal((await asides.list(10)).length, 1);
        clock.advance(1);
        await sweepAll();
        assert.deepEqual(await asides.list(10), []);
        for await (const { name } of share.listSetAside('')) assert.fail(name);
      });

      it('has one record, whenever its worker died on the way: before the file was moved, or after', async () => {
        const order = await orderFor({ a: 'one' });
        await archive.handle(order, context);
        share.gone = true;
        await assert.rejects(discard.handle(discardOf(order)), { code: 'long-term-storage.unavailable' });
        share.gone = false;
        const move = share.setAside.bind(share);
        share.setAside = () => Promise.reject(new Error('died before'));
        await assert.rejects(discard.handle(discardOf(order)), /died before/);
        assert.equal((await asides.list(10)).length, 1);
        share.setAside = async (name, token) => {
          await move(name, token);
          throw new Error('died after');
        };
        await assert.rejects(discard.handle(discardOf(order)), /died after/);
        share.setAside = move;
        await discard.handle(discardOf(order));
        assert.equal((await asides.list(10)).length, 1);
        clock.advance(grace);
        await sweepAll();
        for await (const { name } of share.listSetAside('')) assert.fail(name);
      });

      it('is not forgotten when the share moved it and answered that there is nothing', async () => {
        const order = await orderFor({ a: 'one' });
        await archive.handle(order, context);
        const move = share.setAside.bind(share);
        share.setAside = async (name, token) => {
          await move(name, token);
          return move(name, token);
        };
        await discard.handle(discardOf(order));
        share.setAside = move;
        assert.equal((await asides.list(10)).length, 1);
      });

      it('goes at once when an operator needs the room, unless the catalogue lists it', async () => {
        const first = await orderFor({ a: 'one' });
        await archive.handle(first, context);
        await discard.handle(discardOf(first));
        const [aside] = await asides.list(10);
        listed.add(first.archiveId);
        assert.equal((await sweep.settleNow(aside!._id))?.state, 'brought-back');
        assert.ok(await share.stat(first.archiveId), 'it was brought back');
        assert.equal(await sweep.settleNow(aside!._id), undefined);
      });

      it('comes back when an operator says so, and can be read and verified again', async () => {
        const order = await orderFor({ a: 'one' });
        await archive.handle(order, context);
        await discard.handle(discardOf(order));
        const [aside] = await asides.list(10);
        await asides.bringBack(await asides.take(aside!._id));
        assert.ok(await share.stat(order.archiveId));
        assert.equal((await store.datablocks.findOne({ _id: order.archiveId }))?.state, 'verified');
        await assert.rejects(asides.take(aside!._id), { code: 'archiver.not-set-aside' });
      });

      it('comes back when the catalogue lists it after all, in the place of being removed', async () => {
        const order = await orderFor({ a: 'one' });
        await archive.handle(order, context);
        await discard.handle(discardOf(order));
        listed.add(order.archiveId);
        clock.advance(grace);
        await sweepAll();
        assert.ok(await share.stat(order.archiveId));
        assert.deepEqual(await asides.list(10), []);
      });

      it('is left alone by a sweep that slept while an operator or another sweep took it', async () => {
        const order = await orderFor({ a: 'one' });
        await archive.handle(order, context);
        await discard.handle(discardOf(order));
        clock.advance(grace);
        const slept = await asides.takeDue();
        assert.equal(await asides.takeDue(), undefined, 'one sweep at a time');
        await assert.rejects(asides.take(slept!._id), { code: 'archiver.not-set-aside' });
        clock.advance(lease);
        listed.add(order.archiveId);
        await sweepAll();
        await asides.remove(slept!);
        assert.ok(await share.stat(order.archiveId), 'the other sweep brought it back');
      });

      it('waits while the catalogue is silent', async () => {
        const order = await orderFor({ a: 'one' });
        await archive.handle(order, context);
        await discard.handle(discardOf(order));
        clock.advance(grace);
        catalogueAway = true;
        await sweepAll();
        assert.equal((await asides.list(10)).length, 1);
      });

      it('is only what belongs to the dataset and to the job that asks or, by its word, to that of its predecessor', async () => {
        const order = await orderFor({ a: 'one' });
        await archive.handle(order, context);
        await discard.handle({ ...discardOf(order), jobId: newId() });
        await discard.handle({ ...discardOf(order), pid: `${pid}-other` });
        assert.ok(await share.stat(order.archiveId));
        const unknown = { ...discardOf(order), archiveId: `${pidAsName(`${pid}-other`)}/${jobId}/00000.tar` };
        await assert.rejects(discard.handle(unknown), { code: 'archiver.datablock-foreign' });
        await discard.handle({ ...discardOf(order), jobId: newId(), archivedBy: newId() });
        assert.ok(await share.stat(order.archiveId));
        await discard.handle({ ...discardOf(order), jobId: newId(), archivedBy: jobId });
        assert.equal(await share.stat(order.archiveId), undefined);
      });

      it('is not what an unknown tar under a name of ours holds: it can be brought back', async () => {
        const order = await orderFor({ a: 'one' });
        await archive.handle(order, context);
        await store.datablocks.deleteOne({ _id: order.archiveId });
        share.flipBit(order.archiveId, 0);
        await archive.handle(order, { ...context, epoch: 2 });
        const [aside] = await asides.list(10);
        assert.match(aside?.reason ?? '', /other content was expected/);
      });
    });

    it('stays taken away when a worker that was overtaken wants to record it', async () => {
      const order = await orderFor({ a: 'one' });
      objects.afterRead = async (bucket) => {
        if (bucket === zone) await discard.discard(discardOf(order), 'cancelled meanwhile');
      };
      await assert.rejects(archive.handle(order, context), { retriable: true });
      assert.equal((await store.datablocks.findOne({ _id: order.archiveId }))?.state, 'discarded');
    });

    it('does not begin with a datablock or a place of another dataset', async () => {
      const order = await orderFor({ a: 'one' });
      for (const archiveId of [
        `${pidAsName(`${pid}x`)}/${jobId}/00000.tar`,
        `${pidAsName(pid)}/${newId()}/00000.tar`,
        `${pidAsName(pid)}/${jobId}/../../x.tar`,
      ])
        await assert.rejects(archive.handle({ ...order, archiveId }, context), {
          code: 'archiver.datablock-foreign',
        });
    });
  });
}
