import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Assembler } from './assembler.js';
import { orderOf } from './samples.js';

const start = new Date('2026-01-01T00:00:00Z');
const after = (milliseconds: number): Date => new Date(start.getTime() + milliseconds);

/** What numbers about work orders must say, wherever these are kept. */
export function workFiguresConformance(name: string, open: () => Promise<Assembler>): void {
  describe(`${name} as figures of work orders`, () => {
    let assembler: Assembler;
    beforeEach(async () => {
      assembler = await open();
      await assembler.store.orders.deleteMany({});
    });

    it('count what waits for room by lane, and since when; what is deferred, or held, waits for no room', async () => {
      await assembler.store.orders.insertMany([
        orderOf('a/0/0', { target: 'write:r@a', createdAt: after(0), deferredUntil: after(9) }),
        orderOf('a/0/1', { target: 'write:r@a', createdAt: after(2) }),
        orderOf('a/0/2', { target: 'write:r@a', createdAt: after(1) }),
        orderOf('a/0/3', { target: 'write:r@a', createdAt: after(0), state: 'released' }),
        orderOf('a/0/4', { target: 'write:r@b', createdAt: after(0), deferredUntil: after(9) }),
      ]);
      assert.deepEqual(await assembler.figures.waiting(), [
        { lane: 'write:r@a', count: 2, oldest: after(1) },
      ]);
    });

    it('count before it all that is more urgent, however late that came, and of the same what is older', async () => {
      const target = 'write:r@a';
      await assembler.store.orders.insertMany([
        orderOf('j/0/0', { target, createdAt: after(5), priority: 1 }),
        orderOf('k/0/0', { target, createdAt: after(9), priority: 0 }),
        orderOf('k/0/1', { target, createdAt: after(4) }),
        orderOf('k/0/2', { target, createdAt: after(6) }),
        orderOf('k/0/3', { target, createdAt: after(1), priority: 2 }),
        orderOf('k/0/4', { target, createdAt: after(1), priority: 0, deferredUntil: after(99) }),
        orderOf('l/0/0', { target, createdAt: after(6), priority: 2, group: 'h' }),
      ]);
      const place = async (job: string) => assembler.figures.placeIn(job, target, start);
      assert.deepEqual(await place('j'), { before: 2, endedSince: 0, isShared: true });
      assert.equal((await place('l'))?.before, 5, 'normal work of before 0.6 too');
      await assembler.store.orders.deleteMany({ group: 'h' });
      assert.equal((await place('j'))?.isShared, false);
    });
  });
}
