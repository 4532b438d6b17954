import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { ReaderTurns } from '../persistence/reader-turns.js';
import type { OpenStore } from './real-archiver-store.js';

const start = new Date('2026-01-01T00:00:00Z');
const at = (milliseconds: number): Date => new Date(start.getTime() + milliseconds);

/** What holds for the turns at drives, in memory and in a database. */
export function readerTurnsConformance(name: string, open: () => Promise<OpenStore>): void {
  describe(`Turns at drives in ${name}`, () => {
    let opened: OpenStore;
    let turns: ReaderTurns;

    before(async () => {
      opened = await open();
      turns = new ReaderTurns(opened.store);
    });
    after(() => opened.close());
    beforeEach(() => opened.store.readerTurns.deleteMany({}));

    const reader = (medium: string, holder: string) => ({ target: 'tape', medium, holder });
    const take = (medium: string, holder: string, atOnce?: number, now = 0): Promise<boolean> =>
      turns.take(reader(medium, holder), atOnce, at(now), at(now + 10));
    const taken = async (now = 0): Promise<string[]> =>
      ((await turns.taken(['tape', 'other'], at(now))).get('tape') ?? []).map(({ medium }) => medium);

    it('are one for each medium, however many ask at once', async () => {
      const asked = await Promise.all(['a', 'b', 'c'].map((holder) => take('A', holder)));
      assert.deepEqual(asked.sort(), [false, false, true]);
      assert.deepEqual(await taken(), ['A']);
    });

    it('are not more than a target reads media at once, whoever asks at once', async () => {
      const asked = await Promise.all(['A', 'B', 'C', 'D'].map((medium) => take(medium, medium, 2)));
      assert.equal(asked.filter(Boolean).length, 2);
      assert.equal((await taken()).length, 2);
      assert.equal(await turns.take({ ...reader('A', 'x'), target: 'other' }, 1, at(0), at(10)), true);
    });

    it('that were not renewed are over: the next reader takes them, and the one before cannot renew', async () => {
      assert.equal(await take('A', 'dead', 1), true);
      assert.equal(await take('B', 'next', 1, 9), false);
      assert.deepEqual(await taken(10), []);
      assert.equal(await take('B', 'next', 1, 10), true);
      assert.equal(await turns.renew(reader('A', 'dead'), at(50)), false);
      assert.equal(await turns.renew(reader('B', 'next'), at(50)), true);
      assert.deepEqual(await taken(49), ['B']);
    });

    it('are given back by their holder only', async () => {
      await take('A', 'a');
      await turns.giveBack(reader('A', 'b'));
      assert.deepEqual(await taken(), ['A']);
      await turns.giveBack(reader('A', 'a'));
      assert.deepEqual(await taken(), []);
      assert.equal(await take('A', 'b', 1), true);
    });
  });
}
