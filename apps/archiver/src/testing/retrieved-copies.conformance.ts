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

    const recallOf = (order: string, epoch = 1) => ({ name: 'a', archiveId: 'of a', bytes: 5, order, epoch });
    const arrival = { bytes: 7, sha256: 'x' };
    const stored = () => opened.store.retrieved.findOne({ _id: 'a' });
    const over = async (now: Date): Promise<string[]> => {
      const names: string[] = [];
      for await (const each of copies.over(now, 10)) names.push(each);
      return names;
    };
    /** A copy that is there until then. */
    const present = async (expiresAt: Date): Promise<void> => {
      assert.equal(await copies.take(recallOf('o'), at(0), at(10)), true);
      assert.equal(await copies.arrived(recallOf('o'), arrival, expiresAt), true);
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
      assert.equal(await copies.arrived(earlier, arrival, at(1000)), false);
      await copies.givenUp(earlier);
      assert.deepEqual(await stored(), held);
      assert.equal(await copies.renew(later, at(30)), true);
      assert.equal(await copies.arrived(later, arrival, at(100)), true);
      const { state, expiresAt, holder, until } = (await stored())!;
      assert.deepEqual([state, expiresAt, holder, until], ['present', at(100), 'o#2', at(30)]);
    });

    it('say of which datablock they are, and how large: as expected on the way, as they are once they are there', async () => {
      await copies.take(recallOf('o'), at(0), at(10));
      const on = (await stored())!;
      assert.deepEqual([on.archiveId, on.bytes, on.sha256], ['of a', 5, undefined]);
      await copies.arrived(recallOf('o'), arrival, at(100));
      const there = (await copies.prolong('a', at(1), at(100)))!;
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
      assert.equal(await copies.arrived(recallOf('o'), arrival, at(200)), false, 'it arrives once');
    });

    it('stay longer for each who asks while they are there, and their time never gets shorter by a report', async () => {
      assert.equal(await copies.prolong('a', at(0), at(50)), undefined, 'there is none');
      await present(at(100));
      assert.equal(await copies.take(recallOf('p'), at(50), at(60)), false, 'it need not be recalled');
      assert.equal((await copies.prolong('a', at(99), at(200)))?._id, 'a');
      await copies.keepUntil('a', at(150));
      assert.deepEqual((await stored())?.expiresAt, at(200));
      await copies.keepUntil('a', at(250));
      assert.deepEqual((await stored())?.expiresAt, at(250));
      assert.equal(await copies.prolong('a', at(250), at(300)), undefined, 'its time is over');
      assert.equal(await copies.take(recallOf('p'), at(250), at(260)), true);
      const { state, expiresAt } = (await stored())!;
      assert.deepEqual([state, expiresAt], ['recalling', undefined]);
      await copies.keepUntil('a', at(300));
      assert.equal((await stored())?.expiresAt, undefined);
    });

    it('without an object are forgotten, a recall that runs is not', async () => {
      await copies.take(recallOf('o'), at(0), at(10));
      await copies.missing('a');
      assert.equal((await stored())?.state, 'recalling');
      await copies.arrived(recallOf('o'), arrival, at(100));
      await copies.missing('a');
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
      await copies.keepUntil('a', at(200));
      assert.equal(await copies.takeOver('a', at(100), at(110)), false);
      await copies.removed('a');
      assert.equal((await stored())?.state, 'present');
    });

    it('of a recall that died go as well, and one that takes over from the sweep keeps its own', async () => {
      await copies.take(recallOf('o'), at(0), at(10));
      assert.deepEqual([await over(at(10)), await over(at(11))], [[], ['a']]);
      assert.equal(await copies.takeOver('a', at(11), at(20)), true);
      assert.equal(await copies.arrived(recallOf('o'), arrival, at(100)), false);
      assert.equal(await copies.take(recallOf('p'), at(21), at(30)), true, 'the sweep died');
      await copies.removed('a');
      assert.equal((await stored())?.order, 'p');
    });
  });
}
