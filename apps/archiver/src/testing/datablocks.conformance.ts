import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { TargetNames } from '../domain/target-names.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { StoredDatablock } from '../persistence/records.js';
import type { OpenStore } from './real-archiver-store.js';

const start = new Date('2026-01-01T00:00:00Z');
const at = (milliseconds: number): Date => new Date(start.getTime() + milliseconds);

const datablockOf = (_id: string, more: Partial<StoredDatablock> = {}): StoredDatablock => ({
  ...{ _id, pid: 'p', jobId: 'j', filesSha256: 'f', fileCount: 1, size: 1, packedSize: 1, sha256: 's' },
  manifest: { bucket: 'control', key: _id, size: 1, sha256: 'm' },
  copies: ['one', 'two'].map((share) => ({ share, verifiedAt: start })),
  state: 'verified',
  ...more,
});

/** What holds for the datablocks of archivers, in memory and in a database. */
export function datablocksConformance(name: string, open: () => Promise<OpenStore>): void {
  describe(`Datablocks in ${name}`, () => {
    let opened: OpenStore;
    let datablocks: Datablocks;

    before(async () => {
      opened = await open();
      datablocks = new Datablocks(opened.store);
    });
    after(() => opened.close());
    beforeEach(() => opened.store.datablocks.deleteMany({}));

    const owned = { _id: 'a', jobId: 'j', pid: 'p' };
    const namesOf = async (found: AsyncIterable<string | { _id: string }>): Promise<string[]> => {
      const names: string[] = [];
      for await (const one of found) names.push(typeof one === 'string' ? one : one._id);
      return names;
    };

    it('are recorded, and recorded anew by a later try', async () => {
      assert.equal(await datablocks.verified('a'), undefined);
      assert.equal(await datablocks.record(datablockOf('a')), true);
      assert.equal(await datablocks.record(datablockOf('a', { size: 2 })), true);
      assert.deepEqual(await datablocks.verified('a'), datablockOf('a', { size: 2 }));
    });

    it('get each missing copy once, on a target that has none, and remember the most that was asked for', async () => {
      await datablocks.record(datablockOf('a', { asked: 2 }));
      const copy = { share: 'three', verifiedAt: at(1) };
      await Promise.all(
        [copy, copy, { share: 'two', verifiedAt: at(1) }].map((one) => datablocks.copyMade('a', one)),
      );
      const shares = (await datablocks.verified('a'))?.copies.map(({ share }) => share);
      assert.deepEqual(shares, ['one', 'two', 'three']);
      const renamed = new Datablocks(opened.store, new TargetNames([{ name: 'disk', formerNames: ['one'] }]));
      await renamed.copyMade('a', { share: 'disk', verifiedAt: at(1) });
      assert.equal((await datablocks.verified('a'))?.copies.length, 3);
      for (const asked of [3, 1]) await datablocks.askFor('a', asked);
      assert.equal((await datablocks.verified('a'))?.asked, 3);
    });

    it('get no copy any more once they are discarded', async () => {
      await datablocks.record(datablockOf('a'));
      await datablocks.discard(owned, at(0));
      await datablocks.copyMade('a', { share: 'three', verifiedAt: at(1) });
      await datablocks.askFor('a', 3);
      assert.deepEqual(
        [(await datablocks.found('a'))?.copies?.length, (await datablocks.found('a'))?.asked],
        [2, undefined],
      );
    });

    it('have copies that are called by the names of their targets, whatever older records call them', async () => {
      await datablocks.record(datablockOf('a'));
      const renamed = new Datablocks(
        opened.store,
        new TargetNames([{ name: 'disk', formerNames: ['one', '/older'] }]),
      );
      const copies = async () => (await renamed.verified('a'))!.copies.map(({ share }) => share);
      assert.deepEqual(await copies(), ['disk', 'two']);
      assert.equal(await renamed.copyDamaged('a', { share: 'disk', verifiedAt: start }, at(1), 'gone'), true);
      assert.equal(await renamed.countDamaged(), 1);
      await renamed.copyVerified('a', { share: 'disk', verifiedAt: at(1) }, at(2));
      assert.deepEqual((await datablocks.verified('a'))?.copies, [
        { share: 'disk', verifiedAt: at(2) },
        { share: 'two', verifiedAt: start },
      ]);
      assert.deepEqual(await copies(), ['disk', 'two']);
    });

    it('that were discarded are no longer verified, and a late record does not paint over the mark', async () => {
      await datablocks.record(datablockOf('a'));
      assert.equal(await datablocks.discard(owned, at(1)), true);
      assert.equal(await datablocks.verified('a'), undefined);
      assert.equal(await datablocks.record(datablockOf('a', { size: 2 })), false);
      const found = await datablocks.found('a');
      assert.deepEqual([found?.state, found?.size, found?.discardedAt], ['discarded', 1, at(1)]);
    });

    it('are discarded without having been recorded, and again: the mark stands against the record that comes late', async () => {
      assert.equal(await datablocks.discard(owned, at(1)), true);
      assert.equal(await datablocks.discard(owned, at(2)), true);
      assert.deepEqual(await datablocks.found('a'), { ...owned, state: 'discarded', discardedAt: at(2) });
      assert.equal(await datablocks.record(datablockOf('a')), false);
    });

    it('are not discarded by another job, or for another dataset', async () => {
      await datablocks.record(datablockOf('a'));
      assert.equal(await datablocks.discard({ ...owned, jobId: 'other' }, at(1)), false);
      assert.equal(await datablocks.discard({ ...owned, pid: 'other' }, at(1)), false);
      assert.equal((await datablocks.verified('a'))?.jobId, 'j');
    });

    it('come back verified, if they are of that dataset and somebody has recorded what is in them', async () => {
      await datablocks.record(datablockOf('a'));
      await datablocks.discard(owned, at(1));
      await datablocks.discard({ ...owned, _id: 'mark' }, at(1));
      await datablocks.bringBack({ _id: 'a', pid: 'other' });
      await datablocks.bringBack({ _id: 'mark', pid: 'p' });
      assert.equal((await datablocks.found('mark'))?.state, 'discarded');
      assert.equal(await datablocks.verified('a'), undefined);
      await datablocks.bringBack(owned);
      assert.deepEqual(await datablocks.verified('a'), datablockOf('a'));
    });

    it('are found by the files that they were packed from, and beside each other, only while they are verified', async () => {
      for (const _id of ['a', 'b', 'gone']) await datablocks.record(datablockOf(_id));
      await datablocks.record(datablockOf('other', { pid: 'q' }));
      await datablocks.discard({ ...owned, _id: 'gone' }, at(1));
      assert.deepEqual(await namesOf(datablocks.othersVerified(owned)), ['b']);
      assert.equal((await datablocks.verifiedFrom('p', 'f', 'b'))?._id, 'b');
      assert.equal((await datablocks.verifiedFrom('q', 'f'))?._id, 'other');
      for (const [pid, files, _id] of [
        ['p', 'f', 'gone'],
        ['p', 'f', 'other'],
        ['p', 'x', undefined],
      ] as const)
        assert.equal(await datablocks.verifiedFrom(pid, files, _id), undefined);
    });

    it('are forgotten when they were discarded long ago, but not when they were brought back or discarded anew meanwhile', async () => {
      for (const [_id, discardedAt] of [
        ['b', at(2)],
        ['a', at(1)],
        ['c', at(3)],
        ['young', at(90)],
      ] as const) {
        await datablocks.record(datablockOf(_id));
        await datablocks.discard({ ...owned, _id }, discardedAt);
      }
      assert.deepEqual(await namesOf(datablocks.discardedBefore(at(50), 2)), ['a', 'b']);
      await datablocks.bringBack({ _id: 'a', pid: 'p' });
      await datablocks.discard({ ...owned, _id: 'b' }, at(60));
      for (const [_id, isForgotten] of [
        ['a', false],
        ['b', false],
        ['c', true],
        ['young', false],
      ] as const)
        assert.equal(await datablocks.forget(_id, at(50)), isForgotten, _id);
      assert.equal(await datablocks.found('c'), undefined);
      assert.equal((await datablocks.found('a'))?.state, 'verified');
    });

    it('know which copy was found damaged, until it is verified again', async () => {
      await datablocks.record(datablockOf('a'));
      const [first, second] = (await datablocks.verified('a'))!.copies;
      assert.equal(await datablocks.copyDamaged('a', second!, at(1), 'x'.repeat(5000)), true);
      assert.equal(await datablocks.copyDamaged('a', second!, at(2), 'again'), false, 'it is known');
      assert.equal(await datablocks.countDamaged(), 1);
      const { copies } = (await datablocks.verified('a'))!;
      assert.deepEqual(copies[0], first);
      assert.deepEqual([copies[1]?.damaged?.at, copies[1]?.damaged?.found.length], [at(1), 2000]);
      await datablocks.copyVerified('a', { share: 'two', verifiedAt: at(1) }, at(3));
      assert.deepEqual((await datablocks.verified('a'))?.copies, [
        first,
        { share: 'two', verifiedAt: at(3) },
      ]);
      assert.equal(await datablocks.countDamaged(), 0);
    });

    it('do not call a copy damaged that was verified after it was looked up: it was restored meanwhile', async () => {
      await datablocks.record(datablockOf('a'));
      const [seen] = (await datablocks.verified('a'))!.copies;
      await datablocks.copyVerified('a', seen!, at(1));
      assert.equal(await datablocks.copyDamaged('a', seen!, at(2), 'torn'), false);
      assert.equal((await datablocks.verified('a'))?.copies[0]?.damaged, undefined);
    });

    describe('whose copies are mended and moved', () => {
      const placed = async () => {
        const { copies, placement } = (await datablocks.verified('a'))!;
        return [copies.map(({ share }) => share), placement];
      };
      const added = { share: 'three', verifiedAt: at(5), replaces: 'one', mark: 'm' };
      const a = { _id: 'a', sha256: 's' };

      it('are good again when a damaged copy was mended as it was seen, and not otherwise', async () => {
        await datablocks.record(datablockOf('a'));
        const [, second] = (await datablocks.verified('a'))!.copies;
        await datablocks.copyDamaged('a', second!, at(1), 'rot');
        const [, seen] = (await datablocks.verified('a'))!.copies;
        assert.equal(await datablocks.copyMended({ ...a, sha256: 'other' }, seen!, at(2), 'w'), false);
        assert.equal(await datablocks.copyMended(a, { ...seen!, share: 'three' }, at(2), 'w'), false);
        assert.equal(await datablocks.copyMended(a, seen!, at(2), 'w'), true);
        assert.equal(await datablocks.copyMended(a, seen!, at(3), 'x'), false, 'by another one in between');
        assert.deepEqual((await datablocks.verified('a'))?.copies[1], {
          ...{ share: 'two', verifiedAt: at(2), mendedBy: 'w' },
        });
        await datablocks.copyVerified('a', { share: 'two', verifiedAt: at(2), mendedBy: 'w' }, at(4));
        assert.equal((await datablocks.verified('a'))?.copies[1]?.mendedBy, 'w');
      });

      it('have a copy more while one moves, and as many as before when it has', async () => {
        await datablocks.record(datablockOf('a'));
        assert.equal(await datablocks.copyAdded(a, added), true);
        assert.deepEqual(await placed(), [['one', 'two', 'three'], 1]);
        assert.equal(await datablocks.copyAdded(a, added), false, 'twice is one');
        assert.equal(await datablocks.copyRemoved('a', 'one', 'three'), true);
        assert.equal(await datablocks.copyRemoved('a', 'one', 'three'), false);
        assert.deepEqual(await placed(), [['two', 'three'], 2]);
        await datablocks.moveEnded('a', 'three', 'another');
        assert.equal((await datablocks.verified('a'))?.copies[1]?.replaces, 'one');
        assert.equal((await datablocks.verified('a'))?.copies[1]?.mark, 'm');
        await datablocks.moveEnded('a', 'three', 'one');
        const [, ended] = (await datablocks.verified('a'))!.copies;
        assert.deepEqual([ended?.replaces, ended?.mark], [undefined, undefined]);
      });

      it('get no copy in the place of one that is gone, or for another content, or when they are discarded', async () => {
        await datablocks.record(datablockOf('a'));
        assert.equal(await datablocks.copyAdded(a, { ...added, replaces: 'four' }), false);
        assert.equal(await datablocks.copyAdded({ ...a, sha256: 'other' }, added), false);
        await datablocks.discard(owned, at(1));
        assert.equal(await datablocks.copyAdded(a, added), false);
        assert.equal(await datablocks.copyRemoved('a', 'one', 'two'), false);
        await datablocks.copyReturned('a', { share: 'three', verifiedAt: at(1) });
        assert.equal((await datablocks.found('a'))?.copies?.length, 2);
      });

      it('lose no copy for one that is damaged or not there', async () => {
        await datablocks.record(datablockOf('a'));
        assert.equal(await datablocks.copyRemoved('a', 'one', 'three'), false);
        await datablocks.copyAdded(a, added);
        await datablocks.copyDamaged('a', added, at(6), 'rot');
        assert.equal(await datablocks.copyRemoved('a', 'one', 'three'), false);
        assert.deepEqual(await placed(), [['one', 'two', 'three'], 1]);
      });

      it('keep the mark of a move through a verification, and are not marked anew by one that is late', async () => {
        await datablocks.record(datablockOf('a'));
        await datablocks.copyAdded(a, added);
        const copyOn = async () => (await datablocks.verified('a'))!.copies[2]!;
        await datablocks.copyVerified('a', added, at(6));
        assert.deepEqual(await copyOn(), { ...added, verifiedAt: at(6) });
        await datablocks.moveEnded('a', 'three', 'one');
        await datablocks.copyVerified('a', added, at(7));
        assert.deepEqual(await copyOn(), { share: 'three', verifiedAt: at(6) });
      });

      it('have a copy that was brought back, as a damaged one, once; and one that was moved within one place', async () => {
        await datablocks.record(datablockOf('a'));
        const back = { share: 'three', verifiedAt: at(1), damaged: { at: at(2), found: 'not read' } };
        await datablocks.copyReturned('a', back);
        await datablocks.copyReturned('a', back);
        assert.deepEqual(await placed(), [['one', 'two', 'three'], 1]);
        assert.deepEqual((await datablocks.verified('a'))?.copies[2], back);
        await opened.store.datablocks.deleteMany({});
        await datablocks.record(datablockOf('a'));
        await datablocks.copyAdded(a, added);
        await datablocks.copyRemoved('a', 'one', 'three');
        const former = { share: 'one', verifiedAt: at(9) };
        await datablocks.copyMovedBack('a', former, 'three');
        assert.deepEqual((await datablocks.verified('a'))?.copies, [
          { share: 'two', verifiedAt: start },
          former,
        ]);
        await datablocks.copyAdded(a, added);
        await datablocks.copyMovedBack('a', former, 'three');
        assert.deepEqual((await datablocks.verified('a'))?.copies[2], added, 'two on one target are one');
      });

      it('are not painted over by the record of a worker that was overtaken', async () => {
        const late = { ...datablockOf('a'), asked: 1 };
        const changes: Record<string, () => Promise<unknown>> = {
          moved: () => datablocks.copyAdded(a, added),
          damaged: () => datablocks.copyDamaged('a', { share: 'two', verifiedAt: start }, at(1), 'rot'),
          mended: async () => {
            await datablocks.copyDamaged('a', { share: 'two', verifiedAt: start }, at(1), 'rot');
            await datablocks.copyMended(a, (await datablocks.verified('a'))!.copies[1]!, at(2), 'w');
          },
          other: () =>
            opened.store.datablocks.updateOne({ _id: 'a' }, { $set: { 'copies.1.share': 'three' } }),
        };
        for (const [what, change] of Object.entries(changes)) {
          await opened.store.datablocks.deleteMany({});
          assert.equal(await datablocks.record({ ...datablockOf('a'), asked: 2 }), true);
          assert.equal(await datablocks.record(late), true, 'once more is the same');
          await change();
          const before = await datablocks.verified('a');
          assert.equal(await datablocks.record(late), false, what);
          assert.deepEqual(await datablocks.verified('a'), before);
          assert.equal(before?.asked, 2);
        }
      });

      it('that were brought back count as damaged, listed or not, in whichever state; without a record of the content nothing is listed', async () => {
        const damaged = { at: at(2), found: 'not read' };
        await datablocks.record(datablockOf('a'));
        await datablocks.discard(owned, at(1));
        for (const share of ['two', 'three', 'three'])
          await datablocks.copyBroughtBack(owned, { share, verifiedAt: at(1), damaged });
        const { copies, state, placement } = (await datablocks.found('a'))!;
        assert.deepEqual([state, placement], ['discarded', 1]);
        assert.deepEqual(
          copies?.map((copy) => [copy.share, copy.damaged]),
          [
            ['one', undefined],
            ['two', damaged],
            ['three', damaged],
          ],
        );
        await datablocks.discard({ ...owned, _id: 'b' }, at(1));
        await datablocks.copyBroughtBack(
          { ...owned, _id: 'b' },
          { share: 'one', verifiedAt: at(1), damaged },
        );
        assert.equal((await datablocks.found('b'))?.copies, undefined);
      });

      it('are found by the content that another has', async () => {
        await datablocks.record(datablockOf('a'));
        assert.equal(await datablocks.otherOf('s', 'a'), undefined);
        await datablocks.record(datablockOf('b'));
        assert.equal(await datablocks.otherOf('s', 'a'), 'b');
        assert.equal(await datablocks.otherOf('t', 'a'), undefined);
      });
    });
  });
}
