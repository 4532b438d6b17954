import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { beforeEach, describe, it } from 'node:test';
import { isAway, ManualClock, newId } from '#kernel';
import type { LongTermReadOptions } from '#long-term-storage';
import { MemoryShare } from '#long-term-storage/testing';
import { createLogger } from '#observability';
import { MemoryObjectStore } from '#storage/testing';
import type { ArchiverConfig } from '../archiver.config.js';
import { CopyCheck } from '../check-copies/copy-check.js';
import { retrieveHandler } from '../testing/retrieve-handler.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { Datablocks } from '../persistence/datablocks.js';
import { CopyRecords } from '../persistence/copy-records.js';
import type { CatalogueWord } from '../catalog/catalogue-word.js';
import { ReleasedDatablocks } from '../release-originals/released-datablocks.js';
import { retrievalArea } from '../testing/retrieval-area.js';
import type { RetrieveDatablockHandler } from '../retrieve-datablock/retrieve-datablock.handler.js';
import { bestFirst } from '../persistence/stored-copies.js';
import type { WorkContext } from '../domain/work.js';
import { VerifyDatablockHandler } from './verify-datablock.handler.js';

/** A share on which something happens after a file was read. */
class DisturbedShare extends MemoryShare {
  override readonly name: string;
  afterRead: (() => Promise<unknown>) | undefined;

  constructor(name: string) {
    super();
    this.name = name;
  }

  override async read(name: string, options?: LongTermReadOptions): Promise<Readable> {
    const bytes = await super.read(name, options);
    await this.afterRead?.();
    return bytes;
  }
}

const patience = 600_000;
const content = Buffer.from('a tar, as far as anybody here knows');

