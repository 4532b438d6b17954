import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { CopyMovedV1 } from '#contracts';
import { isAway, TransientError } from '#kernel';
import { tarContent, TendedCopies } from '../testing/tended-copies.js';

/** Once, and then as before. */
function once(instead: () => Promise<void>): () => Promise<void> {
  let calls = 0;
  // The first look is before anything is read, the second before the copy leaves the record.
  return () => ((calls += 1) === 2 ? instead() : Promise.resolve());
}

describe('A move of a copy', () => {
  let scene: TendedCopies;
  beforeEach(async () => {
    scene = new TendedCopies();
    await scene.archived();
  });
  const order = (from = 'one', to = 'three') => ({ ...scene.order(), from, to });
  const moved = async (given = order()): Promise<CopyMovedV1> =>
    (await scene.move.handle(given, scene.context)).envelope!.data as unknown as CopyMovedV1;
  async function isMoved(asides = 1): Promise<void> {
    assert.deepEqual(await scene.good(), ['two', 'three']);
    assert.deepEqual(await scene.recorded(), { two: undefined, three: undefined });
    assert.deepEqual(
      [await scene.share('one').filesAside(), (await scene.asideRecords()).length],
      [asides, asides],
    );
    const { copies } = (await scene.store.datablocks.findOne({ _id: scene._id }))!;
    assert.ok(copies.every(({ replaces }) => replaces === undefined));
  }

  it('writes the new one, reads it back, and only then takes the old one away, for a while', async () => {
    const steps: string[] = [];
    for (const share of scene.shares) share.watcher = (step) => void steps.push(step);
    const { targets, placement } = await moved();
    assert.deepEqual([targets, placement], [['two', 'three'], 2]);
    await isMoved();
    const [readBack, gone] = [
      steps.lastIndexOf('after read on three'),
      steps.indexOf('before set aside on one'),
    ];
    assert.ok(steps.indexOf('after commit on three') < readBack && readBack < gone, steps.join('\n'));
    assert.equal(scene.share('one').freshReads, 1);
    const [aside] = await scene.asideRecords();
    assert.deepEqual([aside?.share, aside?.replacedBy], ['one', 'three']);
    await scene.verify.handle(scene.order(), scene.context);
  });

  it('of a copy that is damaged makes the new one from another that proves good', async () => {
    scene.share('one').flipBit(scene._id, 3);
    await moved();
    await isMoved();
  });

  it('of a datablock without any good copy touches nothing', async () => {
    for (const name of ['one', 'two']) scene.share(name).flipBit(scene._id, 3);
    await assert.rejects(moved(), { code: 'archiver.no-good-copy' });
    assert.deepEqual(
      [await scene.share('three').stat(scene._id), await scene.asideRecords()],
      [undefined, []],
    );
    assert.deepEqual(Object.keys(await scene.recorded()), ['one', 'two']);
  });

  it('to a target that has a copy, or from one that has none, is refused', async () => {
    await assert.rejects(moved(order('one', 'two')), { code: 'archiver.copy-there' });
    await scene.store.datablocks.updateOne(
      { _id: scene._id },
      {
        $pull: { copies: { share: 'two' } },
      },
    );
    await assert.rejects(moved(order('two', 'three')), { code: 'archiver.copy-elsewhere' });
    assert.deepEqual([await scene.good(), await scene.asideRecords()], [['one', 'two'], []]);
  });

  it('that was done before is done, by whichever order', async () => {
    await moved();
    const { targets, placement } = await moved();
    assert.deepEqual([targets, placement], [['two', 'three'], 2]);
    await isMoved();
  });

  it('takes what lies unlisted under the name: good bytes stay, others are set aside', async () => {
    await scene.share('three').put(scene._id, tarContent);
    const mark = await scene.share('three').markOf(scene._id);
    await moved();
    assert.equal(await scene.share('three').markOf(scene._id), mark);
    await isMoved();
    scene = new TendedCopies();
    await scene.archived();
    await scene.share('three').put(scene._id, Buffer.from('something else'));
    await moved();
    assert.deepEqual([await scene.good(), await scene.share('three').filesAside()], [['two', 'three'], 1]);
  });

  it('whose new copy is read back as another keeps the old one', async () => {
    scene.share('three').watcher = (step) => {
      if (step === 'after commit on three') scene.share('three').flipBit(scene._id, 3);
    };
    await assert.rejects(moved(), { code: 'archiver.copy-damaged' });
    assert.deepEqual(await scene.recorded(), { one: undefined, two: undefined });
    assert.deepEqual([await scene.good(), await scene.share('three').filesAside()], [['one', 'two'], 1]);
  });

  it('between two names of one place keeps the only file', async () => {
    const [one, three] = [scene.share('one'), scene.share('three')];
    for (const method of ['stat', 'markOf', 'read', 'removePartials', 'ensureRoom', 'create'] as const)
      (three as unknown as Record<string, unknown>)[method] = one[method].bind(one);
    await assert.rejects(moved(), { code: 'archiver.share-twice' });
    assert.deepEqual([Object.keys(await scene.recorded()), await one.filesAside()], [['two', 'one'], 0]);
    assert.ok(await one.stat(scene._id));
  });

  it('between two names of one place whose worker dies when the only file is set aside gives it back', async () => {
    const [one, three] = [scene.share('one'), scene.share('three')];
    for (const method of ['stat', 'markOf', 'read', 'removePartials', 'ensureRoom', 'create'] as const)
      (three as unknown as Record<string, unknown>)[method] = one[method].bind(one);
    const given = await scene.accepted(order());
    one.watcher = (step) => {
      if (step === 'after set aside on one') throw new Error('dead');
    };
    await assert.rejects(moved(given), /dead/);
    one.watcher = () => undefined;
    assert.equal(await one.stat(scene._id), undefined);
    await assert.rejects(moved(given), { code: 'archiver.share-twice' });
    assert.deepEqual(await scene.recorded(), { two: undefined, one: undefined });
    assert.ok(await one.stat(scene._id));
    assert.equal(await one.filesAside(), 0);
  });

  it('whose new file goes after the old one did has the old one back, and ends', async () => {
    const given = await scene.accepted(order());
    scene.share('one').watcher = async (step) => {
      if (step === 'after set aside on one') await scene.share('three').remove(scene._id);
    };
    await assert.rejects(moved(given), { code: 'archiver.copy-damaged' });
    assert.deepEqual(await scene.good(), ['one', 'two']);
    // Another file than the one that was read back.
    assert.match((await scene.recorded())['one'] ?? '', /not read since/);
    assert.deepEqual(Object.keys(await scene.recorded()), ['two', 'one']);
  });

  for (const [what, trouble] of Object.entries({
    'the new target is away': () => {
      scene.share('three').gone = true;
    },
    'the new target is full': () => {
      scene.share('three').capacity = 3;
    },
    'the old target is read-only': () => {
      scene.share('one').readOnly = true;
    },
  }))
    it(`waits while ${what}, and goes on`, async () => {
      trouble();
      const given = order();
      for (let look = 0; look < 2; look += 1)
        await assert.rejects(moved(given), (error: Error & { code?: string }) =>
          /long-term-storage.(unavailable|full|read-only)/.test(error.code ?? ''),
        );
      assert.deepEqual(await scene.asideRecords(), []);
      assert.deepEqual(Object.keys(await scene.recorded()), ['one', 'two']);
      assert.equal(scene.share('one').reads + scene.share('two').reads, 0, 'nothing is read in vain');
      Object.assign(scene.share('three'), { gone: false, capacity: 1000 });
      scene.share('one').readOnly = false;
      await moved(given);
      await isMoved();
    });

  it('waits for a target that this archiver does not have', async () => {
    await assert.rejects(moved(order('one', 'elsewhere')), (error: unknown) => isAway(error));
  });

  it('of a datablock that is discarded meanwhile leaves no file under its name', async () => {
    scene.share('three').watcher = async (step) => {
      if (step === 'after commit on three')
        await scene.datablocks.discard({ _id: scene._id, jobId: 'j', pid: 'pid' }, scene.clock.now());
    };
    await assert.rejects(moved(), { code: 'archiver.copies-changed' });
    assert.deepEqual([await scene.good(), await scene.share('three').filesAside()], [['one', 'two'], 1]);
    assert.equal((await scene.asideRecords())[0]?.reset, true);
  });

  it('keeps the old copy when the new one is found damaged before that goes', async () => {
    const given = order();
    scene.share('three').watcher = (step) => {
      if (step === 'after read on three') scene.abort(new TransientError('archiver.stopping', 'stopping'));
    };
    await assert.rejects(moved(given));
    const stored = (await scene.store.datablocks.findOne({ _id: scene._id }))!;
    assert.deepEqual(stored.copies.map(({ share }) => share).sort(), ['one', 'two']);
    const replaced = { share: 'three', verifiedAt: scene.clock.now(), replaces: 'one' };
    assert.ok(await scene.datablocks.copyAdded(stored, replaced));
    await scene.records.damaged(scene._id, replaced, 'rot');
    await assert.rejects(
      scene.move.handle(given, { ...scene.context, signal: new AbortController().signal }),
      { code: 'archiver.copy-damaged' },
    );
    assert.ok(await scene.share('one').stat(scene._id));
    assert.equal((await scene.recorded())['one'], undefined);
  });

  const stops = async (given: ReturnType<typeof order>, when: string): Promise<void> => {
    const stop = new AbortController();
    for (const share of scene.shares)
      share.watcher = (step) => {
        if (step === when) stop.abort(new TransientError('archiver.cancelled', 'cancelled'));
      };
    await assert.rejects(scene.move.handle(given, { ...scene.context, signal: stop.signal }));
    for (const share of scene.shares) share.watcher = () => undefined;
  };

  it('that is cancelled takes the new copy back, recorded or not', async () => {
    const given = await scene.accepted(order());
    await stops(given, 'after read on three');
    assert.deepEqual(await scene.good(), ['one', 'two', 'three']);
    assert.deepEqual(Object.keys(await scene.recorded()), ['one', 'two']);
    await scene.move.undo(given);
    await scene.move.undo(given);
    assert.deepEqual([await scene.good(), await scene.share('three').filesAside()], [['one', 'two'], 1]);
    const again = await scene.accepted(order());
    // The record of the new copy is the last thing that it does.
    scene.share('one').assertWritable = once(() => Promise.reject(new TransientError('test.away', 'away')));
    await assert.rejects(moved(again), { code: 'test.away' });
    assert.deepEqual(Object.keys(await scene.recorded()), ['one', 'two', 'three']);
    await scene.move.undo(again);
    await scene.move.undo(again);
    assert.deepEqual([await scene.good(), await scene.share('three').filesAside()], [['one', 'two'], 2]);
    assert.deepEqual(await scene.recorded(), { one: undefined, two: undefined });
  });

  it('that is cancelled leaves a file that it did not make where it lies', async () => {
    const given = await scene.accepted(order());
    await scene.share('three').put(scene._id, tarContent);
    await scene.move.undo(given);
    const stored = (await scene.store.datablocks.findOne({ _id: scene._id }))!;
    await scene.datablocks.copyAdded(stored, {
      ...{ share: 'three', verifiedAt: scene.clock.now(), replaces: 'one' },
    });
    await scene.move.undo(given);
    assert.deepEqual([await scene.good(), await scene.asideRecords()], [['one', 'two', 'three'], []]);
    assert.deepEqual(await scene.recorded(), { one: undefined, two: undefined });
  });

  it('that is cancelled when the old file is gone keeps the new one', async () => {
    const given = await scene.accepted(order());
    scene.share('one').assertWritable = once(() => Promise.reject(new TransientError('test.away', 'away')));
    await assert.rejects(moved(given), { code: 'test.away' });
    await scene.share('one').remove(scene._id);
    await scene.move.undo(given);
    assert.deepEqual(await scene.good(), ['two', 'three']);
    assert.deepEqual(await scene.recorded(), { two: undefined, three: undefined });
  });

  it('that is cancelled when it has gone too far is ended', async () => {
    const given = order();
    const stored = (await scene.store.datablocks.findOne({ _id: scene._id }))!;
    await scene.share('three').put(scene._id, tarContent);
    await scene.datablocks.copyAdded(stored, {
      ...{ share: 'three', verifiedAt: scene.clock.now(), replaces: 'one' },
    });
    assert.ok(await scene.datablocks.copyRemoved(scene._id, 'one', 'three'));
    await scene.move.undo(given);
    assert.deepEqual(await scene.good(), ['two', 'three']);
    await isMoved();
  });

  it('that is cancelled before it made anything is over, though no archiver has both targets', async () => {
    await scene.move.undo(order('one', 'elsewhere'));
    assert.deepEqual(await scene.recorded(), { one: undefined, two: undefined });
  });

  for (const [what, change] of Object.entries({
    'was never compared': async () => {
      await scene.store.datablocks.updateOne(
        { _id: scene._id, 'copies.share': 'three' },
        { $unset: { 'copies.$.mark': '' } },
      );
      scene.share('three').flipBit(scene._id, 3);
    },
    'is another by now': () => Promise.resolve(scene.share('three').flipBit(scene._id, 3)),
    'is gone by now': async () => {
      await scene.share('three').remove(scene._id);
      scene.clock.advance(86_400_000);
    },
  }))
    it(`that is taken up again gives up no copy for a file that ${what}, and ends`, async () => {
      const given = await scene.accepted(order());
      scene.share('one').assertWritable = once(() => Promise.reject(new TransientError('test.away', 'away')));
      await assert.rejects(moved(given), { code: 'test.away' });
      await change();
      await assert.rejects(moved(given), { code: 'archiver.copies-changed' });
      await assert.rejects(moved(given), { code: 'archiver.copy-damaged' });
      assert.deepEqual([await scene.good(), await scene.asideRecords()], [['one', 'two'], []]);
      const { one, three } = await scene.recorded();
      assert.equal(one, undefined);
      assert.match(three ?? '', /expected SHA-256|it is missing/);
    });

  it('that is taken up again reads a file that is another, and goes on if its bytes are the same', async () => {
    const given = await scene.accepted(order());
    scene.share('one').assertWritable = once(() => Promise.reject(new TransientError('test.away', 'away')));
    await assert.rejects(moved(given), { code: 'test.away' });
    await scene.share('three').remove(scene._id);
    await scene.share('three').put(scene._id, tarContent);
    const before = scene.share('three').freshReads;
    await moved(given);
    assert.equal(scene.share('three').freshReads, before + 1);
    await isMoved();
  });

  it('that was over before its cancellation came is not undone', async () => {
    const given = order();
    await moved(given);
    await scene.move.undo(given);
    await isMoved();
  });

  it('whose worker dies at any step is repeated to the same end', async () => {
    for (let step = 1; ; step += 1) {
      let steps = 0;
      const crashing = { isOn: false };
      scene = new TendedCopies(() => {
        if (crashing.isOn && (steps += 1) >= step) throw new Error('dead');
      });
      await scene.archived();
      const given = order();
      crashing.isOn = true;
      const isDead = await scene.move.handle(given, scene.context).then(
        () => false,
        () => true,
      );
      crashing.isOn = false;
      assert.ok((await scene.good()).length >= 2, `two good files whatever happens, step ${step}`);
      const { envelope } = await scene.move.handle(given, { ...scene.context, epoch: 2 });
      assert.deepEqual((envelope?.data as unknown as CopyMovedV1).targets, ['two', 'three'], `step ${step}`);
      await isMoved();
      if (!isDead) return assert.ok(step > 10);
    }
  });
});
