import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { configOf } from '../testing/assembler-config.js';
import { memoryAssembler } from '../testing/assembler.js';
import { routesOf, targetOf } from '../testing/release-rules.js';
import { jobOf, orderOf } from '../testing/samples.js';
import { LimitsView } from './limits-view.js';

describe('The numbers of limits', () => {
  it('are what holds, what is used and what waits, asked for in bounded time, and nothing of each pause', async () => {
    const clock = new ManualClock();
    const assembler = memoryAssembler(clock);
    const now = clock.now();
    const olga = { by: 'olga', reason: 'drive 3 is out' };
    const totals = { datasets: 1, bytes: 1 };
    await assembler.store.jobs.insertMany(
      ['j', 'k'].map((id) => jobOf(id, { state: 'running', totals, held: true, hold: { ...olga, at: now } })),
    );
    await assembler.store.orders.insertMany([
      orderOf('j/0/0', { target: 'write:r@tape', createdAt: new Date(now.getTime() - 5000) }),
      orderOf('j/0/1', { target: 'write:r@tape', state: 'released' }),
    ]);
    await assembler.steering.pause({ id: '1', scope: 'target:tape', since: now, ...olga }, now);
    await assembler.steering.setLimits({ limits: new Map([['write:tape', 3]]), ...olga }, 1, now);

    const asked: [string, unknown][] = [];
    const watched = <Of extends object>(collection: Of): Of =>
      new Proxy(collection, {
        get: (target, name) => {
          const found: unknown = Reflect.get(target, name, target);
          return (...given: unknown[]) => {
            asked.push([String(name), (given.at(-1) as { maxTimeMS?: number }).maxTimeMS]);
            return (found as (...parameters: unknown[]) => unknown).apply(target, given);
          };
        },
      });
    const { orders, jobs } = assembler.store;
    const other = assembler.with({ orders: watched(orders), jobs: watched(jobs) });
    const routes = routesOf(targetOf('tape', { limits: { write: 1, read: 2 } }));
    const view = new LimitsView(
      ...([other.steering, other.orders, other.jobs, other.figures, clock] as const),
      configOf({ routes }),
    );

    assert.deepEqual(await view.numbers(1000), {
      limits: [
        ['global', 8],
        ['perGroup', 8],
        ['write:tape', 3],
        ['read:tape', 2],
      ],
      used: { global: 1, targets: { 'write:tape': 1 }, groups: { g: 1 } },
      oldest: [['write:r@tape', 5000]],
      paused: ['target:tape'],
      heldJobs: 2,
    });
    assert.deepEqual(asked.toSorted(), [
      ['aggregate', 1000],
      ['aggregate', 1000],
      ['countDocuments', 1000],
    ]);
  });
});
