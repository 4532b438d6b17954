import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { ShareModes } from '../persistence/share-modes.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { silence } from '../persistence/operators/worker-record.js';
import { isAlive, isWorkerClosed, scopeOf, Workers } from '../persistence/operators/workers.js';

const day = 86_400_000;

describe('What operators say of a worker, or a share', () => {
  let clock: ManualClock;
  let store: ArchiverStore;
  let modes: ShareModes;
  const olga = { by: 'olga', reason: 'drive 3 is out', entry: 'e1' };
  const anna = { by: 'anna', reason: 'the same', entry: 'e2' };

  beforeEach(() => {
    clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
    store = memoryArchiverStore();
    modes = new ShareModes(store, clock);
  });

  it('has it take nothing new until its time is over, or it is to run again', async () => {
    const isClosed = () => isWorkerClosed(store, 'h:1', clock.now());
    const until = new Date(clock.now().getTime() + 1000);
    await modes.set(scopeOf('h:1'), 'pause', { ...olga, until });
    assert.deepEqual([await isClosed(), await isWorkerClosed(store, 'h:2', clock.now())], [true, false]);
    clock.advance(1000);
    assert.equal(await isClosed(), false);
    await modes.set(scopeOf('h:1'), 'drain', { ...olga, entry: 'e3' });
    assert.equal(await isClosed(), true);
    await modes.set(scopeOf('h:1'), 'run', anna);
    assert.equal(await isClosed(), false);
    for (const entry of ['e1', 'e2', 'e3'])
      assert.ok(await modes.saidUnder(scopeOf('h:1'), entry), `${entry} is known, whatever was said since`);
  });

  it('is not said twice by two: the second is told who did, when and why, and the first may say it anew', async () => {
    await modes.set('disk', 'pause', olga);
    await assert.rejects(modes.set('disk', 'pause', anna), (error: Error & { code?: string }) => {
      assert.match(error.message, /mode pause by olga since 2026-01-01T00:00:00.000Z: drive 3 is out/);
      return error.code === 'operations.changed-meanwhile';
    });
    await modes.set('disk', 'pause', { ...olga, reason: 'both drives are out' });
    assert.equal((await modes.of('disk'))?.reason, 'both drives are out');
  });

  it('of another is made stricter, or laxer, by who has seen it only; to have it run again, nobody needs to', async () => {
    await modes.set('disk', 'drain', olga);
    const since = (await modes.of('disk'))!.since;
    clock.advance(1000);
    const refused = { code: 'operations.changed-meanwhile' };
    await assert.rejects(modes.set('disk', 'pause', anna), refused);
    await assert.rejects(modes.set('disk', 'pause', { ...anna, seen: clock.now() }), refused);
    assert.equal((await modes.set('disk', 'pause', { ...anna, seen: since }))?.by, 'olga');
    await assert.rejects(modes.set('disk', 'drain', olga), refused);
    await assert.rejects(modes.set('disk', 'run', { ...olga, seen: since }), refused);
    assert.equal((await modes.set('disk', 'run', olga))?.by, 'anna');
  });

  for (const before of ['nothing', 'run'] as const)
    it(`is not painted over by who looked before it was said, where ${before} was said`, async () => {
      if (before === 'run') await modes.set('disk', 'run', { ...olga, entry: 'e0' });
      const steering = store.steering;
      const racing = Object.create(steering, {
        updateOne: {
          value: async (...given: Parameters<typeof steering.updateOne>) => {
            await modes.set('disk', 'drain', olga);
            return steering.updateOne(...given);
          },
        },
      }) as typeof steering;
      const other = new ShareModes({ ...store, steering: racing } as ArchiverStore, clock);
      await assert.rejects(other.set('disk', 'pause', anna), /found mode drain by olga/);
      const found = await modes.of('disk');
      assert.deepEqual([found?.mode, found?.by], ['drain', 'olga']);
    });

  it('goes with a worker that was not seen for a day; one that is alive is kept', async () => {
    const workers = new Workers(store);
    const seen = (_id: string) =>
      workers.seen({
        ...{ _id, host: 'h', pid: 1, version: '1', slots: 1, works: 0, targets: [] },
        ...{ seenAt: clock.now(), startedAt: clock.now() },
      });
    await seen('h:1');
    await modes.set(scopeOf('h:1'), 'pause', olga);
    clock.advance(silence);
    assert.equal(isAlive((await workers.find('h:1'))!, clock.now()), false);
    clock.advance(day);
    await seen('h:2');
    await workers.forgetOld(clock.now());
    assert.deepEqual(
      [(await workers.all()).map(({ _id }) => _id), await store.steering.countDocuments({})],
      [['h:2'], 0],
    );
    await workers.gone('h:2');
    assert.deepEqual(await workers.all(), []);
  });

  it('holds over a restart in good order, and a day after the end is over: a later one of the name takes work', async () => {
    const workers = new Workers(store);
    const seen = () =>
      workers.seen({
        ...{ _id: 'h:1', host: 'h', pid: 1, version: '1', slots: 1, works: 0, targets: [] },
        ...{ seenAt: clock.now(), startedAt: clock.now() },
      });
    const isClosed = () => isWorkerClosed(store, 'h:1', clock.now());
    const sweepAfter = (milliseconds: number) => {
      clock.advance(milliseconds);
      return workers.forgetOld(clock.now());
    };
    await seen();
    await modes.set(scopeOf('h:1'), 'pause', olga);
    await modes.set('disk', 'pause', olga);
    await sweepAfter(day);
    await workers.gone('h:1');
    await sweepAfter(silence);
    await sweepAfter(day - silence);
    await seen();
    await sweepAfter(silence);
    assert.equal(await isClosed(), true, 'it was away for less than a day');
    await workers.gone('h:1');
    await sweepAfter(0);
    await sweepAfter(day);
    assert.equal(await isClosed(), true);
    await sweepAfter(1);
    assert.equal(await isClosed(), false);
    assert.equal((await modes.of('disk'))?.mode, 'pause', 'what is said of shares stays');
  });
});
