import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { ArchiveDatablockV1, DiscardDatablockV1 } from '#contracts';
import { ManualClock, newId, pidAsName } from '#kernel';
import { MemoryShare } from '#long-term-storage/testing';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { SourceFolderRules } from '#source-folders';
import { ReferencedObjects } from '#storage';
import { DisturbedObjectStore } from '#storage/testing';
import { ArchiveDatablockHandler } from '../archive-datablock/archive-datablock.handler.js';
import { CopyWriter } from '../archive-datablock/copy-writer.js';
import { DatablockLists } from '../archive-datablock/datablock-lists.js';
import { Originals } from '../archive-datablock/originals.js';
import type { ArchiverConfig } from '../archiver.config.js';
import type { CatalogueWord } from '../catalog/catalogue-word.js';
import { DiscardDatablockHandler } from '../discard-datablock/discard-datablock.handler.js';
import { ArchiverStore } from '../persistence/archiver-store.js';
import type { WorkContext } from '../run-work/work-context.js';
import { DataElsewhere } from './data-elsewhere.js';
import { SetAsideSweep } from './set-aside-sweep.js';
import { SetAside } from './set-aside.js';

const grace = 7 * 86_400_000;
const zone = 'landing-zone';
const control = 'control';
const context: WorkContext = {
  epoch: 1,
  signal: new AbortController().signal,
  progress: () => undefined,
};

