import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { DatablockRepairedV1 } from '#contracts';
import { isAway, isRetriable, newId, PermanentError, TransientError } from '#kernel';
import { sha256Of, tarContent, TendedCopies } from '../testing/tended-copies.js';

describe('A repair', () => {
  let scene: TendedCopies;
  beforeEach(async () => {
    scene = new TendedCopies();
    await scene.archived();
  });

  async function repaired(order = scene.order(), only?: string): Promise<DatablockRepairedV1> {
    const given = only === undefined ? order : { ...order, only };
    return (await scene.repair.handle(given, scene.context)).envelope!.data as unknown as DatablockRepairedV1;
  }
  const isMended = async (asides: number): Promise<void> => {
    assert.deepEqual(await scene.good(), ['one', 'two']);
    assert.deepEqual(await scene.recorded(), { one: undefined, two: undefined });
    assert.equal(await scene.share('two').filesAside(), asides);
    assert.equal((await scene.asideRecords()).length, asides);
  };
  const bad: Record<string, () => Promise<void> | void> = {
    rotted: () => scene.share('two').flipBit(scene._id, 3),
    truncated: () => scene.share('two').truncate(scene._id, 5),
    'swapped for the tar of another': async () => {
      await scene.share('two').remove(scene._id);
      await scene.share('two').put(scene._id, Buffer.from('the tar of another dataset'));
    },
  };

  for (const [what, damage] of Object.entries(bad))
    it(`mends a copy that is ${what} from a good one, and sets the bad file aside for a while`, async () => {
      await damage();
      const { mended, repaired: at, targets, placement } = await repaired();
      assert.deepEqual([mended, at, targets, placement], [1, ['two'], ['one', 'two'], 0]);
      await isMended(1);
      const [aside] = await scene.asideRecords();
      assert.deepEqual([aside?.share, aside?.replacedBy, aside?.state], ['two', 'two', 'kept']);
      assert.equal(aside!.dueAt.getTime() - aside!.setAsideAt.getTime(), 7 * 86_400_000);
      await scene.verify.handle(scene.order(), scene.context);
    });

  it('writes a copy that is missing on the right share', async () => {
    await scene.share('two').remove(scene._id);
    assert.equal((await repaired()).mended, 1);
    await isMended(0);
  });

  const troubles: Record<string, (isOn: boolean) => void> = {
    'is read-only': (isOn) => void (scene.share('two').readOnly = isOn),
    'is full': (isOn) => void (scene.share('two').capacity = isOn ? 3 : 1000),
  };
  for (const [what, trouble] of Object.entries(troubles))
    it(`reads the copies once while the target of the bad one ${what}, and mends it afterwards`, async () => {
      scene.share('two').flipBit(scene._id, 3);
      trouble(true);
      for (let look = 0; look < 3; look += 1)
        await assert.rejects(repaired(), (error: Error) => isRetriable(error));
      assert.deepEqual([scene.share('one').freshReads, scene.share('two').freshReads], [1, 1]);
      trouble(false);
      await repaired();
      await isMended(1);
    });

  for (const name of ['two', 'three'])
    it(`mends the other bad copy while ${name} cannot be written, and waits for that one`, async () => {
      scene = new TendedCopies();
      await scene.archived(['one', 'two', 'three']);
      for (const one of ['two', 'three']) scene.share(one).flipBit(scene._id, 3);
      scene.share(name).readOnly = true;
      const given = scene.order();
      await assert.rejects(repaired(given), { code: 'long-term-storage.read-only' });
      assert.deepEqual(await scene.good(), ['one', name === 'two' ? 'three' : 'two']);
      const reads = scene.share('one').freshReads;
      await assert.rejects(repaired(given), { code: 'long-term-storage.read-only' });
      assert.equal(scene.share('one').freshReads, reads);
      scene.share(name).readOnly = false;
      assert.equal((await repaired(given)).mended, 2);
      assert.deepEqual(await scene.good(), ['one', 'two', 'three']);
    });

  it('of good copies changes nothing, and says so', async () => {
    assert.deepEqual((await repaired()).mended, 0);
    await isMended(0);
    assert.deepEqual(
      scene.shares.map(({ freshReads }) => freshReads),
      [1, 1, 0],
    );
  });

  it('believes no record: a copy that is called damaged and is good proves good, and one called good is read', async () => {
    const [first] = (await scene.store.datablocks.findOne({ _id: scene._id }))!.copies;
    await scene.records.damaged(scene._id, first!, 'somebody said so');
    scene.share('two').flipBit(scene._id, 3);
    await repaired();
    await isMended(1);
  });

  it('touches nothing where no copy proves good, and says what to do', async () => {
    for (const name of ['one', 'two']) scene.share(name).flipBit(scene._id, 3);
    const marks = await Promise.all(scene.shares.map((share) => share.markOf(scene._id)));
    await assert.rejects(repaired(), (error: Error & { code?: string }) => {
      assert.match(error.message, /Nothing was touched. Restore one from elsewhere/);
      return error.code === 'archiver.no-good-copy';
    });
    assert.deepEqual(await Promise.all(scene.shares.map((share) => share.markOf(scene._id))), marks);
    assert.deepEqual(await scene.asideRecords(), []);
  });

  it('does not take lost rights for damage: it mends the others, leaves that file alone and fails with a sentence', async () => {
    await scene.store.datablocks.deleteMany({});
    await scene.store.datablocks.insertOne(scene.recordOf(scene._id, ['one', 'two', 'three']));
    await scene.share('three').put(scene._id, tarContent);
    scene.share('two').flipBit(scene._id, 3);
    scene.share('three').watcher = (step) => {
      if (step.startsWith('before read'))
        throw new PermanentError('long-term-storage.access-denied', 'Expected access, found EACCES.');
    };
    await assert.rejects(repaired(), { code: 'archiver.copy-unreadable' });
    assert.deepEqual(await scene.recorded(), { one: undefined, two: undefined, three: undefined });
    assert.deepEqual(
      [await scene.share('two').filesAside(), await scene.share('three').filesAside()],
      [1, 0],
    );
  });

  it('of one target leaves the others as they are, and refuses one without a copy', async () => {
    scene.share('two').flipBit(scene._id, 3);
    assert.equal((await repaired(scene.order(), 'one')).mended, 0);
    assert.deepEqual(await scene.good(), ['one']);
    await assert.rejects(repaired(scene.order(), 'three'), { code: 'archiver.copy-elsewhere' });
    assert.equal((await repaired(scene.order(), 'two')).mended, 1);
    await isMended(1);
  });

  for (const [what, trouble] of Object.entries<() => void>({
    away: () => void (scene.share('two').gone = true),
    'mounted for reading only': () => {
      scene.share('two').flipBit(scene._id, 3);
      scene.share('two').readOnly = true;
    },
  }))
    it(`waits for a share that is ${what}, and says nothing of its copy`, async () => {
      trouble();
      await assert.rejects(repaired(), (error: Error & { code?: string }) =>
        /long-term-storage.(unavailable|read-only)/.test(error.code ?? ''),
      );
      assert.equal((await scene.recorded())['one'], undefined);
      assert.deepEqual(await scene.asideRecords(), []);
    });

  it('waits for a copy that was seen a moment ago and is not there yet', async () => {
    await scene.verify.handle(scene.order(), scene.context);
    await scene.share('two').remove(scene._id);
    await assert.rejects(repaired(), (error: unknown) => isAway(error));
    assert.deepEqual(await scene.recorded(), { one: undefined, two: undefined });
  });

  it('does not touch a file that has changed since it was read', async () => {
    scene.share('two').flipBit(scene._id, 3);
    scene.share('two').watcher = async (step) => {
      if (step !== 'after create on two') return;
      await scene.share('two').remove(scene._id);
      await scene.share('two').put(scene._id, tarContent);
    };
    await assert.rejects(repaired(), { code: 'archiver.copy-changed' });
    assert.deepEqual([await scene.good(), await scene.share('two').filesAside()], [['one', 'two'], 0]);
    scene.share('two').watcher = () => undefined;
    await repaired();
    await isMended(0);
  });

  it('makes nothing of a good copy that is damaged while it is copied, and touches nothing', async () => {
    scene.share('two').flipBit(scene._id, 3);
    scene.share('two').watcher = (step) => {
      if (step === 'after create on two') scene.share('one').flipBit(scene._id, 3);
    };
    await assert.rejects(repaired(), { code: 'archiver.no-good-copy' });
    assert.equal(await scene.share('two').filesAside(), 0);
    assert.match((await scene.recorded())['one'] ?? '', /read/);
  });

  it('sets aside what it reads back as other than it was written, and the copy stays damaged', async () => {
    scene.share('two').flipBit(scene._id, 3);
    scene.share('two').watcher = (step) => {
      if (step === 'after commit on two') scene.share('two').flipBit(scene._id, 4);
    };
    await assert.rejects(repaired(), { code: 'archiver.copy-damaged' });
    assert.notEqual((await scene.recorded())['two'], undefined);
    assert.deepEqual([await scene.good(), await scene.share('two').filesAside()], [['one'], 2]);
    scene.share('two').watcher = () => undefined;
    assert.equal((await repaired()).mended, 1);
    await isMended(2);
  });

  it('whose lease is lost sets nothing aside any more', async () => {
    scene.share('two').flipBit(scene._id, 3);
    scene.share('two').watcher = (step) => {
      if (step === 'after create on two') scene.abort(new TransientError('archiver.lease-lost', 'lost'));
    };
    await assert.rejects(repaired(), { code: 'archiver.lease-lost' });
    assert.equal(await scene.share('two').filesAside(), 0);
  });

  it('of a datablock that is discarded meanwhile leaves nothing under its name', async () => {
    scene.share('two').flipBit(scene._id, 3);
    scene.share('two').watcher = async (step) => {
      if (step === 'after commit on two')
        await scene.datablocks.discard({ _id: scene._id, jobId: 'j', pid: 'pid' }, scene.clock.now());
    };
    await assert.rejects(repaired(), { code: 'archiver.copies-changed' });
    assert.deepEqual([await scene.good(), await scene.share('two').filesAside()], [['one'], 2]);
    assert.deepEqual(
      (await scene.asideRecords()).map(({ reset }) => reset),
      [undefined, true],
      'what is left of a discarded datablock goes like the rest of it',
    );
    await assert.rejects(repaired(), { code: 'archiver.datablock-unknown' });
  });

  it('of a copy that another one mends in the same moment keeps that one', async () => {
    scene.share('two').flipBit(scene._id, 3);
    scene.share('two').watcher = async (step) => {
      if (step !== 'after set aside on two') return;
      scene.share('two').watcher = () => undefined;
      await repaired();
    };
    await assert.rejects(repaired(), (error: unknown) => isRetriable(error));
    await isMended(1);
  });

  it('that is delivered twice does its work once, and reports the same', async () => {
    scene.share('two').flipBit(scene._id, 3);
    const order = scene.order();
    const first = await repaired(order);
    assert.deepEqual(await repaired(order), first);
    await isMended(1);
  });

  it('of a datablock of another dataset is refused', async () => {
    await assert.rejects(repaired({ ...scene.order(), pid: 'another' }), {
      code: 'archiver.datablock-foreign',
    });
    await assert.rejects(repaired({ ...scene.order(), archiveId: newId() }), {
      code: 'archiver.datablock-unknown',
    });
  });

  it('whose worker dies at any step is repeated to the same end', async () => {
    for (let step = 1; ; step += 1) {
      let steps = 0;
      const crashing = { isOn: false };
      const mortal = new TendedCopies(() => {
        if (crashing.isOn && (steps += 1) >= step) throw new Error('dead');
      });
      await mortal.archived();
      mortal.share('two').flipBit(mortal._id, 3);
      const order = mortal.order();
      crashing.isOn = true;
      const isDead = await mortal.repair.handle(order, mortal.context).then(
        () => false,
        () => true,
      );
      crashing.isOn = false;
      const { envelope } = await mortal.repair.handle(order, { ...mortal.context, epoch: 2 });
      assert.deepEqual(
        [(envelope?.data as unknown as DatablockRepairedV1).mended, await mortal.good()],
        [1, ['one', 'two']],
        `step ${step}`,
      );
      assert.deepEqual(await mortal.recorded(), { one: undefined, two: undefined });
      assert.deepEqual(
        [await mortal.share('two').filesAside(), (await mortal.asideRecords()).length],
        [1, 1],
      );
      if (!isDead) return assert.ok(step > 10);
    }
  });

  it('keeps what a file is that lay in the place of another', async () => {
    const content = Buffer.from('the tar of another');
    await scene.share('two').remove(scene._id);
    await scene.share('two').put(scene._id, content);
    await repaired();
    assert.equal((await scene.asideRecords())[0]?.sha256, sha256Of(content));
  });
});
