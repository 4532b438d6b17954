import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import type { ArchiveDatablockV1 } from '#contracts';
import { parcelFolder, parcelHead, readDatablock } from '#datablock';
import { ManualClock, newId, pidAsName } from '#kernel';
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
import { archiveHandler } from '../testing/archive-handler.js';
import type { ArchiverConfig } from '../archiver.config.js';
import type { CatalogueWord } from '../catalog/catalogue-word.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { Datablocks } from '../persistence/datablocks.js';
import { FilesAside } from '../persistence/files-aside.js';
import type { WorkContext } from '../domain/work.js';
import { SetAside } from '../set-aside/set-aside.js';
import { ReleasedDatablocks } from './released-datablocks.js';
import { ReleaseOriginalsHandler } from './release-originals.handler.js';

const zone = 'landing-zone';
const control = 'control';
const patience = 600_000;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('A parcel of small files in the landing zone', () => {
  const logger = createLogger('parcels.spec', 'silent');
  const clock = new ManualClock(new Date());
  const store = memoryArchiverStore();
  const config = {
    ...{ lease: 60_000, discardGrace: 0, reserve: 0, landingZoneBucket: zone, controlBucket: control },
    sourceFolders: new SourceFolderRules([]),
  } as unknown as ArchiverConfig;
  let objects: DisturbedObjectStore;
  let share: MemoryShare;
  let listed: Set<string>;
  let archive: ArchiveDatablockHandler;
  let release: ReleaseOriginalsHandler;
  let pid: string;
  let jobId: string;
  let orders: number;

  beforeEach(async () => {
    [objects, share, listed, orders] = [new DisturbedObjectStore(), new MemoryShare(), new Set(), 0];
    for (const bucket of [zone, control]) await objects.ensureBucket(bucket);
    [pid, jobId] = [`20.500/${newId()}`, newId()];
    const shares: LongTermStorage[] = [share];
    const catalogue = {
      lists: ({ archiveId }: { archiveId: string }) => Promise.resolve(listed.has(archiveId)),
    } as unknown as CatalogueWord;
    const claims = new ClaimChecks(objects, clock, { bucket: control, patience });
    const originals = new Originals(objects, claims, config);
    const lists = new DatablockLists(objects, claims, config);
    const writer = new CopyWriter(
      lists,
      new SetAside(new FilesAside(store), new Datablocks(store), clock, shares, config),
      config,
    );
    archive = archiveHandler(store, { lists, originals, writer }, clock, shares);
    const proven = new ReleasedDatablocks(new Datablocks(store), catalogue);
    release = new ReleaseOriginalsHandler(proven, objects, originals, lists, clock, config, logger);
  });

  const context: WorkContext = {
    epoch: 1,
    signal: new AbortController().signal,
    progress: () => undefined,
  };
  const put = async (bucket: string, key: string, body: Buffer): Promise<void> => {
    await objects.put(bucket, key, body, { size: body.length });
  };
  const keyOf = (path: string): string => `${pidAsName(pid)}/${path}`;
  const parcelKey = (name: string): string => keyOf(`${parcelFolder}/${name}`);
  const parcelOf = (files: Record<string, string>): Buffer =>
    Buffer.concat([
      parcelHead(
        Object.entries(files).map(([path, text]) => ({ path, size: text.length, sha256: sha256(text) })),
      ),
      ...Object.values(files).map((text) => Buffer.from(text)),
    ]);
  const left = async (): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of objects.list(zone, '')) keys.push(key);
    return keys;
  };

  /** An order for files that are registered with these contents, wherever their bytes lie. */
  async function orderFor(files: Record<string, string>): Promise<ArchiveDatablockV1> {
    const number = orders++;
    const list = Object.entries(files)
      .map(([path, text]) => ({
        path,
        size: text.length,
        time: '2020-01-01T00:00:00Z',
        sha256: sha256(text),
      }))
      .map((line) => `${JSON.stringify(line)}\n`)
      .join('');
    const key = `plans/${jobId}/${number}`;
    await put(control, key, Buffer.from(list));
    return {
      ...{ workOrderId: `${jobId}/0/${number}`, jobId, pid },
      archiveId: `${pidAsName(pid)}/${jobId}/0000${number}.tar`,
      source: { kind: 'landing-zone', location: pidAsName(pid), bucket: zone },
      files: { bucket: control, key, size: list.length, sha256: sha256(list) },
      ...{ fileCount: Object.keys(files).length, bytes: 1, copies: 1 },
    };
  }
  const archived = async (files: Record<string, string>): Promise<ArchiveDatablockV1> => {
    const order = await orderFor(files);
    await archive.handle(order, context);
    listed.add(order.archiveId);
    return order;
  };
  const released = async ({ workOrderId, files, source, archiveId }: ArchiveDatablockV1) => {
    const order = { workOrderId: `${workOrderId}/release`, jobId, pid, archiveId, source, files };
    return (await release.handle(order, context)).envelope?.data as Record<string, unknown>;
  };

  it('is read file by file, beside files that have an object of their own', async () => {
    await put(zone, parcelKey('p'), parcelOf({ a: 'one', c: '', d: 'three' }));
    await put(zone, keyOf('b'), Buffer.from('two'));
    const order = await archived({ a: 'one', b: 'two', c: '', d: 'three' });
    const found: Record<string, string> = {};
    for await (const { path, content } of readDatablock(await share.read(order.archiveId))) {
      const chunks: Buffer[] = [];
      for await (const chunk of content) chunks.push(Buffer.from(chunk));
      found[path] = Buffer.concat(chunks).toString();
    }
    assert.deepEqual(found, { a: 'one', b: 'two', c: '', d: 'three' });
    assert.equal((await released(order))['released'], 4);
    assert.deepEqual(await left(), []);
    assert.equal((await released(order))['released'], 4, 'a release that comes twice finds nothing to do');
  });

  it('gives only files that are what was registered: another one of the same name is looked for elsewhere', async () => {
    await put(zone, parcelKey('p'), parcelOf({ a: 'old', b: 'two' }));
    await put(zone, keyOf('a'), Buffer.from('new'));
    const order = await archived({ a: 'new', b: 'two' });
    await released(order);
    assert.deepEqual(await left(), [parcelKey('p')], 'bytes that nobody archived stay');
  });

  it('goes with the last of its datablocks that is proven, and not before', async () => {
    await put(zone, parcelKey('p'), parcelOf({ a: 'one', b: 'two' }));
    const first = await archived({ a: 'one' });
    await released(first);
    assert.deepEqual(await left(), [parcelKey('p')], 'the other file is not archived');
    const second = await archived({ b: 'two' });
    listed.delete(second.archiveId);
    await released(first);
    assert.deepEqual(await left(), [parcelKey('p')], 'the catalogue does not list the other datablock');
    listed.add(second.archiveId);
    const damaged = { $set: { 'copies.0.damaged': { at: new Date(), reason: 'x' } } };
    await store.datablocks.updateOne({ _id: second.archiveId }, damaged);
    await released(first);
    assert.deepEqual(await left(), [parcelKey('p')], 'the only copy of the other datablock is damaged');
    await store.datablocks.updateOne({ _id: second.archiveId }, { $unset: { 'copies.0.damaged': '' } });
    await released(second);
    assert.deepEqual(await left(), []);
  });

  it('stays when it was overwritten, before the release looked at it and between look and removal', async () => {
    for (const when of ['before', 'between']) {
      await put(zone, parcelKey(when), parcelOf({ [when]: 'one' }));
      const order = await archived({ [when]: 'one' });
      const overwrite = (): Promise<void> => put(zone, parcelKey(when), parcelOf({ [when]: 'ONE' }));
      if (when === 'before') await overwrite();
      else objects.beforeRemoval = overwrite;
      const { kept, keptFiles } = await released(order);
      objects.beforeRemoval = undefined;
      assert.deepEqual([kept, keptFiles], [1, [parcelKey(when)]], when);
      assert.ok((await left()).includes(parcelKey(when)), when);
    }
  });

  it('that is replaced while it is packed ends the order, and nothing is archived or released', async () => {
    await put(zone, parcelKey('p'), parcelOf({ a: 'one' }));
    const order = await orderFor({ a: 'one' });
    objects.afterRead = async (_, key) => {
      if (key === parcelKey('p')) await put(zone, key, parcelOf({ a: 'ONE' }));
    };
    await assert.rejects(archive.handle(order, context), { code: 'datablock.member-changed' });
    assert.equal(await share.stat(order.archiveId), undefined);
    assert.deepEqual(await left(), [parcelKey('p')]);
  });

  it('that the store does not list yet is waited for, before its files count as missing', async () => {
    await put(zone, parcelKey('p'), parcelOf({ a: 'one', b: 'two' }));
    const list = objects.list.bind(objects);
    objects.list = async function* () {};
    const order = await orderFor({ a: 'one', b: 'two' });
    await assert.rejects(archive.handle(order, context), { retriable: true, away: true });
    objects.list = list;
    await archive.handle(order, context);
    const lost = await orderFor({ c: 'three' });
    await assert.rejects(archive.handle(lost, context), { retriable: true });
    clock.advance(patience);
    await assert.rejects(archive.handle(lost, context), {
      code: 'datablock.member-missing',
      retriable: false,
    });
  });

  it('is not called overwritten because a listing still shows what lay there before', async () => {
    await put(zone, parcelKey('p'), parcelOf({ a: 'one' }));
    const list = objects.list.bind(objects);
    objects.list = async function* (bucket, prefix) {
      for await (const found of list(bucket, prefix)) yield { ...found, etag: 'of before' };
    };
    await archived({ a: 'one' });
  });

  it('goes by proof alone where it holds a file of its own name; a file in a folder of that name goes by itself', async () => {
    await put(zone, parcelKey('x'), parcelOf({ x: 'one', other: 'two' }));
    const [path, nested] = [`${parcelFolder}/own`, `deep/${parcelFolder}/own`];
    for (const own of [path, nested]) await put(zone, keyOf(own), Buffer.from('its own'));
    const order = await archived({ x: 'one', [path]: 'its own', [nested]: 'its own' });
    await released(order);
    assert.deepEqual(await left(), [parcelKey('x')], 'the other file in it is not archived');
  });

  it('that an interrupted upload left with nothing in it goes with the first release, unless it was filled meanwhile', async () => {
    for (const name of ['empty', 'filled']) await put(zone, parcelKey(name), parcelOf({}));
    await put(zone, keyOf('a'), Buffer.from('one'));
    const order = await archived({ a: 'one' });
    objects.beforeRemoval = () => put(zone, parcelKey('filled'), parcelOf({ b: 'two' }));
    const { released: count } = await released(order);
    objects.beforeRemoval = undefined;
    assert.deepEqual([count, await left()], [1, [parcelKey('filled')]]);
  });

  it('stays, and holds up nothing else, where the lists of older datablocks are forgotten', async () => {
    await put(zone, keyOf('old'), Buffer.from('old'));
    const { archiveId } = await archived({ old: 'old' });
    await objects.remove(control, [`originals/${archiveId}.ndjson`]);
    await put(zone, parcelKey('p'), parcelOf({ a: 'one', b: 'two' }));
    await put(zone, keyOf('c'), Buffer.from('three'));
    const first = await archived({ a: 'one', c: 'three' });
    await assert.rejects(released(first), { retriable: true });
    clock.advance(patience);
    assert.equal((await released(first))['released'], 1);
    assert.deepEqual(await left(), [parcelKey('p'), keyOf('old')]);
    await released(await archived({ b: 'two' }));
    assert.deepEqual(await left(), [keyOf('old')]);
  });
});
