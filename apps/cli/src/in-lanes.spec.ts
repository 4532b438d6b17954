import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { inLanes } from './in-lanes.js';

describe('inLanes', () => {
  it('does everything once, never more at a time than asked for', async () => {
    const done: number[] = [];
    let [now, most] = [0, 0];
    await inLanes(3, [1, 2, 3, 4, 5, 6, 7], async (item) => {
      most = Math.max(most, (now += 1));
      await turn();
      done.push(item);
      now -= 1;
    });
    assert.deepEqual(done.sort(), [1, 2, 3, 4, 5, 6, 7]);
    assert.equal(most, 3);
  });
  it('throws the first fault after the others have ended, and begins nothing after it', async () => {
    const begun: number[] = [];
    let ended = 0;
    const work = inLanes(2, [1, 2, 3, 4], async (item) => {
      begun.push(item);
      if (item === 1) throw new Error('first');
      await turn();
      ended += 1;
    });
    await assert.rejects(work, /first/);
    assert.deepEqual([begun, ended], [[1, 2], 1]);
  });
});
