import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { isAway } from '#kernel';
import { MemoryObjectStore } from '#storage/testing';
import type { ArchiverConfig } from '../archiver.config.js';
import { retrievalArea } from '../testing/retrieval-area.js';
import type { RetrieveDatablockHandler } from '../retrieve-datablock/retrieve-datablock.handler.js';
import { retrieveHandler } from '../testing/retrieve-handler.js';
import { TendedCopies } from '../testing/tended-copies.js';

describe('Whoever reads a copy that moves meanwhile', () => {
  let scene: TendedCopies;
  let retrieve: RetrieveDatablockHandler;
  let objects: MemoryObjectStore;

  beforeEach(async () => {
    scene = new TendedCopies();
    await scene.archived(['one']);
    const config = {
      ...{ lease: 60_000, retrievedLifetime: 1000, retrievalBucket: 'retrieval' },
    } as ArchiverConfig;
    objects = new MemoryObjectStore();
    await objects.ensureBucket('retrieval');
    const { lock } = retrievalArea({ store: scene.store, objects, clock: scene.clock, config });
    const { datablocks, shares, records, clock } = scene;
    retrieve = retrieveHandler({ datablocks, objects, lock, shares, records, config, clock });
  });

  const moving = { from: 'one', to: 'two' };
  /** The only copy is moved just before, or just after, it is opened by another worker. */
  function movesWhen(step: string): void {
    const share = scene.share('one');
    share.watcher = async (seen) => {
      if (seen !== step) return;
      share.watcher = () => undefined;
      await scene.move.handle({ ...scene.order(), ...moving }, scene.context);
    };
  }
  const isRetrieved = async (): Promise<boolean> =>
    (await objects.head('retrieval', scene._id))?.size !== undefined;
  const waits = (error: unknown): boolean => {
    assert.equal((error as { code?: string }).code, 'archiver.copies-changed');
    return isAway(error);
  };

  it('goes on reading the file it has opened', async () => {
    movesWhen('after read on one');
    await retrieve.handle(scene.order(), scene.context);
    assert.deepEqual([await isRetrieved(), await scene.good()], [true, ['two']]);
  });

  it('finds it where it lies now, at the next try, and no copy is called lost', async () => {
    movesWhen('before read on one');
    await assert.rejects(retrieve.handle(scene.order(), scene.context), waits);
    assert.deepEqual(await scene.recorded(), { two: undefined });
    await retrieve.handle(scene.order(), scene.context);
    assert.equal(await isRetrieved(), true);
  });

  it('to verify it, reads it where it lies now', async () => {
    movesWhen('before read on one');
    await assert.rejects(scene.verify.handle(scene.order(), scene.context), waits);
    await scene.verify.handle(scene.order(), scene.context);
    assert.deepEqual(await scene.recorded(), { two: undefined });
  });

  it('to mend it, does not make it anew where it has left', async () => {
    movesWhen('before read on one');
    await assert.rejects(scene.repair.handle(scene.order(), scene.context), (error: unknown) => {
      const { code } = error as { code?: string };
      return code === 'archiver.copies-changed' || code === 'archiver.copy-changed';
    });
    assert.equal(await scene.share('one').stat(scene._id), undefined);
    await scene.repair.handle(scene.order(), scene.context);
    assert.deepEqual(await scene.good(), ['two']);
  });

  it('of whom one mends and one moves at once leaves the copies that the record lists, and no other file', async () => {
    scene = new TendedCopies();
    await scene.archived();
    scene.share('two').flipBit(scene._id, 3);
    scene.share('two').watcher = async (step) => {
      if (step !== 'after set aside on two') return;
      scene.share('two').watcher = () => undefined;
      await scene.move.handle({ ...scene.order(), from: 'two', to: 'three' }, { ...scene.context, epoch: 7 });
    };
    await assert.rejects(scene.repair.handle(scene.order(), scene.context));
    await scene.repair.handle(scene.order(), scene.context);
    assert.deepEqual(await scene.good(), ['one', 'three']);
    assert.deepEqual(await scene.recorded(), { one: undefined, three: undefined });
  });
});
