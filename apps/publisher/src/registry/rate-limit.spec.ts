import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { RateLimit } from './rate-limit.js';

describe('The rate limit', () => {
  const isFree = async (limit: RateLimit): Promise<boolean> => {
    const aborting = new AbortController();
    let taken = false;
    const taking = limit.take(aborting.signal).then(() => (taken = !aborting.signal.aborted));
    await new Promise((resolve) => setImmediate(resolve));
    const free = taken;
    aborting.abort();
    await taking;
    return free;
  };

  it('lets so many pass in five minutes, and the next when the first is old', async () => {
    const clock = new ManualClock();
    const limit = new RateLimit(3, clock);
    for (let index = 0; index < 3; index += 1) {
      await limit.take();
      clock.advance(60_000);
    }
    assert.equal(await isFree(limit), false);
    clock.advance(120_001);
    assert.equal(await isFree(limit), true);
  });

  it('never lets more pass in any window, however they come', async () => {
    const clock = new ManualClock();
    const limit = new RateLimit(100, clock);
    const passed: number[] = [];
    for (let index = 0; index < 1000; index += 1) {
      clock.advance(1000);
      const before = passed.length;
      if (passed.filter((at) => at > clock.now().getTime() - 300_000).length < 100) {
        await limit.take();
        passed.push(clock.now().getTime());
      }
      assert.ok(passed.length - before <= 1);
    }
    for (const [index, at] of passed.entries())
      assert.ok(passed.slice(index).filter((later) => later < at + 300_000).length <= 100);
  });

  it('waits as long as the registry asked for', async () => {
    const clock = new ManualClock();
    const limit = new RateLimit(100, clock);
    limit.pause(5000);
    assert.equal(await isFree(limit), false);
    clock.advance(5001);
    assert.equal(await isFree(limit), true);
  });
});
