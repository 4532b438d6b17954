import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { isAway, ManualClock, newId, PermanentError } from '#kernel';
import type { ArchiverConfig } from '../archiver.config.js';
import type { CatalogueWord } from '../catalog/catalogue-word.js';
import { targetsIn } from '../domain/missing-targets.js';
import { Datablocks } from '../persistence/datablocks.js';
import { FilesAside } from '../persistence/files-aside.js';
import { SetAside } from '../set-aside/set-aside.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { DiscardDatablockHandler } from './discard-datablock.handler.js';
import { NamedShare } from '../testing/memory-library.js';

const _id = 'pid/j/0.tar';

describe('A discard of several copies', () => {
  const clock = new ManualClock();
  const order = { workOrderId: `${newId()}/0/0`, jobId: 'j', pid: 'pid', archiveId: _id };
  let store: ReturnType<typeof memoryArchiverStore>;
  let [disk, tape] = [new NamedShare('disk'), new NamedShare('tape')];

  beforeEach(async () => {
    store = memoryArchiverStore();
    [disk, tape] = [new NamedShare('disk'), new NamedShare('tape')];
    for (const share of [disk, tape]) {
      const writer = await share.create(_id, 't');
      await writer.commit();
    }
    await store.datablocks.insertOne({
      ...{ _id, pid: 'pid', jobId: 'j', filesSha256: 'f', fileCount: 1, size: 1, state: 'verified' },
      ...{ packedSize: 0, sha256: 's', manifest: { bucket: 'control', key: 'm', size: 1, sha256: 'x' } },
      copies: ['disk', 'tape'].map((share) => ({ share, verifiedAt: clock.now() })),
    });
  });

  function archiverWith(...shares: NamedShare[]): DiscardDatablockHandler {
    const datablocks = new Datablocks(store);
    const config = { lease: 60_000, discardGrace: 1000 } as ArchiverConfig;
    const asides = new SetAside(new FilesAside(store), datablocks, clock, shares, config);
    const catalogue = { lists: () => Promise.resolve(false) } as unknown as CatalogueWord;
    return new DiscardDatablockHandler(datablocks, catalogue, asides, clock, shares);
  }
  const asides = async () => (await store.asides.find({}).toArray()).map(({ share }) => share).sort();
  /** What a discard that has to wait leaves to be done. */
  const leftOf = async (discard: Promise<unknown>) => {
    const error: unknown = await discard.then(
      () => assert.fail('something is left to be done'),
      (thrown: unknown) => thrown,
    );
    return { left: targetsIn(error, 'left'), code: (error as { code?: string }).code, away: isAway(error) };
  };

  it('sets aside what it reaches, says what is left, and does only that afterwards', async () => {
    disk.gone = true;
    const { left, code } = await leftOf(archiverWith(disk, tape).handle(order));
    assert.deepEqual([left, code], [['disk'], 'long-term-storage.unavailable']);
    assert.deepEqual([await asides(), await tape.stat(_id)], [['tape'], undefined]);
    assert.equal((await store.datablocks.findOne({ _id }))?.state, 'discarded');
    disk.gone = false;
    tape.gone = true;
    await archiverWith(disk, tape).handle(order, { left: ['disk'] });
    assert.deepEqual([await asides(), await disk.stat(_id)], [['disk', 'tape'], undefined]);
  });

  it('on one of which a fault stays does what else there is first, and fails when nothing but that is left', async () => {
    disk.setAside = () => Promise.reject(new PermanentError('long-term-storage.unsafe-link', 'a link'));
    tape.gone = true;
    const { left, code } = await leftOf(archiverWith(disk, tape).handle(order));
    assert.deepEqual([left, code], [['disk', 'tape'], 'long-term-storage.unavailable']);
    const elsewhere = await leftOf(archiverWith(disk).handle(order, { left: ['disk', 'tape'] }));
    assert.deepEqual(elsewhere, { left: ['disk', 'tape'], code: 'archiver.target-away', away: true });
    tape.gone = false;
    await assert.rejects(archiverWith(disk, tape).handle(order, { left: ['disk', 'tape'] }), {
      code: 'long-term-storage.unsafe-link',
    });
    assert.deepEqual([await tape.stat(_id), (await asides()).includes('tape')], [undefined, true]);
  });

  it('is done by one archiver after the other, each with the targets that it has', async () => {
    const first = await leftOf(archiverWith(tape).handle(order));
    assert.deepEqual(first, { left: ['disk'], code: 'archiver.target-away', away: true });
    // An archiver without it has nothing to do, and does not call it done.
    assert.deepEqual(await leftOf(archiverWith(tape).handle(order, { left: ['disk'] })), first);
    await archiverWith(disk).handle(order, { left: ['disk'] });
    assert.deepEqual(await asides(), ['disk', 'tape']);
  });

  it('of a datablock that moves reaches the target that a copy has not left yet', async () => {
    const copies = [{ share: 'tape', verifiedAt: clock.now(), replaces: 'disk' }];
    await store.datablocks.updateOne({ _id }, { $set: { copies } });
    const first = await leftOf(archiverWith(tape).handle(order));
    assert.deepEqual(first, { left: ['disk'], code: 'archiver.target-away', away: true });
    await archiverWith(disk).handle(order, { left: ['disk'] });
    assert.deepEqual(await asides(), ['disk', 'tape']);
  });

  it('that is repeated from its beginning, as its worker died, has one record for each copy', async () => {
    disk.gone = true;
    await leftOf(archiverWith(disk, tape).handle(order));
    disk.gone = false;
    await archiverWith(disk, tape).handle(order);
    assert.deepEqual(await asides(), ['disk', 'tape']);
  });
});
