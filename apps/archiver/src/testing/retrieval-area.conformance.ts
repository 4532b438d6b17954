import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { WorkDeferred } from '../domain/work.js';
import { AreaFigures } from '../persistence/area-figures.js';
import type { OpenStore } from './real-archiver-store.js';
import {
  bucket,
  by,
  context,
  full,
  hour,
  mebibyte,
  minute,
  outcome,
  quotaFull,
  RetrievalScene,
} from './retrieval-area.js';

const third = Math.floor(mebibyte / 3);

/** What holds for room in the retrieval bucket, in memory and in a database. */
export function retrievalAreaConformance(name: string, open: () => Promise<OpenStore>): void {
  describe(`The retrieval area in ${name}`, () => {
    const scene = new RetrievalScene(open);
    const { limit, retrieve, inBucket } = scene;

    it('holds what fits; the next one waits, and is told with numbers why, until when, and for how long', async () => {
      await retrieve('a', mebibyte / 2);
      await retrieve('b', mebibyte / 4);
      const error = await retrieve('c', mebibyte / 2).catch((thrown: unknown) => thrown);
      assert(error instanceof WorkDeferred);
      assert.deepEqual([error.code, error.pause], [full, minute]);
      assert.equal(
        error.message,
        'It waits for room in the retrieval area: it asks for 524288 bytes, 262144 of 1048576 are free (RETRIEVAL_SPACE). Copies are kept there until 2026-01-01T01:00:00.000Z or longer; whoever has fetched theirs can release them.',
      );
      assert.deepEqual(await inBucket(), ['a', 'b'], 'nothing of it was read');
      scene.clock.advance(hour - 2000);
      const again = await retrieve('c', mebibyte / 2).catch((thrown: unknown) => thrown);
      assert.equal((again as WorkDeferred).pause, 2000, 'it looks again when the first copy goes');
    });

    it('is never fuller than it may be, whoever asks at once; at worst all step back, and then one after the other goes', async () => {
      const ids = Array.from({ length: 12 }, (_, index) => `a${index}`);
      const first = await Promise.all(ids.map((id) => outcome(retrieve(id, third))));
      assert((await inBucket()).length <= 3);
      assert(first.filter((code) => code === full).length >= 9);
      const done: string[] = await inBucket();
      for (let looks = 0; done.length < ids.length && looks < 50; looks += 1) {
        const waiting = ids.filter((id) => !done.includes(id));
        await Promise.all(waiting.map((id) => outcome(retrieve(id, third, by(id), looks + 2))));
        const there = await inBucket();
        assert(there.length <= 3, there.join());
        for (const id of there) {
          if (!done.includes(id)) done.push(id);
          await scene.parts.copies.unpin(id, id, scene.clock.now());
        }
        scene.clock.advance(1000);
      }
      assert.equal(done.length, ids.length, 'each of them came');
    });

    it('is not overfilled by two that each saw the last room before the other one took it', async () => {
      await retrieve('a', mebibyte / 2);
      let meanwhile: Promise<string | undefined> | undefined;
      /** Lets another in between the first look of one and its record. */
      class Late extends AreaFigures {
        override async taken(except: string): Promise<number> {
          const taken = await super.taken(except);
          if (except === 'b' && meanwhile === undefined) {
            meanwhile = outcome(retrieve('c', mebibyte / 2));
            await meanwhile;
          }
          return taken;
        }
      }
      limit({ retrievalSpace: mebibyte }, new Late(scene.opened.store));
      assert.equal(await outcome(retrieve('b', mebibyte / 2)), full);
      assert.equal(await meanwhile, undefined);
      assert.deepEqual(await inBucket(), ['a', 'c']);
      assert.equal(
        await scene.opened.store.retrieved.findOne({ _id: 'b' }),
        null,
        'it holds no room while it waits',
      );
    });

    it('is given first to who came first: a large one is not passed by small ones for ever', async () => {
      await retrieve('a', mebibyte / 2);
      assert.equal(await outcome(retrieve('large', mebibyte)), full);
      scene.clock.advance(1000);
      assert.equal(
        await outcome(retrieve('small', mebibyte / 8)),
        full,
        'it would take the room of the large one',
      );
      await scene.parts.copies.unpin('a', 'a', scene.clock.now());
      assert.equal(await outcome(retrieve('small', mebibyte / 8)), full);
      assert.equal(await outcome(retrieve('large', mebibyte)), undefined);
      await scene.parts.copies.unpin('large', 'large', scene.clock.now());
      assert.equal(await outcome(retrieve('small', mebibyte / 8)), undefined);
      assert.equal(await scene.parts.waits.count(scene.clock.now()), 0);
    });

    it('lets go of the place of an order that does not ask any more', async () => {
      await retrieve('a', mebibyte / 2);
      assert.equal(await outcome(retrieve('cancelled', mebibyte)), full);
      scene.clock.advance(9 * minute);
      assert.equal(await outcome(retrieve('small', mebibyte / 8)), full);
      scene.clock.advance(2 * minute);
      assert.equal(await outcome(retrieve('small', mebibyte / 8)), undefined);
      await scene.parts.expiry.round();
      assert.equal(await scene.opened.store.roomWaits.countDocuments({}), 0);
    });

    it('has no object left that no record tells of, when an expired copy could not be recalled anew', async () => {
      await retrieve('a', mebibyte / 2);
      scene.clock.advance(hour);
      const recall = { name: 'a', archiveId: 'a', bytes: mebibyte / 2 };
      const failing = scene.parts.lock.recall(recall, by('x'), context, () =>
        Promise.reject(new Error('tape')),
      );
      await assert.rejects(failing, /tape/);
      assert.deepEqual(await inBucket(), []);
      assert.equal(await scene.parts.figures.taken(''), 0);
    });

    it('removes what a recall has put there that had lost its hold, also where no record is left', async () => {
      const recall = { name: 'a', archiveId: 'a', bytes: 4 };
      const late = scene.parts.lock.recall(recall, by('x'), context, async () => {
        // It froze: another has taken it over, and let it go.
        await scene.opened.store.retrieved.deleteOne({ _id: 'a' });
        await scene.objects.put(bucket, 'a', Buffer.alloc(4), { size: 4 });
        return { bytes: 4, sha256: 'x' };
      });
      await assert.rejects(late, { code: 'archiver.deferred' });
      scene.clock.advance(1);
      await scene.parts.expiry.round();
      assert.deepEqual([await inBucket(), await scene.parts.figures.taken('')], [[], 0]);
    });

    it('leaves what another has brought meanwhile to that one, when a recall that had lost its hold comes late', async () => {
      const recall = { name: 'a', archiveId: 'a', bytes: 4 };
      const late = scene.parts.lock.recall(recall, by('x'), context, async () => {
        await scene.opened.store.retrieved.deleteOne({ _id: 'a' });
        await retrieve('a', 4, by('y'));
        return { bytes: 4, sha256: 'x' };
      });
      await assert.rejects(late, { code: 'archiver.deferred' });
      scene.clock.advance(1);
      await scene.parts.expiry.round();
      assert.deepEqual(await inBucket(), ['a']);
    });

    it('does not forget a copy that was brought anew between the look at the store and the write', async () => {
      await retrieve('a', 4);
      await scene.objects.remove(bucket, ['a']);
      const looked = scene.parts.lock.present('a', by('x'), {}, async () => {
        await scene.opened.store.retrieved.deleteOne({ _id: 'a' });
        await retrieve('a', 4, by('y'));
        return false;
      });
      assert.equal(await looked, undefined);
      assert.equal((await scene.opened.store.retrieved.findOne({ _id: 'a' }))?.holder, 'y#1');
    });

    it('holds what it removes for as long as the store takes: nobody recalls it meanwhile', async () => {
      limit({ lease: 30 });
      await retrieve('a', 4);
      await scene.parts.copies.unpin('a', 'a', scene.clock.now());
      const { remove } = scene.objects;
      let go: () => void = () => undefined;
      const slow = new Promise<void>((resolve) => (go = resolve));
      scene.objects.remove = async (...asked) => {
        await slow;
        return remove.apply(scene.objects, asked);
      };
      const removal = scene.parts.expiry.round();
      const heldUntil = async () =>
        (await scene.opened.store.retrieved.findOne({ _id: 'a' }))?.until.getTime() ?? 0;
      while ((await scene.opened.store.retrieved.findOne({ _id: 'a' }))?.state !== 'recalling')
        await pause(1);
      for (let beats = 0; beats < 3; beats += 1) {
        scene.clock.advance(20);
        while ((await heldUntil()) < scene.clock.now().getTime() + 30) await pause(1);
      }
      assert.equal(await outcome(retrieve('a', 4, by('y'))), 'archiver.deferred');
      go();
      await removal;
      assert.equal(await outcome(retrieve('a', 4, by('y'))), undefined);
    });

    it('keeps a copy whose arrival was written, though the answer of the database was lost', async () => {
      const { arrived } = scene.parts.copies;
      scene.parts.copies.arrived = async (...args) => {
        await arrived.apply(scene.parts.copies, args);
        throw new Error('the answer was lost');
      };
      await assert.rejects(retrieve('a', mebibyte / 2), /the answer was lost/);
      assert.deepEqual(await inBucket(), ['a']);
      assert.equal((await scene.opened.store.retrieved.findOne({ _id: 'a' }))?.state, 'present');
    });

    it('keeps the record of a recall that failed while the store is away, until both can go', async () => {
      await retrieve('a', mebibyte / 2);
      scene.clock.advance(hour);
      const recall = { name: 'a', archiveId: 'a', bytes: mebibyte / 2 };
      const failing = scene.parts.lock.recall(recall, by('x'), context, () => {
        scene.objects.unavailable = true;
        return Promise.reject(new Error('tape'));
      });
      await assert.rejects(failing, /tape/);
      scene.objects.unavailable = false;
      assert.equal(await scene.parts.figures.taken(''), mebibyte / 2);
      scene.clock.advance(minute + 1);
      await scene.parts.expiry.round();
      assert.deepEqual([await inBucket(), await scene.parts.figures.taken('')], [[], 0]);
    });

    it('gives room that a worker held who died, when its lease is over', async () => {
      const recall = { name: 'a', archiveId: 'a', bytes: mebibyte, ...by('a'), epoch: 1 };
      await scene.parts.copies.take(
        recall,
        scene.clock.now(),
        new Date(scene.clock.now().getTime() + minute),
      );
      assert.deepEqual(await scene.parts.figures.groups(scene.clock.now(), 9), [
        { group: 'g', copies: 1, bytes: mebibyte },
      ]);
      assert.equal(await outcome(retrieve('b', mebibyte / 2)), full);
      scene.clock.advance(minute + 1);
      assert.equal(await outcome(retrieve('b', mebibyte / 2)), undefined);
    });

    it('refuses at once what could never fit, and says whose limit it is', async () => {
      limit({ retrievalSpace: mebibyte, retrievalQuota: mebibyte / 2 });
      assert.equal(await outcome(retrieve('a', mebibyte + 1, by('a', ''))), 'archiver.retrieval-too-large');
      assert.equal(await outcome(retrieve('a', mebibyte / 2 + 1)), 'archiver.retrieval-over-quota');
      assert.equal(await scene.parts.waits.count(scene.clock.now()), 0);
      assert.deepEqual(await inBucket(), []);
    });

    it('counts copies for the group whose jobs have them kept: its full quota keeps nobody else waiting', async () => {
      limit({ retrievalSpace: 4 * mebibyte, retrievalQuota: mebibyte });
      for (const id of ['a', 'b']) await retrieve(id, mebibyte / 2);
      const error = await retrieve('c', mebibyte / 2).catch((thrown: unknown) => thrown);
      assert(error instanceof WorkDeferred);
      assert.equal(error.code, quotaFull);
      assert.match(
        error.message,
        /^It waits for the quota of group g: it asks for 524288 bytes, 1048576 of 1048576 are taken \(RETRIEVAL_QUOTA\)\. Copies are kept there until 2026-01-01T01:00:00\.000Z/,
      );
      assert.equal(await outcome(retrieve('d', mebibyte, by('d', 'h'))), undefined);
      assert.equal(await outcome(retrieve('e', mebibyte, by('e', ''))), undefined, 'of nobody');
      await scene.parts.copies.unpin('a', 'a', scene.clock.now());
      assert.equal(await outcome(retrieve('c', mebibyte / 2)), undefined);
    });

    it('counts a copy that two groups share for both; who has no room for it in the quota does not get it', async () => {
      limit({ retrievalQuota: mebibyte });
      await retrieve('shared', mebibyte / 2);
      await retrieve('own', mebibyte, by('x', 'h'));
      assert.equal(await outcome(retrieve('shared', mebibyte / 2, by('y', 'h'))), quotaFull);
      const pins = async () =>
        (await scene.opened.store.retrieved.findOne({ _id: 'shared' }))?.pins?.map(({ job }) => job);
      assert.deepEqual(await pins(), ['shared']);
      await scene.parts.copies.unpin('own', 'x', scene.clock.now());
      assert.equal(await outcome(retrieve('shared', mebibyte / 2, by('y', 'h'))), undefined);
      assert.deepEqual(await pins(), ['shared', 'y']);
      for (const group of ['g', 'h'])
        assert.equal(await scene.parts.figures.takenBy(group, scene.clock.now(), ''), mebibyte / 2);
      assert.deepEqual(await scene.parts.figures.groups(scene.clock.now(), 10), [
        { group: 'g', copies: 1, bytes: mebibyte / 2 },
        { group: 'h', copies: 1, bytes: mebibyte / 2 },
      ]);
    });

    it('makes room of copies that nobody has kept, at once and the longest unused first, and never of others', async () => {
      for (const id of ['a', 'b', 'c']) {
        await retrieve(id, third);
        scene.clock.advance(1000);
      }
      for (const id of ['c', 'a']) {
        await scene.parts.copies.unpin(id, id, scene.clock.now());
        scene.clock.advance(1000);
      }
      const over: string[] = [];
      for await (const each of scene.parts.copies.over(scene.clock.now(), 10)) over.push(each);
      assert.deepEqual(over, ['c', 'a']);
      await retrieve('d', mebibyte / 2);
      assert.deepEqual(await inBucket(), ['b', 'd']);
    });

    it('keeps a copy that a job wants between the look for room and its removal', async () => {
      await retrieve('a', mebibyte);
      await scene.parts.copies.unpin('a', 'a', scene.clock.now());
      const { over } = scene.parts.copies;
      scene.parts.copies.over = async function* (...look) {
        for await (const found of over.apply(scene.parts.copies, look)) {
          await scene.parts.lock.keepUntil(found, by('late'), new Date(scene.clock.now().getTime() + hour));
          yield found;
        }
      };
      assert.equal(await outcome(retrieve('b', mebibyte)), full);
      assert.deepEqual(await inBucket(), ['a']);
    });

    it('of a mebibyte with three copies that are kept has a fourth wait until one of them is let go of', async () => {
      for (const id of ['a', 'b', 'c']) await retrieve(id, third);
      for (let looks = 0; looks < 3; looks += 1) {
        assert.equal(await outcome(retrieve('d', third)), full);
        await scene.parts.expiry.round();
        scene.clock.advance(minute);
      }
      assert.deepEqual(await inBucket(), ['a', 'b', 'c']);
      await scene.parts.copies.extend(
        'a',
        'a',
        scene.clock.now(),
        new Date(scene.clock.now().getTime() + 2 * hour),
        3 * hour,
      );
      scene.clock.advance(hour);
      assert.equal(await outcome(retrieve('d', third)), undefined);
      assert.deepEqual(await inBucket(), ['a', 'd']);
    });

    it('counts what a part has become, once it is there', async () => {
      const asker = by('p');
      await scene.parts.lock.recall({ name: 'p', archiveId: 'a', bytes: 10 }, asker, context, () =>
        Promise.resolve({ bytes: 2048, sha256: 'x' }),
      );
      assert.deepEqual(await scene.parts.figures.totals(), { copies: 1, used: 2048, reserved: 0 });
    });

    it('without limits asks nobody, and keeps no queue', async () => {
      limit({});
      for (const id of ['a', 'b']) await retrieve(id, mebibyte);
      assert.deepEqual(await inBucket(), ['a', 'b']);
      assert.equal(await scene.parts.figures.taken('a'), mebibyte);
    });
  });
}
