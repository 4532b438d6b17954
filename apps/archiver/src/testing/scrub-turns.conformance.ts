import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { TargetNames } from '../domain/target-names.js';
import { CopyAges } from '../persistence/copy-ages.js';
import type { StoredDatablock } from '../persistence/records.js';
import { ScrubTurns, type HeldTurn, type WantedTurn } from '../persistence/scrub-turns.js';
import type { OpenStore } from './real-archiver-store.js';

const start = new Date('2026-01-01T06:00:00Z');
const at = (milliseconds: number): Date => new Date(start.getTime() + milliseconds);
const day = 86_400_000;
const hour = 3_600_000;

/** What holds for the turns of reading old copies, and for the ages of copies, in memory and in a database. */
export function scrubTurnsConformance(name: string, open: () => Promise<OpenStore>): void {
  describe(`Turns to read old copies in ${name}`, () => {
    let opened: OpenStore;
    let turns: ScrubTurns;
    before(async () => {
      opened = await open();
      turns = new ScrubTurns(opened.store);
    });
    after(() => opened.close());
    beforeEach(async () => {
      await opened.store.scrubTurns.deleteMany({});
      assert.equal(await turns.takeCount('disk', at(0), at(-hour)), true);
    });

    const wanted = (bytes: number, archiveId = 'a'): WantedTurn => ({
      ...{ target: 'disk', archiveId, bytes },
      budget: { bytesPerDay: 100, hoursPerDay: 1 },
    });
    const take = async (bytes: number, now: number, until = now + 10): Promise<HeldTurn> => {
      const turn = await turns.take(wanted(bytes), at(now), at(until));
      assert.ok(typeof turn === 'object', `found ${JSON.stringify(turn)}`);
      return turn;
    };
    const record = async () => (await turns.of('disk'))!;

    it('are held by one at a time, and two that ask in one moment never spend more than there is', async () => {
      const others = [turns, new ScrubTurns(opened.store), new ScrubTurns(opened.store)];
      const taken = await Promise.all(others.map((one) => one.take(wanted(60), at(0), at(10))));
      assert.equal(taken.filter((one) => typeof one === 'object').length, 1);
      assert.deepEqual([(await record()).bytes, (await record()).epoch], [60, 1]);
      assert.equal(await turns.take(wanted(10), at(9), at(20)), 'held');
    });

    it('are refused when another writer has spent the bytes between the look and the write', async () => {
      const other = new ScrubTurns(opened.store);
      const between = new ScrubTurns({
        get scrubTurns() {
          return opened.store.scrubTurns;
        },
      } as typeof opened.store);
      const look = between.of.bind(between);
      between.of = async (target) => {
        const seen = await look(target);
        const turn = await other.take(wanted(90), at(0), at(10));
        await other.end(turn as HeldTurn, { at: at(0), bytes: 90, milliseconds: 1 });
        return seen;
      };
      assert.equal(await between.take(wanted(20), at(0), at(10)), 'held');
      assert.equal((await record()).bytes, 90);
    });

    it('cost their bytes when their holder dies, and what it writes later is refused', async () => {
      const dead = await take(60, 0);
      const next = await take(40, 10);
      assert.equal((await record()).bytes, 100);
      assert.equal(await turns.renew(dead, at(99), 1), false);
      await turns.end(dead, { at: at(11), bytes: 0, milliseconds: 5 });
      assert.deepEqual([(await record()).bytes, (await record()).milliseconds], [100, 0]);
      assert.equal(await turns.renew(next, at(50), 7), true);
      const { reading, until } = await record();
      assert.deepEqual([reading?.done, until], [7, at(50)]);
    });

    it('give back what was not read, and keep how fast it went', async () => {
      await turns.end(await take(60, 0), { at: at(4), bytes: 8, milliseconds: 4 });
      const { bytes, milliseconds, rate, reading, until } = await record();
      assert.deepEqual([bytes, milliseconds, rate, reading, until], [8, 4, 2, undefined, at(4)]);
    });

    it('fit into the bytes and hours of a day, or begin it; what is beyond is paid by the days after', async () => {
      await turns.end(await take(60, 0), { at: at(1), bytes: 60, milliseconds: 1 });
      assert.equal(await turns.take(wanted(41), at(2), at(3)), 'bytes');
      assert.ok(typeof (await turns.take(wanted(0), at(2), at(2))) === 'object', 'mending is not counted');
      await turns.end(await take(250, day), { at: at(day), bytes: 250, milliseconds: 1.5 * hour });
      assert.equal(await turns.take(wanted(1), at(2 * day), at(2 * day + 1)), 'bytes', '150 are owed');
      assert.equal(await turns.take(wanted(51), at(3 * day), at(3 * day + 1)), 'bytes', '50 are owed');
      await turns.end(await take(50, 3 * day), { at: at(3 * day), bytes: 50, milliseconds: hour - 10 });
      await turns.end(await take(1, 4 * day), { at: at(4 * day), bytes: 1, milliseconds: hour - 10 });
      assert.equal(await turns.take(wanted(1), at(4 * day), at(4 * day + 1)), 'hours');
      const later = await turns.take(wanted(1), at(5 * day), at(5 * day + 1));
      assert.ok(typeof later === 'object');
      assert.deepEqual([(await record()).day, (await record()).milliseconds], ['2026-01-06', 0]);
    });

    it('say why nobody reads, unless one reads', async () => {
      await turns.wait('disk', 'scrub.work-waits', 'text', at(1));
      assert.equal((await record()).waits?.code, 'scrub.work-waits');
      await take(1, 2);
      await turns.wait('disk', 'scrub.nothing-due', 'text', at(3));
      assert.equal((await record()).waits, undefined);
    });

    it('are counted by one in an hour, and figures never go back', async () => {
      const asked = await Promise.all([1, 2].map(() => turns.takeCount('disk', at(hour), at(0))));
      assert.deepEqual(asked.sort(), [false, true]);
      const figures = { copies: 1, bytes: 1, readBytes: 1, readCopies: 1, damaged: 0, largest: 1, usual: 1 };
      await turns.keepFigures('disk', { at: at(5), ...figures });
      await turns.keepFigures('disk', { at: at(4), ...figures, copies: 2 });
      assert.equal((await record()).figures?.copies, 1);
    });

    it('that a clock a year ahead has written keep nobody from reading, nor from counting, when it is right again', async () => {
      const ahead = 365 * day;
      assert.equal(await turns.takeCount('disk', at(ahead), at(ahead - hour)), true);
      const counted = { copies: 2, bytes: 1, readBytes: 1, readCopies: 1, damaged: 0, largest: 1, usual: 1 };
      await turns.keepFigures('disk', { at: at(ahead), ...counted });
      await take(90, ahead);
      assert.equal(await turns.takeCount('disk', at(hour), at(0)), true);
      await turns.keepFigures('disk', { at: at(hour), ...counted, copies: 1 });
      assert.equal((await record()).figures?.copies, 1);
      await turns.wait('disk', 'scrub.nothing-due', 'text', at(hour));
      assert.equal((await record()).waits?.code, 'scrub.nothing-due');
      // Of two that find it so in the same moment one has the turn.
      const other = new ScrubTurns(opened.store);
      const both = await Promise.all(
        [turns, other].map((one) => one.take(wanted(60), at(hour), at(hour + 10))),
      );
      assert.equal(both.filter((one) => typeof one === 'object').length, 1);
      assert.deepEqual([(await record()).day, (await record()).bytes], ['2026-01-01', 60]);
    });

    it('of which a clock was a day ahead are waited for', async () => {
      await take(90, day, day + 10);
      assert.equal(await turns.take(wanted(60), at(hour), at(hour + 10)), 'held');
      assert.equal(await turns.take(wanted(60), at(day + 10), at(day + 20)), 'bytes');
      assert.equal(await turns.takeCount('disk', at(day), at(day - hour)), true);
      assert.equal(await turns.takeCount('disk', at(hour), at(0)), false);
    });

    it('are forgotten when nobody serves the target any more', async () => {
      await turns.takeCount('tape', at(50), at(0));
      await turns.forgetUncounted(at(20));
      assert.deepEqual([await turns.of('disk'), (await turns.of('tape'))?._id], [undefined, 'tape']);
    });
  });

  describe(`Ages of copies in ${name}`, () => {
    const names = new TargetNames([{ name: 'disk', formerNames: ['/mnt/lts'] }]);
    let opened: OpenStore;
    let ages: CopyAges;
    before(async () => {
      opened = await open();
      ages = new CopyAges(opened.store, names);
      const docs = Array.from({ length: 100 }, (_, index) => recordOf(index));
      await opened.store.datablocks.insertMany(docs);
    });
    after(() => opened.close());

    /** Proven on disk in one order, on tape in the other; every tenth was discarded. */
    const recordOf = (index: number): StoredDatablock => ({
      ...{ _id: `a${index}`, pid: 'p', jobId: 'j', filesSha256: 'f', fileCount: 1, size: 1, sha256: 's' },
      ...{ packedSize: 1000 + index, manifest: { bucket: 'c', key: 'm', size: 1, sha256: 'x' } },
      state: index % 10 === 9 ? 'discarded' : 'verified',
      copies: [
        { share: index % 2 === 0 ? 'disk' : '/mnt/lts', verifiedAt: at((index * 37) % 100) },
        {
          ...{ share: 'tape', verifiedAt: at(1000 - index) },
          ...(index === 0 ? { damaged: { at: at(2000), found: 'a bit' } } : {}),
        },
      ],
    });

    it('come the oldest first, by the copy on the target and no other, however few are asked for', async () => {
      const [first, ...others] = await ages.oldest('disk', at(50), 8);
      assert.deepEqual([first?.archiveId, first?.verifiedAt], ['a0', at(0)]);
      const found = [first!, ...others];
      const expected = Array.from({ length: 100 }, (_, index) => recordOf(index))
        .filter(({ state }) => state === 'verified')
        .map(({ copies }) => copies[0]!.verifiedAt)
        .sort((one, other) => one.getTime() - other.getTime());
      assert.deepEqual(
        found.map(({ verifiedAt }) => verifiedAt),
        expected.slice(0, found.length),
      );
      const next = await ages.oldest('disk', at(50), 8, found.at(-1)!.verifiedAt);
      assert.deepEqual(next[0]?.verifiedAt, expected[found.length]);
      assert.deepEqual(await ages.oldest('disk', at(0), 8), []);
      assert.equal((await ages.oldest('tape', at(2000), 8))[0]?.archiveId, 'a98');
    });

    it('are counted with what was read since then, and is good', async () => {
      const { oldest, ...tape } = await ages.figures('tape', at(5000), at(951));
      assert.deepEqual([oldest, tape.at], [at(902), at(5000)]);
      assert.deepEqual([tape.copies, tape.damaged, tape.largest], [90, 1, 1098]);
      // Those of 0 to 49 without the damaged one and the discarded five.
      assert.equal(tape.readCopies, 44);
      assert.ok(tape.usual > 1040 && tape.usual < 1055, `${tape.usual}`);
      assert.equal((await ages.figures('none', at(0), at(0))).copies, 0);
    });
  });
}
