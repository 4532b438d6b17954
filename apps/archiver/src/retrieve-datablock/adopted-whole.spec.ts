import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CatenaError } from '#kernel';
import { MemoryShare } from '#long-term-storage/testing';
import { PartScene, packedOf } from '../testing/part-scene.js';

/** A storage of command-line clients. */
class Fetching extends MemoryShare {
  reads = 0;
  override readonly name = 'one';

  override get fetchesWhole(): boolean {
    return true;
  }

  override async read(...asked: Parameters<MemoryShare['read']>) {
    this.reads += 1;
    return super.read(...asked);
  }
}

const size = 100_000;

describe('A retrieval of a datablock of an earlier system that is brought whole first', () => {
  /** @param spare bytes of the area beyond both tars */
  async function sceneWith(spare: number) {
    const share = new Fetching();
    const packed = await packedOf('pid/earlier.tar', { a: Buffer.alloc(size, 1) });
    const scene = new PartScene([share], { retrievalSpace: packed.packedSize + size + spare });
    const writer = await share.create(scene._id, 'w');
    await writer.write(packed.tar);
    await writer.commit();
    await scene.archived(packed);
    await scene.store.datablocks.updateOne({ _id: scene._id }, { $set: { size, adopted: {} as never } });
    const part = `${scene._id}.parts/${(await scene.store.datablocks.findOne({}))!.manifest.sha256}.tar`;
    return { scene, share, part };
  }

  it('lets go of the whole tar when the one of our format is there; again it finds that one', async () => {
    const { scene, share, part } = await sceneWith(0);
    await scene.retrieve(scene.order());
    assert.deepEqual([await scene.keepersOf(scene._id), await scene.keepersOf(part)], [[], ['k']]);
    await scene.expiry.round();
    assert.deepEqual(await scene.inBucket(), [part]);
    const { reads } = share;
    await scene.retrieve(scene.order(), 2);
    assert.deepEqual([await scene.inBucket(), share.reads], [[part], reads]);
  });

  it('is refused at once where both tars can never be there at a time', async () => {
    const { scene, share } = await sceneWith(-1);
    await assert.rejects(scene.retrieve(scene.order()), { code: 'archiver.retrieval-too-large' });
    assert.deepEqual([await scene.inBucket(), share.reads], [[], 0]);
  });

  it('does not wait for itself when another came between both: what it has brought makes room', async () => {
    const { scene, part } = await sceneWith(0);
    const until = new Date(scene.clock.now().getTime() + 600_000);
    const other = { name: 'x', archiveId: 'x', bytes: size, order: 'x', job: 'x', group: '', epoch: 1 };
    const { arrived } = scene.copies;
    scene.copies.arrived = async (...given) => {
      const isThere = await arrived.apply(scene.copies, given);
      if (given[0].name === scene._id) await scene.copies.take(other, scene.clock.now(), until);
      return isThere;
    };
    const order = scene.order();
    const failed = await scene.retrieve(order).catch((error: unknown) => error);
    assert.equal((failed as CatenaError).code, 'archiver.retrieval-area-full');
    assert.deepEqual(await scene.keepersOf(scene._id), []);
    assert.equal((await scene.store.roomWaits.findOne({ _id: order.workOrderId }))?.bytes, size);
    await scene.copies.givenUp(other);
    await scene.retrieve(order, 2);
    assert.deepEqual(await scene.keepersOf(part), ['k']);
    assert.equal(await scene.store.roomWaits.countDocuments({}), 0);
  });
});