describe('A copy that is found damaged', () => {
  const logger = createLogger('damaged-copies.spec', 'silent');
  const clock = new ManualClock(new Date());
  const store = memoryArchiverStore();
  const context: WorkContext = {
    epoch: 1,
    signal: new AbortController().signal,
    progress: () => undefined,
  };
  let shares: [DisturbedShare, DisturbedShare];
  let records: CopyRecords;
  let verify: VerifyDatablockHandler;
  let retrieve: RetrieveDatablockHandler;
  let _id: string;

  beforeEach(async () => {
    const config = {
      ...{ referencePatience: patience, lease: 60_000, retrievedLifetime: 3_600_000 },
      retrievalBucket: 'retrieval',
    } as ArchiverConfig;
    _id = `pid/${newId()}/0.tar`;
    shares = [new DisturbedShare('one'), new DisturbedShare('two')];
    for (const share of shares) await put(share);
    await store.datablocks.insertOne({
      ...{ _id, pid: 'pid', jobId: 'j', filesSha256: 'f', fileCount: 1, size: 1, state: 'verified' },
      ...{ packedSize: content.length, sha256: createHash('sha256').update(content).digest('hex') },
      manifest: { bucket: 'control', key: 'm', size: 1, sha256: 'x' },
      copies: shares.map(({ name }) => ({ share: name, verifiedAt: clock.now() })),
    });
    const objects = new MemoryObjectStore();
    await objects.ensureBucket('retrieval');
    records = new CopyRecords(new Datablocks(store), clock, config, logger);
    verify = new VerifyDatablockHandler(new Datablocks(store), new CopyCheck(records, shares), clock);
    const { lock } = retrievalArea({ store, objects, clock, config });
    const datablocks = new Datablocks(store);
    retrieve = retrieveHandler({ datablocks, objects, lock, shares, records, config, clock });
  });

  async function put(share: MemoryShare): Promise<void> {
    const writer = await share.create(_id, newId());
    await writer.write(content);
    await writer.commit();
  }
  const order = () => ({ workOrderId: `${newId()}/0/0`, jobId: 'j', pid: 'pid', archiveId: _id });
  const damage = async (): Promise<(string | undefined)[]> =>
    (await store.datablocks.findOne({ _id }))!.copies.map(({ damaged }) => damaged?.found);

  it('by a verification is damaged in its record, and good again when it was restored and verified', async () => {
    shares[1].flipBit(_id, 3);
    await assert.rejects(verify.handle(order(), context), { code: 'archiver.copy-damaged' });
    const [first, second] = await damage();
    assert.equal(first, undefined);
    assert.match(second ?? '', /expected SHA-256/);
    shares[1].flipBit(_id, 3);
    await verify.handle(order(), context);
    assert.deepEqual(await damage(), [undefined, undefined]);
  });

  it('by a retrieval is damaged in its record although another copy was good, and is tried last from then on', async () => {
    shares[0].flipBit(_id, 3);
    await retrieve.handle(order(), context);
    assert.match((await damage())[0] ?? '', /read/);
    await store.retrieved.deleteMany({});
    const before = shares[0].freshReads;
    const again = new MemoryObjectStore();
    await again.ensureBucket('retrieval');
    const hasty = { lease: 1 } as ArchiverConfig;
    const { lock } = retrievalArea({ store, objects: again, clock, config: hasty });
    const config = { retrievedLifetime: 1000, retrievalBucket: 'retrieval' } as ArchiverConfig;
    const datablocks = new Datablocks(store);
    const scene = { datablocks, objects: again, lock, shares, records, config, clock };
    await retrieveHandler(scene).handle(order(), context);
    assert.equal(shares[0].freshReads, before);
  });

  it('stays good when it was restored and verified while somebody still read the damaged bytes', async () => {
    shares[1].flipBit(_id, 3);
    shares[1].afterRead = async () => {
      shares[1].afterRead = undefined;
      shares[1].flipBit(_id, 3);
      clock.advance(1000);
      await records.verified(_id, { share: 'two', verifiedAt: clock.now() });
    };
    await assert.rejects(verify.handle(order(), context), { code: 'archiver.copy-damaged' });
    assert.deepEqual(await damage(), [undefined, undefined]);
  });

  it('keeps the originals where they are', async () => {
    const catalogue = { lists: () => Promise.resolve(true) } as unknown as CatalogueWord;
    const released = new ReleasedDatablocks(new Datablocks(store), catalogue);
    const files = { bucket: 'control', key: 'k', size: 1, sha256: 'f' };
    const source = { kind: 'landing-zone', location: 'pid', bucket: 'zone' } as const;
    await store.datablocks.updateOne({ _id }, { $set: { originals: files } });
    assert.equal((await released.provenFor({ ...order(), files, source }))._id, _id);
    await records.damaged(_id, (await store.datablocks.findOne({ _id }))!.copies[0]!, 'gone');
    await assert.rejects(released.provenFor({ ...order(), files, source }), {
      code: 'archiver.not-verified',
    });
  });

  it('on a target that this archiver does not have is away: neither damaged nor lost, and nothing is read in vain', async () => {
    const isTargetAway = (error: unknown): boolean => {
      assert.match(String(error), /Expected gone for .* found that this archiver has one, two/);
      return (error as { code?: string }).code === 'archiver.target-away' && isAway(error);
    };
    const copies = (await store.datablocks.findOne({ _id }))!.copies;
    const elsewhere = { share: 'gone', verifiedAt: clock.now() };
    await store.datablocks.updateOne({ _id }, { $set: { copies: [elsewhere, copies[0]!] } });
    await assert.rejects(verify.handle(order(), context), isTargetAway);
    assert.equal(shares[0].freshReads, 0);
    await retrieve.handle(order(), context);
    await store.retrieved.deleteMany({});
    shares[0].flipBit(_id, 3);
    await assert.rejects(retrieve.handle(order(), context), isTargetAway);
    assert.equal((await damage())[0], undefined);
    const before = shares[0].freshReads;
    await assert.rejects(retrieve.handle(order(), context), isTargetAway);
    assert.equal(shares[0].freshReads, before, 'what is known to be damaged is not read again and again');
  });

  it('that is preferred is read first, and those found damaged last whatever is preferred', async () => {
    await retrieve.handle({ ...order(), targets: ['two', 'one'] }, context);
    assert.deepEqual([shares[0].freshReads, shares[1].freshReads], [0, 1]);
    await store.retrieved.deleteMany({});
    await records.damaged(_id, (await store.datablocks.findOne({ _id }))!.copies[1]!, 'bits');
    // Another archiver has no object of it.
    assert.deepEqual(
      bestFirst((await store.datablocks.findOne({ _id }))!.copies, ['two', 'one']).map(({ share }) => share),
      ['one', 'two'],
    );
  });

  it('as missing counts as damaged, but not a moment after it was seen: then it is waited for', async () => {
    await shares[1].setAside(_id, 'token');
    const waits = (error: unknown): boolean => {
      assert.equal((error as { code?: string }).code, 'archiver.copy-not-yet-there');
      return isAway(error);
    };
    await assert.rejects(verify.handle(order(), context), waits);
    await shares[0].setAside(_id, 'token');
    await assert.rejects(retrieve.handle(order(), context), waits);
    assert.deepEqual(await damage(), [undefined, undefined]);
    await shares[0].bringBack(_id, 'token');
    clock.advance(patience);
    await assert.rejects(verify.handle(order(), context), { code: 'archiver.copy-damaged' });
    assert.deepEqual(await damage(), [undefined, 'it is missing']);
  });
});
