import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { RetrievedCopies } from '../persistence/retrieved-copies.js';
import type { OpenStore } from './real-archiver-store.js';

const start = new Date('2026-01-01T00:00:00Z');
const at = (milliseconds: number): Date => new Date(start.getTime() + milliseconds);

/** What holds for copies in the retrieval bucket, in memory and in a database. */
export function retrievedCopiesConformance(name: string, open: () => Promise<OpenStore>): void {
  describe(`Retrieved copies in ${name}`, () => {
    let opened: OpenStore;
    let copies: RetrievedCopies;

    before(async () => {
      opened = await open();
      copies = new RetrievedCopies(opened.store);
    });
    after(() => opened.close());
    beforeEach(() => opened.store.retrieved.deleteMany({}));

    const recallOf = (order: string, epoch = 1) => ({
      ...{ name: 'a', archiveId: 'of a', bytes: 5, order, epoch },
      ...{ job: `job of ${order}`, group: 'g' },
    });
    const arrival = { bytes: 7, sha256: 'x' };
    const p = { job: 'p', group: 'h' };
    const stored = () => opened.store.retrieved.findOne({ _id: 'a' });
    const over = async (now: Date): Promise<string[]> => {
      const names: string[] = [];
      for await (const each of copies.over(now, 10)) names.push(each);
      return names;
    };
    /** A copy that is there until then. */
    const present = async (expiresAt: Date): Promise<void> => {
      assert.equal(await copies.take(recallOf('o'), at(0), at(10)), true);
      assert.equal(await copies.arrived(recallOf('o'), arrival, at(1), expiresAt), true);
    };

    it('are recalled by one at a time', async () => {
      const taken = await Promise.all(
        ['o', 'p', 'q'].map((order) => copies.take(recallOf(order), at(0), at(10))),
      );
      assert.deepEqual(taken.sort(), [false, false, true]);
      assert.equal(await copies.take(recallOf('r'), at(10), at(20)), false, 'its lease is not over');
      assert.equal(await copies.take(recallOf('r'), at(11), at(20)), true);
    });

    it('are taken over by a later try of the same order, and the earlier one can write nothing any more', async () => {
      const [earlier, later] = [recallOf('o', 1), recallOf('o', 2)];
      assert.equal(await copies.take(earlier, at(0), at(10)), true);
      assert.equal(await copies.take(later, at(1), at(11)), true);
      assert.equal(await copies.take(earlier, at(2), at(12)), false);
      const held = await stored();
      assert.equal(await copies.renew(earlier, at(1000)), false);
      assert.equal(await copies.arrived(earlier, arrival, at(1), at(1000)), false);
      await copies.givenUp(earlier);
      assert.deepEqual(await stored(), held);
      assert.equal(await copies.renew(later, at(30)), true);
      assert.equal(await copies.arrived(later, arrival, at(1), at(100)), true);
      const { state, expiresAt, holder, until } = (await stored())!;
      assert.deepEqual([state, expiresAt, holder, until], ['present', at(100), 'o#2', at(30)]);
    });

    it('say of which datablock they are, and how large: as expected on the way, as they are once they are there', async () => {
      await copies.take(recallOf('o'), at(0), at(10));
      const on = (await stored())!;
      assert.deepEqual([on.archiveId, on.bytes, on.sha256], ['of a', 5, undefined]);
      await copies.arrived(recallOf('o'), arrival, at(1), at(100));
      const there = (await copies.pin('a', p, at(1), at(100)))!;
      assert.deepEqual([there.archiveId, there.bytes, there.sha256], ['of a', 7, 'x']);
      await copies.take(recallOf('p'), at(100), at(110));
      const anew = (await stored())!;
      assert.deepEqual([anew.bytes, anew.sha256], [5, undefined]);
    });

    it('are free again when their recall is given up, which takes nothing away that has arrived', async () => {
      await copies.take(recallOf('o'), at(0), at(10));
      await copies.givenUp(recallOf('o'));
      assert.equal(await stored(), null);
      await present(at(100));
      await copies.givenUp(recallOf('o'));
      assert.equal((await stored())?.state, 'present');
      assert.equal(await copies.arrived(recallOf('o'), arrival, at(1), at(200)), false, 'it arrives once');
    });

    it('stay for each who has them kept, until the last of them is over, and a pin never gets shorter', async () => {
      assert.equal(await copies.pin('a', p, at(0), at(50)), undefined, 'there is none');
      await present(at(100));
      assert.equal(await copies.take(recallOf('p'), at(50), at(60)), false, 'it need not be recalled');
      assert.equal((await copies.pin('a', p, at(99), at(200)))?._id, 'a');
      await copies.pin('a', p, at(99), at(150));
      const { expiresAt, pins } = (await stored())!;
      assert.deepEqual(expiresAt, at(200));
      assert.deepEqual(pins, [
        { job: 'job of o', group: 'g', since: at(1), until: at(100) },
        { job: 'p', group: 'h', since: at(99), until: at(200) },
      ]);
      await copies.pin('a', p, at(150), at(250));
      assert.deepEqual((await stored())?.expiresAt, at(250));
      assert.deepEqual(
        (await stored())?.pins?.map(({ job }) => job),
        ['p'],
        'what is over goes',
      );
      assert.equal(await copies.take(recallOf('p'), at(250), at(260)), true);
      const anew = (await stored())!;
      assert.deepEqual([anew.state, anew.expiresAt, anew.pins], ['recalling', undefined, undefined]);
      assert.equal(await copies.pin('a', p, at(255), at(300)), undefined);
      assert.equal((await stored())?.expiresAt, undefined);
    });

    it('are let go of by a job for itself: the last one that does so ends them', async () => {
      await present(at(100));
      await copies.pin('a', p, at(2), at(200));
      assert.equal(await copies.unpin('a', 'q', at(3)), false, 'it has none');
      assert.equal(await copies.unpin('a', 'p', at(3)), true);
      assert.equal(await copies.unpin('a', 'p', at(3)), false);
      assert.deepEqual((await stored())?.expiresAt, at(100));
      assert.equal(await copies.unpin('a', 'job of o', at(4)), true);
      assert.deepEqual(await over(at(4)), ['a']);
      assert.equal(await copies.unpin('b', 'p', at(4)), false, 'there is none');
    });

    it('are kept longer only for who has them kept, and never for longer than anybody may', async () => {
      await present(at(100));
      assert.equal(await copies.extend('a', 'p', at(2), at(500), 1000), undefined);
      assert.deepEqual(await copies.extend('a', 'job of o', at(2), at(500), 1000), at(500));
      assert.deepEqual(await copies.extend('a', 'job of o', at(400), at(1400), 1000), at(1001));
      assert.deepEqual((await stored())?.expiresAt, at(1001));
      assert.equal(await copies.extend('a', 'job of o', at(1001), at(2000), 1000), undefined, 'it is over');
      assert.equal(await copies.extend('b', 'job of o', at(2), at(3), 1000), undefined, 'there is none');
    });

    it('lose no pin when many come and go at once', async () => {
      await present(at(100));
      const all = Array.from({ length: 12 }, (_, index) => ({ job: `j${index}`, group: 'h' }));
      await Promise.all(all.map((each) => copies.pin('a', each, at(2), at(200))));
      await Promise.all([
        ...all.slice(0, 6).map(({ job }) => copies.unpin('a', job, at(3))),
        copies.extend('a', 'job of o', at(3), at(300), 1000),
      ]);
      assert.deepEqual((await stored())?.pins?.map(({ job }) => job).sort(), [
        'j10',
        'j11',
        'j6',
        'j7',
        'j8',
        'j9',
        'job of o',
      ]);
      assert.deepEqual((await stored())?.expiresAt, at(300));
    });

    it('of 0.7 have an end and no pins: they stay as long as before, and for who comes now', async () => {
      await opened.store.retrieved.insertOne({
        ...{ _id: 'a', state: 'present', holder: 'o#1', until: at(0), expiresAt: at(100) },
      });
      await copies.pin('a', p, at(2), at(50));
      assert.deepEqual((await stored())?.expiresAt, at(100));
      assert.equal(await copies.unpin('a', 'p', at(3)), true);
      assert.deepEqual((await stored())?.expiresAt, at(100));
    });

    it('without an object are forgotten, a recall that runs is not', async () => {
      await copies.take(recallOf('o'), at(0), at(10));
      await copies.missing({ _id: 'a', holder: 'w#1' });
      assert.equal((await stored())?.state, 'recalling');
      await copies.arrived(recallOf('o'), arrival, at(1), at(100));
      const seen = (await copies.seen('a'))!;
      await copies.missing({ ...seen, pinned: 7 });
      assert.notEqual(await copies.seen('a'), undefined, 'it was kept for another since');
      await copies.missing(seen);
      assert.equal(await stored(), null);
    });

    it('go in two steps when their time is over: a recall that begins in between waits', async () => {
      await present(at(100));
      assert.deepEqual([await over(at(99)), await over(at(100))], [[], ['a']]);
      assert.equal(await copies.takeOver('a', at(100), at(110)), true);
      assert.equal(await copies.takeOver('a', at(100), at(110)), false, 'another sweep has it');
      assert.equal(await copies.take(recallOf('o', 2), at(105), at(115)), false);
      await copies.removed('a');
      assert.equal(await stored(), null);
    });

    it('that are used again between the look of a sweep and its write stay', async () => {
      await present(at(100));
      assert.deepEqual(await over(at(100)), ['a']);
      await copies.pin('a', p, at(100), at(200));
      assert.equal(await copies.takeOver('a', at(100), at(110)), false);
      await copies.removed('a');
      assert.equal((await stored())?.state, 'present');
    });

    it('of a recall that died go as well, and one that takes over from the sweep keeps its own', async () => {
      await copies.take(recallOf('o'), at(0), at(10));
      assert.deepEqual([await over(at(10)), await over(at(11))], [[], ['a']]);
      assert.equal(await copies.takeOver('a', at(11), at(20)), true);
      assert.equal(await copies.arrived(recallOf('o'), arrival, at(1), at(100)), false);
      assert.equal(await copies.take(recallOf('p'), at(21), at(30)), true, 'the sweep died');
      await copies.removed('a');
      assert.equal((await stored())?.order, 'p');
    });
  });
}
