import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { PermanentError } from '#kernel';
import { createLogger } from '#observability';
import type { CatalogueWord } from '../catalog/catalogue-word.js';
import { sha256Of, TendedCopies } from '../testing/tended-copies.js';
import type { DataElsewhere } from './data-elsewhere.js';
import { FormerCopies } from './former-copies.js';
import { SetAsideSweep } from './set-aside-sweep.js';

const grace = 7 * 86_400_000;

describe('A file that a repair or a move has set aside', () => {
  let scene: TendedCopies;
  let sweep: SetAsideSweep;
  /** How often somebody asked whether its files are elsewhere. */
  let asked: number;

  beforeEach(async () => {
    scene = new TendedCopies();
    await scene.archived();
    asked = 0;
    // The catalogue lists the datablock all the time: its other copies are there.
    const catalogue = { lists: () => Promise.resolve(true) } as unknown as CatalogueWord;
    const elsewhere = {
      assert: () => {
        asked += 1;
        return Promise.reject(new PermanentError('archiver.originals-missing', 'gone'));
      },
    } as unknown as DataElsewhere;
    sweep = new SetAsideSweep(
      ...([scene.store, scene.asides, catalogue, elsewhere] as const),
      new FormerCopies(scene.datablocks, scene.shares),
      createLogger('former-copies.spec', 'silent'),
    );
    scene.share('two').flipBit(scene._id, 3);
  });
  const sweepAll = async (): Promise<void> => {
    while (await sweep.round());
  };
  const repair = () => scene.repair.handle(scene.order(), scene.context);
  const move = () => scene.move.handle({ ...scene.order(), from: 'one', to: 'three' }, scene.context);
  const left = async (name: string): Promise<number[]> => [
    await scene.share(name).filesAside(),
    (await scene.asideRecords()).filter(({ share }) => share === name).length,
  ];

  it('goes after its grace period, and is never brought back by itself, though the catalogue lists its datablock', async () => {
    await repair();
    await move();
    scene.clock.advance(grace - 1);
    await sweepAll();
    assert.deepEqual(
      [await left('one'), await left('two')],
      [
        [1, 1],
        [1, 1],
      ],
    );
    scene.clock.advance(1);
    await sweepAll();
    assert.deepEqual(
      [await left('one'), await left('two')],
      [
        [0, 0],
        [0, 0],
      ],
    );
    assert.deepEqual([await scene.good(), asked], [['two', 'three'], 0]);
  });

  it('stays while a copy of its datablock is damaged, and goes when all are good', async () => {
    await repair();
    const { copies } = (await scene.store.datablocks.findOne({ _id: scene._id }))!;
    await scene.records.damaged(scene._id, copies[0]!, 'rot');
    scene.clock.advance(grace);
    await sweepAll();
    assert.deepEqual(await left('two'), [1, 1]);
    await repair();
    scene.clock.advance(2 * 3_600_000);
    await sweepAll();
    assert.deepEqual(await left('two'), [0, 0]);
  });

  it('stays while it holds what another datablock lacks: two files may have been swapped', async () => {
    const other = Buffer.from('the tar of another');
    await scene.share('two').remove(scene._id);
    await scene.share('two').put(scene._id, other);
    const record = scene.recordOf('pid/other/0.tar', ['two'], sha256Of(other));
    const damaged = { at: scene.clock.now(), found: 'it holds another' };
    await scene.store.datablocks.insertOne({ ...record, copies: [{ ...record.copies[0]!, damaged }] });
    await repair();
    scene.clock.advance(grace);
    await sweepAll();
    assert.deepEqual(await left('two'), [1, 1]);
    await scene.store.datablocks.updateOne({ _id: record._id }, { $set: { copies: record.copies } });
    scene.clock.advance(2 * 3_600_000);
    await sweepAll();
    assert.deepEqual(await left('two'), [0, 0]);
  });

  for (const [what, change] of Object.entries({
    'no file lies in its place: the two targets may be one': () => scene.share('three').remove(scene._id),
    'the file in its place has another size': async () => {
      await scene.share('three').remove(scene._id);
      await scene.share('three').put(scene._id, Buffer.from('half'));
    },
  }))
    it(`stays while ${what}`, async () => {
      await repair();
      await move();
      await change();
      scene.clock.advance(grace);
      await sweepAll();
      assert.deepEqual(await left('one'), [1, 1]);
    });

  it('goes when the copy that took its place has moved on', async () => {
    await repair();
    await move();
    const on = { ...scene.order(), from: 'three', to: 'one' };
    await scene.move.handle(on, scene.context);
    scene.clock.advance(grace);
    await sweepAll();
    assert.deepEqual([await left('one'), await left('three')].flat(), [0, 0, 0, 0]);
    assert.deepEqual(await scene.good(), ['one', 'two']);
  });

  it('of a datablock that was discarded since goes like the others of it: not before its files are elsewhere', async () => {
    await move();
    await scene.datablocks.discard({ _id: scene._id, jobId: 'j', pid: 'pid' }, scene.clock.now());
    scene.clock.advance(grace);
    await sweepAll();
    assert.deepEqual([await left('one'), asked], [[1, 1], 1]);
  });

  it('that an operator brings back is a copy again, which counts as damaged until it was read', async () => {
    await move();
    const [aside] = await scene.asideRecords();
    await scene.asides.bringBack(await scene.asides.take(aside!._id));
    assert.match((await scene.recorded())['one'] ?? '', /not read since/);
    scene.clock.advance(grace);
    await repair();
    await scene.verify.handle(scene.order(), scene.context);
    assert.deepEqual(await scene.recorded(), { one: undefined, two: undefined, three: undefined });
    assert.deepEqual(await scene.good(), ['one', 'two', 'three']);
  });

  it('that an operator brings back counts as damaged also where its target has a copy by the record', async () => {
    await repair();
    const [bad] = await scene.asideRecords();
    // The mended copy is discarded with the whole datablock; what comes back is the bad one.
    await scene.datablocks.discard({ _id: scene._id, jobId: 'j', pid: 'pid' }, scene.clock.now());
    await scene.share('two').remove(scene._id);
    const states: string[] = [];
    const { datablocks } = scene;
    const bringBack = datablocks.bringBack.bind(datablocks);
    datablocks.bringBack = async (which) => {
      states.push((await scene.recorded())['two'] ?? 'good');
      return bringBack(which);
    };
    await scene.asides.bringBack(await scene.asides.take(bad!._id));
    assert.equal((await datablocks.found(scene._id))?.state, 'verified');
    assert.match((await scene.recorded())['two'] ?? '', /not read since/);
    assert.match(states.join(), /not read since/, 'before it is called verified');
    assert.deepEqual(Object.keys(await scene.recorded()), ['one', 'two']);
    await repair();
    assert.deepEqual(await scene.good(), ['one', 'two']);
  });

  it('does not take the name from the copy that was mended', async () => {
    await repair();
    const [aside] = await scene.asideRecords();
    await assert.rejects(
      scene.asides.take(aside!._id).then((taken) => scene.asides.bringBack(taken)),
      {
        code: 'long-term-storage.already-exists',
      },
    );
    assert.deepEqual(await scene.good(), ['one', 'two']);
  });
});
