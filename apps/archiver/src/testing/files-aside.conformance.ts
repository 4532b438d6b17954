import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { TargetNames } from '../domain/target-names.js';
import { FilesAside } from '../persistence/files-aside.js';
import type { FileAside } from '../persistence/records.js';
import type { OpenStore } from './real-archiver-store.js';

const start = new Date('2026-01-01T00:00:00Z');
const at = (milliseconds: number): Date => new Date(start.getTime() + milliseconds);

/** What holds for files that archivers have set aside, in memory and in a database. */
export function filesAsideConformance(name: string, open: () => Promise<OpenStore>): void {
  describe(`Files set aside in ${name}`, () => {
    let opened: OpenStore;
    let files: FilesAside;

    before(async () => {
      opened = await open();
      files = new FilesAside(opened.store);
    });
    after(() => opened.close());
    beforeEach(() => opened.store.asides.deleteMany({}));

    const keep = async (_id: string, dueAt: Date, more: Partial<FileAside> = {}): Promise<void> =>
      files.keep({
        ...{ _id, share: 's', archiveId: `of ${_id}`, pid: 'p', jobId: 'j', reason: 'r' },
        ...{ setAsideAt: start, dueAt },
        ...more,
      });
    const only = async (): Promise<FileAside> => {
      const [file, ...others] = await files.list(10);
      assert.deepEqual(others, []);
      return file!;
    };

    it('have one record for one token, however often a work order is repeated', async () => {
      await keep('a', at(10));
      await keep('a', at(20));
      assert.deepEqual(await only(), {
        ...{ _id: 'a', share: 's', archiveId: 'of a', pid: 'p', jobId: 'j', reason: 'r' },
        ...{ setAsideAt: start, dueAt: at(20), state: 'kept' },
      });
      assert.deepEqual([await files.isAside('of a'), await files.isAside('of b')], [true, false]);
    });

    it('are listed with the oldest first', async () => {
      await keep('b', at(1), { setAsideAt: at(2) });
      await keep('c', at(2), { setAsideAt: at(1) });
      await keep('a', at(3), { setAsideAt: at(2) });
      assert.deepEqual(
        (await files.list(2)).map(({ _id }) => _id),
        ['c', 'a'],
      );
    });

    it('lose their record when there was nothing to be set aside, unless they are in other hands', async () => {
      await keep('a', at(0));
      await keep('b', at(10));
      await files.takeDue(at(1), at(5));
      for (const token of ['a', 'b']) await files.withdraw(token);
      assert.equal((await only())._id, 'a');
    });

    it('are taken by one sweep when they are due, the longest due first', async () => {
      await keep('second', at(5));
      await keep('first', at(2));
      await keep('later', at(50));
      const taken = await Promise.all([1, 2, 3].map(() => files.takeDue(at(10), at(100))));
      assert.deepEqual(new Set(taken.map((file) => file?._id)), new Set(['first', 'second', undefined]));
      assert.equal(taken.find((file) => file?._id === 'first')?.state, 'removing');
      assert.equal(await files.stateOf('later'), 'kept');
      assert.equal(await files.stateOf('nobody'), undefined);
    });

    it('are taken by archivers that have their share, whatever records call it', async () => {
      await keep('a', at(0));
      const written = (await only()).share;
      assert.equal(await files.takeDue(at(1), at(5), ['another']), undefined);
      const names = new TargetNames([{ name: 'renamed', formerNames: [written] }]);
      const later = new FilesAside(opened.store, names);
      const taken = await later.takeDue(at(1), at(5), ['renamed']);
      assert.deepEqual([taken?._id, taken?.share], ['a', 'renamed']);
    });

    it('that a sweep was late with are in other hands: it can neither go on nor put them back', async () => {
      await keep('a', at(0));
      const slept = (await files.takeDue(at(1), at(10)))!;
      const next = (await files.takeDue(at(10), at(20)))!;
      assert.equal(await files.hold(slept, at(1000)), undefined);
      await files.putBack(slept, at(1000));
      assert.deepEqual(await only(), next);
      const held = await files.hold(next, at(40));
      assert.deepEqual(held, { ...next, dueAt: at(40) });
      await files.putBack(next, at(1000));
      assert.deepEqual(await only(), held, 'held since: the earlier look is over');
    });

    it('are put back with one look more, and without the word that an operator gave for it', async () => {
      await keep('a', at(100));
      const taken = (await files.takeNow('a', at(10), true))!;
      assert.deepEqual([taken.state, taken.withoutOriginals, taken.dueAt], ['removing', true, at(10)]);
      await files.putBack(taken, at(200));
      const { state, dueAt, looks, withoutOriginals } = await only();
      assert.deepEqual([state, dueAt, looks, withoutOriginals], ['kept', at(200), 1, undefined]);
    });

    it('are taken before their time only while nobody has them', async () => {
      await keep('a', at(100));
      assert.equal((await files.takeNow('a', at(10), false))?.withoutOriginals, undefined);
      assert.equal(await files.takeNow('a', at(10), false), undefined, 'a sweep has it');
      assert.equal(await files.takeNow('b', at(10), false), undefined, 'there is none');
    });

    it('are taken back by an operator, again and again, but not from a sweep', async () => {
      await keep('a', at(0), { withoutOriginals: true });
      for (const until of [at(10), at(20)]) {
        const back = await files.takeBack('a', until);
        assert.deepEqual([back?.state, back?.dueAt, back?.withoutOriginals], ['returning', until, undefined]);
      }
      assert.equal(await files.takeNow('a', at(50), false), undefined, 'it is on its way back');
      await files.removed('a');
      assert.equal(await files.stateOf('a'), 'returning');
      assert.equal((await files.takeDue(at(20), at(30)))?.state, 'removing', 'the operator did not end it');
      assert.equal(await files.takeBack('a', at(40)), undefined);
    });

    it('are gone when they were removed or returned', async () => {
      await keep('a', at(0));
      await keep('b', at(1));
      await files.removed('a');
      assert.equal(await files.stateOf('a'), 'kept', 'no sweep has it');
      await files.takeDue(at(0), at(10));
      await files.removed('a');
      await files.takeBack('b', at(10));
      await files.returned('b');
      assert.deepEqual(await files.list(10), []);
    });
  });
}
