import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PlanningTurn } from './planning-turn.js';

describe('A turn of planning', () => {
  const places = (...numbers: number[]): ReadonlySet<number> => new Set(numbers);

  it('plans every place that is not planned, once, several at the same time', async () => {
    const turn = new PlanningTurn(6, places(0, 3));
    const seen: number[] = [];
    let [under, most] = [0, 0];
    await turn.run(3, async (place) => {
      most = Math.max(most, (under += 1));
      seen.push(place);
      await new Promise((resolve) => setImmediate(resolve));
      under -= 1;
      return true;
    });
    assert.deepEqual([seen.sort(), most, turn.reached, turn.fault], [[1, 2, 4, 5], 3, 6, undefined]);
  });

  it('goes on behind a place that fails, which is where the next turn begins', async () => {
    const turn = new PlanningTurn(5, places());
    await turn.run(2, (place) =>
      place === 1 ? Promise.reject(new Error('not mounted')) : Promise.resolve(true),
    );
    assert.equal(turn.reached, 1);
    assert.equal(turn.fault?.message, 'not mounted');
    const next = new PlanningTurn(5, places(0, 2, 3, 4));
    const again: number[] = [];
    await next.run(2, (place) => Promise.resolve(again.push(place) > 0));
    assert.deepEqual([again, next.reached], [[1], 5]);
  });

  it('ends where it is told to, and counts no place that was not planned', async () => {
    const turn = new PlanningTurn(100, places());
    let calls = 0;
    await turn.run(4, () => Promise.resolve((calls += 1) <= 10));
    assert.equal(turn.reached, 10);
    assert.ok(calls <= 14, `${calls} places were begun`);
  });

  it('of an empty list is over at once', async () => {
    const turn = new PlanningTurn(0, places());
    await turn.run(4, () => Promise.reject(new Error('nothing to plan')));
    assert.deepEqual([turn.reached, turn.fault], [0, undefined]);
  });
});
