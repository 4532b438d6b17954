import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Steering } from '../aggregates/steering.js';
import type { LimitName, Pause } from '../domain/steering.js';
import type { Assembler } from './assembler.js';
import { meanwhileOn } from './meanwhile.js';

const now = new Date('2026-02-01T00:00:00Z');
const after = (milliseconds: number): Date => new Date(now.getTime() + milliseconds);
const told = { by: 'olga', reason: 'drive 3 is out' };
const pauseOf = (id: string, more: Partial<Pause> = {}): Pause => ({
  ...{ id, scope: 'target:tape', ...told, since: now },
  ...more,
});
const limits = (...entries: [LimitName, number | undefined][]) => ({ limits: new Map(entries), ...told });

/** What the record of people's words must do, wherever it is kept. */
export function steeringConformance(name: string, open: () => Promise<Assembler>): void {
  describe(`${name} as steering`, () => {
    let assembler: Assembler;
    let steering: Steering;
    beforeEach(async () => {
      assembler = await open();
      await assembler.store.settings.deleteMany({});
      steering = assembler.steering;
    });

    it('says nothing before anything is said', async () =>
      assert.deepEqual(await steering.at(now), { version: 0, pauses: [], overrides: [] }));

    it('has a version that rises with each word, and can be asked for alone', async () => {
      assert.equal(await steering.version(), 0);
      await steering.pause(pauseOf('1'), now);
      await steering.setLimits(limits(['global', 3]), 1, now);
      assert.deepEqual([await steering.version(), (await steering.at(now)).version], [2, 2]);
    });

    it('has one pause of a scope at a time, and says who ended it', async () => {
      assert.equal(await steering.pause(pauseOf('1'), now), true);
      assert.equal(await steering.pause(pauseOf('2'), now), false);
      assert.equal(await steering.pause(pauseOf('3', { scope: 'all' }), now), true);
      const { version, pauses, changed } = await steering.at(now);
      assert.deepEqual([version, pauses], [2, [pauseOf('1'), pauseOf('3', { scope: 'all' })]]);
      assert.deepEqual(changed, { by: 'olga', at: now, what: 'pause of all' });
      assert.equal(await steering.resume('1', { by: 'anna' }, after(5)), true);
      assert.equal(await steering.resume('1', { by: 'olga' }, after(6)), false);
      assert.deepEqual(await steering.ended('1'), {
        ...{ id: '1', scope: 'target:tape', by: 'anna', at: after(5) },
      });
      assert.equal(await steering.pause(pauseOf('2'), now), true);
    });

    it('lets one of two win that pause the same scope, or end the same pause, at once', async () => {
      const both = await Promise.all(['1', '2'].map((id) => steering.pause(pauseOf(id), now)));
      assert.deepEqual(both.sort(), [false, true]);
      const [pause] = (await steering.at(now)).pauses;
      const ends = await Promise.all(['anna', 'ben'].map((by) => steering.resume(pause!.id, { by }, now)));
      assert.deepEqual(ends.sort(), [false, true]);
      assert.equal((await steering.at(now)).version, 2);
    });

    it('ends a pause at its time by itself, before and after a sweep, which notes it once', async () => {
      await steering.pause(pauseOf('1', { until: after(100) }), now);
      assert.equal((await steering.at(after(99))).pauses.length, 1);
      assert.deepEqual((await steering.at(after(100))).pauses, []);
      assert.equal(await steering.pause(pauseOf('2'), after(100)), true, 'the scope is free again');
      const swept = await Promise.all([steering.sweep(after(100)), steering.sweep(after(100))]);
      assert.deepEqual(
        swept.flatMap(({ pauses }) => pauses.map(({ id }) => id)),
        ['1'],
      );
      assert.equal((await steering.ended('1'))?.by, 'its end');
      assert.deepEqual(
        (await steering.at(after(100))).pauses.map(({ id }) => id),
        ['2'],
      );
    });

    it('has other limits until they are taken back, or end', async () => {
      assert.equal(await steering.setLimits(limits(['global', 3], ['write:tape', 0]), 0, now), true);
      assert.equal(await steering.setLimits({ ...limits(['read:tape', 1]), until: after(50) }, 1, now), true);
      assert.equal(
        await steering.setLimits(limits(['global', undefined], ['write:tape', 2]), 2, after(1)),
        true,
      );
      const values = async (at: Date): Promise<unknown> =>
        (await steering.at(at)).overrides.map(({ limit, value }) => [limit, value]);
      assert.deepEqual(await values(after(49)), [
        ['read:tape', 1],
        ['write:tape', 2],
      ]);
      assert.deepEqual(await values(after(50)), [['write:tape', 2]]);
      const swept = await steering.sweep(after(50));
      assert.deepEqual(
        swept.limits.map(({ limit }) => limit),
        ['read:tape'],
      );
      assert.deepEqual(await steering.sweep(after(50)), { pauses: [], limits: [] });
    });

    it('keeps limits that were set by another since they were looked at', async () => {
      await steering.setLimits(limits(['global', 3]), 0, now);
      assert.equal(await steering.setLimits(limits(['global', 4]), 0, now), false, 'looked at before');
      const another = () => steering.setLimits({ ...limits(['global', 5]), by: 'ben' }, 1, now);
      // Its first write makes sure that the record is there.
      const settings = meanwhileOn(assembler.store.settings, 'updateOne', another, 2);
      const late = assembler.with({ settings }).steering;
      assert.equal(await late.setLimits(limits(['global', 6]), 1, now), false, 'set in between');
      const { overrides, changed } = await steering.at(now);
      assert.deepEqual([overrides.map(({ value }) => value), changed?.by], [[5], 'ben']);
    });

    it('removes no limit that is set anew while the old one is swept', async () => {
      await steering.setLimits({ ...limits(['global', 3]), until: after(10) }, 0, now);
      const settings = meanwhileOn(assembler.store.settings, 'updateOne', () =>
        steering.setLimits(limits(['global', 4]), 1, after(20)),
      );
      assert.deepEqual((await assembler.with({ settings }).steering.sweep(after(20))).limits, []);
      assert.deepEqual(
        (await steering.at(after(20))).overrides.map(({ value }) => value),
        [4],
      );
    });
  });
}
