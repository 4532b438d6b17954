import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { TransientError } from '#kernel';
import type { LongTermReadOptions } from '#long-term-storage';
import { MemoryShare } from '#long-term-storage/testing';
import { PartScene, packedOf } from '../testing/part-scene.js';

/** A share that remembers what was read of it. */
class ReadShare extends MemoryShare {
  readonly reads: LongTermReadOptions[] = [];
  onRead: () => Promise<void> | void = () => undefined;

  constructor(override readonly name: string) {
    super();
  }

  override async read(name: string, options: LongTermReadOptions = {}) {
    this.reads.push(options);
    await this.onRead();
    return super.read(name, options);
  }
}

const files = {
  a: Buffer.from('first'),
  'b/c': Buffer.alloc(3_000_000, 7),
  'b/d': Buffer.from('wanted'),
  'b/e': Buffer.alloc(0),
  f: Buffer.from('last'),
};

describe('A retrieval of some files of a datablock', () => {
  let scene: PartScene;
  let one: ReadShare;
  let two: ReadShare;
  let offsets: ReadonlyMap<string, number>;
  beforeEach(async () => {
    [one, two] = [new ReadShare('one'), new ReadShare('two')];
    scene = new PartScene([one, two]);
    const packed = await packedOf(scene._id, files);
    offsets = new Map(packed.manifest.members.map(({ path, offset }) => [path, offset]));
    for (const share of [one, two]) {
      const writer = await share.create(scene._id, 'w');
      await writer.write(packed.tar);
      await writer.commit();
    }
    await scene.archived(packed);
  });
  const flip = (share: ReadShare, path: string): void => share.flipBit(scene._id, offsets.get(path)!);

  it('reads only their bytes, and brings a small datablock of them', async () => {
    const order = await scene.orderOf('b/d', 'a');
    const told = await scene.retrieve(order);
    const name = `${scene._id}.parts/${order.selection!.list.sha256}.tar`;
    assert.deepEqual(await scene.inBucket(), [name]);
    assert.deepEqual(await scene.filesIn(name), { a: 'first', 'b/d': 'wanted' });
    assert.deepEqual([told.files, told.packedSize, told.sha256], [2, 10_240, await scene.sha256Of(name)]);
    assert.equal(told.archiveId, scene._id);
    assert.match(told.name ?? '', /_00000\.part-[0-9a-f]{16}\.tar$/);
    assert.ok(told.url.includes(encodeURIComponent(name)), told.url);
    assert.deepEqual(
      one.reads.map(({ offset, length, fresh }) => [offset, length, fresh]),
      [
        [offsets.get('a'), 5, true],
        [offsets.get('b/d'), 6, true],
      ],
    );
    assert.equal(two.reads.length, 0);
  });

  it('is of one recall with all that want the same files, also when it is delivered twice', async () => {
    const order = await scene.orderOf('a', 'f');
    const first = await scene.retrieve(order);
    const { length } = one.reads;
    const again = await scene.retrieve(order, 2);
    const other = await scene.retrieve(await scene.orderOf('f', 'a'));
    assert.deepEqual([one.reads.length, two.reads.length], [length, 0]);
    assert.deepEqual([again.sha256, other.sha256, other.url], [first.sha256, first.sha256, first.url]);
    await scene.retrieve(await scene.orderOf('a'));
    assert.equal((await scene.inBucket()).length, 2, 'other files are another part');
  });

  it('waits while another retrieval recalls the same files, and a later try of the order takes over from a dead one', async () => {
    const order = await scene.orderOf('a');
    let second: unknown;
    one.onRead = async () => {
      one.onRead = () => undefined;
      second = await scene.retrieve(await scene.orderOf('a')).catch((error: unknown) => error);
      // The process that recalls it dies here; another one takes the order up.
      await scene.retrieve(order, 2);
    };
    await assert.rejects(scene.retrieve(order, 1), { code: 'archiver.deferred', message: /was lost/ });
    assert.equal((second as { code: string }).code, 'archiver.deferred');
    const [name] = await scene.inBucket();
    assert.deepEqual(await scene.filesIn(name!), { a: 'first' });
    const { state, archiveId, bytes, sha256 } = (await scene.store.retrieved.findOne({ _id: name! }))!;
    assert.deepEqual([state, archiveId, bytes], ['present', scene._id, 10_240]);
    assert.equal(sha256, await scene.sha256Of(name!));
  });

  it('goes when its time is over, as any retrieved copy, and is recalled anew', async () => {
    await scene.retrieve(await scene.orderOf('a'));
    scene.clock.advance(3_700_000);
    await scene.expiry.round();
    assert.deepEqual([await scene.inBucket(), await scene.store.retrieved.countDocuments({})], [[], 0]);
    await scene.retrieve(await scene.orderOf('a'));
    assert.equal((await scene.inBucket()).length, 1);
  });

  it('is recalled anew where the bucket has lost it, or half of it', async () => {
    await scene.retrieve(await scene.orderOf('a'));
    const [name] = await scene.inBucket();
    for (const damage of [
      () => scene.objects.remove('retrieval', [name!]),
      () => scene.objects.put('retrieval', name!, Buffer.from('half'), { size: 4 }),
    ]) {
      await damage();
      await scene.retrieve(await scene.orderOf('a'));
      assert.deepEqual(await scene.filesIn(name!), { a: 'first' });
    }
  });

  it('takes the next copy when a wanted file of one is wrong, and says so of that copy', async () => {
    flip(one, 'b/d');
    await scene.retrieve(await scene.orderOf('b/d'));
    const [name] = await scene.inBucket();
    assert.deepEqual(await scene.filesIn(name!), { 'b/d': 'wanted' });
    const [first, second] = await scene.damages();
    assert.match(first ?? '', /on one.*SHA-256.*b\/d|b\/d.*SHA-256/s);
    assert.equal(second, undefined);
  });

  it('says nothing of a copy in which another file is wrong, and does not mind', async () => {
    for (const share of [one, two]) flip(share, 'b/c');
    await scene.retrieve(await scene.orderOf('b/d', 'f'));
    assert.deepEqual([await scene.damages(), two.reads.length], [[undefined, undefined], 0]);
  });

  it('takes the next copy when one is missing, or ends too early, and both are damage', async () => {
    for (const harm of [
      () => one.remove(scene._id),
      () => Promise.resolve(one.truncate(scene._id, offsets.get('f')! + 1)),
      () => Promise.resolve(one.truncate(scene._id, 100)),
    ]) {
      const fresh = await packedOf(scene._id, files);
      await one.remove(scene._id);
      const writer = await one.create(scene._id, 'again');
      await writer.write(fresh.tar);
      await writer.commit();
      await scene.store.datablocks.updateOne({ _id: scene._id }, { $unset: { 'copies.0.damaged': '' } });
      await scene.store.retrieved.deleteMany({});
      await harm();
      await scene.retrieve(await scene.orderOf('f'));
      const [first, second] = await scene.damages();
      assert.notEqual(first, undefined, harm.toString());
      assert.equal(second, undefined);
    }
  });

  it('fails, and leaves nothing, when the file is wrong in every copy', async () => {
    for (const share of [one, two]) flip(share, 'b/d');
    await assert.rejects(scene.retrieve(await scene.orderOf('a', 'b/d')), { code: 'archiver.copy-damaged' });
    assert.deepEqual([await scene.inBucket(), await scene.store.retrieved.countDocuments({})], [[], 0]);
  });

  it('waits for a copy that is only away', async () => {
    flip(one, 'a');
    two.onRead = () => {
      throw new TransientError('long-term-storage.unavailable', 'not mounted', { away: true });
    };
    const order = await scene.orderOf('a');
    await assert.rejects(scene.retrieve(order), { code: 'long-term-storage.unavailable', retriable: true });
    two.onRead = () => undefined;
    await scene.retrieve(order, 2);
    assert.equal((await scene.inBucket()).length, 1);
  });

  it('takes the manifest of a copy where the kept one is gone, if it is the same one', async () => {
    await scene.claimChecks.removeBelow('manifests/');
    one.flipBit(scene._id, 700);
    const order = await scene.orderOf('b/d');
    await scene.retrieve(order);
    const [name] = await scene.inBucket();
    assert.deepEqual(await scene.filesIn(name!), { 'b/d': 'wanted' });
    const [first, second] = await scene.damages();
    assert.notEqual(first, undefined, 'what the copy says of itself is not what was archived');
    assert.equal(second, undefined);
  });

  it('refuses the manifest of a copy that is whole, and of another datablock', async () => {
    await scene.claimChecks.removeBelow('manifests/');
    const other = await packedOf(scene._id, { 'b/d': Buffer.from('forged') });
    for (const share of [one, two]) {
      await share.remove(scene._id);
      const writer = await share.create(scene._id, 'forged');
      await writer.write(other.tar);
      await writer.commit();
    }
    await assert.rejects(scene.retrieve(await scene.orderOf('b/d')), {
      code: 'archiver.copy-damaged',
      message: /manifest.*SHA-256/,
    });
    assert.deepEqual(await scene.inBucket(), []);
  });

  it('is made from the datablock in the bucket, where that is there, and from copies where it proves wrong', async () => {
    await scene.retrieve(scene.order());
    const { length } = one.reads;
    await scene.retrieve(await scene.orderOf('a'));
    assert.equal(one.reads.length, length, 'no tape is mounted for it');
    scene.objects.flipBit('retrieval', scene._id, offsets.get('b/d')!);
    await scene.retrieve(await scene.orderOf('b/d'));
    assert.equal(one.reads.length, length + 1);
    assert.deepEqual(await scene.damages(), [undefined, undefined]);
    const keys = (await scene.inBucket()).filter((key) => key !== scene._id);
    const found = await Promise.all(keys.map((key) => scene.filesIn(key)));
    assert.deepEqual(Object.assign({}, ...found), { a: 'first', 'b/d': 'wanted' });
  });

  it('keeps the datablock it is made from only while it is read, and leaves it to the job that has it', async () => {
    await scene.retrieve(scene.order());
    let meanwhile: string[] = [];
    const { get } = scene.objects;
    scene.objects.get = async (...asked) => {
      if (asked[1] === scene._id) meanwhile = await scene.keepersOf(scene._id);
      return get.apply(scene.objects, asked);
    };
    const order = { ...(await scene.orderOf('a')), jobId: 'other' };
    await scene.retrieve(order);
    assert.deepEqual(meanwhile, ['k', order.workOrderId]);
    assert.deepEqual(await scene.keepersOf(scene._id), ['k']);
    await scene.copies.unpin(scene._id, 'k', scene.clock.now());
    await scene.expiry.round();
    const left = await scene.inBucket();
    assert.deepEqual(left, [`${scene._id}.parts/${order.selection!.list.sha256}.tar`]);
  });

  it('waits for a bucket that stops answering while it is read: no tape is mounted for that', async () => {
    await scene.retrieve(scene.order());
    const { length } = one.reads;
    const order = await scene.orderOf('b/c');
    const { objects } = scene;
    const put = objects.put.bind(objects);
    objects.put = (...given) => {
      objects.unavailable = true;
      return put(...given);
    };
    await assert.rejects(scene.retrieve(order), { code: 'storage.unavailable', away: true });
    assert.equal(one.reads.length, length);
    Object.assign(objects, { unavailable: false, put });
    await scene.retrieve(order, 2);
    assert.deepEqual([one.reads.length, (await scene.inBucket()).length], [length, 2]);
  });

  it('is made from copies where the datablock in the bucket breaks off while it is read', async () => {
    await scene.retrieve(scene.order());
    const { length } = one.reads;
    scene.objects.breakReadsAfter = 100_000;
    await scene.retrieve(await scene.orderOf('b/c'));
    assert.deepEqual([one.reads.length, (await scene.inBucket()).length], [length + 1, 2]);
  });

  it('is refused for a file that the datablock does not have, before a copy is read', async () => {
    await assert.rejects(scene.retrieve(await scene.orderOf('a', 'nope')), {
      code: 'archiver.selection-refused',
      retriable: false,
      message: /"nope"/,
    });
    assert.deepEqual([one.reads.length, await scene.inBucket()], [0, []]);
  });

  for (const [what, lines] of Object.entries({
    'no paths': [{ name: 'a' }],
    'a path that is a number': [{ path: 1 }],
    nothing: [null],
    'a path twice': [{ path: 'a' }, { path: 'a' }],
    'fewer files than its message says': [],
  }))
    it(`is refused for good of a list with ${what}`, async () => {
      const list = await scene.claimChecks.keepLines('plans/x', lines as object[]);
      const selection = { list, files: Math.max(1, lines.length), bytes: 1 };
      await assert.rejects(scene.retrieve({ ...scene.order(), selection }), {
        code: 'archiver.selection-refused',
        retriable: false,
      });
    });

  it('asks a storage that fetches whole files once', async () => {
    Object.defineProperty(one, 'fetchesWhole', { value: true });
    await scene.retrieve(await scene.orderOf('a', 'f'));
    const length = offsets.get('f')! + 4 - offsets.get('a')!;
    assert.deepEqual(
      one.reads.map((read) => [read.offset, read.length]),
      [[offsets.get('a'), length]],
    );
  });
});
