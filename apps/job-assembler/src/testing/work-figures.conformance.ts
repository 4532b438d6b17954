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
  });
}