describe('A tape that was set aside', () => {
  const logger = createLogger('data-elsewhere.int.spec', 'silent');
  const clock = new ManualClock(new Date());
  const config = {
    ...{ lease: 60_000, discardGrace: grace, reserve: 0, landingZoneBucket: zone, controlBucket: control },
    sourceFolders: new SourceFolderRules([]),
  } as unknown as ArchiverConfig;
  let mongo: MongoConnection;
  let store: ArchiverStore;
  let objects: DisturbedObjectStore;
  let share: MemoryShare;
  let listed: Set<string>;
  let seen: { sourceFolder: string; isRetrievable: boolean } | undefined;
  let asides: SetAside;
  let sweep: SetAsideSweep;
  let archive: ArchiveDatablockHandler;
  let discard: DiscardDatablockHandler;
  let pid: string;
  let jobId: string;

  before(async () => {
    const uri = new URL(process.env['MONGODB_URI'] ?? '');
    uri.pathname = `/elsewhere-${newId().slice(0, 8)}`;
    mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
    store = new ArchiverStore(mongo, logger);
    await store.whenReady();
  });
  after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
  });
  beforeEach(async () => {
    await store.asides.deleteMany({});
    [objects, share, listed] = [new DisturbedObjectStore(), new MemoryShare(), new Set()];
    for (const bucket of [zone, control]) await objects.ensureBucket(bucket);
    [pid, jobId] = [`20.500/${newId()}`, newId()];
    seen = { sourceFolder: '/nowhere', isRetrievable: false };
    const catalogue = {
      lists: ({ archiveId }: { archiveId: string }) => Promise.resolve(listed.has(archiveId)),
      listsAny: () => Promise.resolve(listed.size > 0),
      dataset: () => Promise.resolve(seen),
    } as unknown as CatalogueWord;
    const references = new ReferencedObjects(objects, clock, 0);
    const originals = new Originals(objects, references, config);
    const lists = new DatablockLists(objects, references, config);
    asides = new SetAside(store, clock, [share], config);
    const elsewhere = new DataElsewhere(store, catalogue, objects, originals, config);
    sweep = new SetAsideSweep(store, asides, catalogue, elsewhere, logger);
    const writer = new CopyWriter(lists, asides, config);
    archive = new ArchiveDatablockHandler(store, lists, originals, writer, clock, [share]);
    discard = new DiscardDatablockHandler(store, catalogue, asides, clock, [share]);
  });

  const put = async (bucket: string, key: string, text: string): Promise<void> => {
    await objects.put(bucket, key, Buffer.from(text), { size: Buffer.byteLength(text) });
  };
  const keyOf = (path: string): string => `${pidAsName(pid)}/${path}`;
  const sweepAll = async (): Promise<void> => {
    while (await sweep.next());
  };
  /** An order for files that lie in the landing zone. */
  async function orderFor(files: Record<string, string>): Promise<ArchiveDatablockV1> {
    let list = '';
    for (const [path, text] of Object.entries(files)) {
      await put(zone, keyOf(path), text);
      list += `${JSON.stringify({ path, size: text.length, time: '2020-01-01T00:00:00Z' })}\n`;
    }
    await put(control, `plans/${jobId}`, list);
    const sha256 = createHash('sha256').update(list).digest('hex');
    return {
      ...{ workOrderId: `${jobId}/0/0`, jobId, pid, archiveId: `${pidAsName(pid)}/${jobId}/00000.tar` },
      source: { kind: 'landing-zone', location: pidAsName(pid), bucket: zone },
      files: { bucket: control, key: `plans/${jobId}`, size: list.length, sha256 },
      ...{ fileCount: Object.keys(files).length, bytes: 1, copies: 1 },
    };
  }

  describe('after a reset of its dataset', () => {
    const resetOf = (order: ArchiveDatablockV1): DiscardDatablockV1 => ({
      ...{ pid, archiveId: order.archiveId },
      ...{ workOrderId: 'another/0/0/discard', jobId: 'another', archivedBy: jobId, reset: true },
    });
    const setAside = async (): Promise<ArchiveDatablockV1> => {
      const order = await orderFor({ a: 'one', b: 'two' });
      await archive.handle(order, context);
      await discard.handle(resetOf(order));
      assert.equal(await share.stat(order.archiveId), undefined);
      clock.advance(grace);
      return order;
    };

    it('goes when the originals are where they were read', async () => {
      await setAside();
      await sweepAll();
      assert.deepEqual(await asides.list(10), []);
    });

    it('stays as long as one of the originals is missing, and goes when it is back', async () => {
      await setAside();
      await objects.remove(zone, [keyOf('b')]);
      for (let hour = 0; hour < 3; hour += 1) {
        await sweepAll();
        clock.advance(3_600_000);
      }
      assert.equal((await asides.list(10)).length, 1);
      await put(zone, keyOf('b'), 'two');
      await sweepAll();
      assert.deepEqual(await asides.list(10), []);
    });

    it('stays though an operator needs the room, while it may be all there is', async () => {
      await setAside();
      await objects.remove(zone, [keyOf('a'), keyOf('b')]);
      const [aside] = await asides.list(10);
      await asides.hasten(aside!._id);
      await sweepAll();
      assert.equal((await asides.list(10)).length, 1);
    });

    it('goes without originals when the dataset was archived anew, or removed', async () => {
      for (const then of [{ sourceFolder: '/nowhere', isRetrievable: true }, undefined]) {
        await setAside();
        await objects.remove(zone, [keyOf('a'), keyOf('b')]);
        listed.add('a newer datablock');
        seen = then;
        await sweepAll();
        assert.deepEqual(await asides.list(10), []);
        seen = { sourceFolder: '/nowhere', isRetrievable: false };
        jobId = newId();
      }
    });

    it('stays where nobody knows what was read into it', async () => {
      const order = await setAside();
      await store.datablocks.updateOne({ _id: order.archiveId }, { $unset: { originals: '' } });
      await sweepAll();
      assert.equal((await asides.list(10)).length, 1);
    });

    it('is nothing of another job than the one that archived it, whoever asks', async () => {
      const order = await orderFor({ a: 'one' });
      await archive.handle(order, context);
      await discard.handle({ ...resetOf(order), archivedBy: 'somebody' });
      assert.ok(await share.stat(order.archiveId));
    });
  });
});
