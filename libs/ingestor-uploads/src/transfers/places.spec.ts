import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Places } from './places.js';

describe('Places', () => {
  it('are given in turn, and never more than there are', async () => {
    const places = new Places(2, 60_000);
    const seen: number[] = [];
    let busy = 0;
    let most = 0;
    const work = async (number: number): Promise<void> => {
      assert.ok(await places.take());
      seen.push(number);
      busy += 1;
      most = Math.max(most, busy);
      await new Promise(setImmediate);
      busy -= 1;
      places.release();
    };
    await Promise.all(Array.from({ length: 9 }, (_, number) => work(number)));
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert.equal(most, 2);
  });

  it('are not waited for for ever, and those who have left are given none', async () => {
    const places = new Places(1, 1);
    assert.ok(await places.take());
    assert.equal(await places.take(), false);
    places.release();
    assert.ok(await places.take());
  });
});
