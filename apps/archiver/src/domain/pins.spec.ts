import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endOf, maxPins, pinsOf, withPin, type Pin } from './pins.js';

const at = (milliseconds: number): Date => new Date(milliseconds);
const pin = (job: string, until: number, group = 'g'): Pin => ({
  job,
  group,
  since: at(1),
  until: at(until),
});

describe('Pins of a retrieved copy', () => {
  it('say nothing of what an archiver of 0.7 promised beyond them, which is kept all the same', () => {
    const left = pinsOf({ pins: [pin('a', 10)], expiresAt: at(20) });
    assert.deepEqual(
      left.map(({ job, until }) => [job, until]),
      [
        ['a', at(10)],
        ['', at(20)],
      ],
    );
    assert.deepEqual(pinsOf({ pins: [pin('a', 10)], expiresAt: at(10) }), [pin('a', 10)]);
    assert.deepEqual(pinsOf({}), []);
  });

  it('are at most so many: the least lasting ones of a group become one, and none ends earlier', () => {
    let pins: readonly Pin[] = [pin('other', 5, 'h')];
    for (let index = 0; index < 3 * maxPins; index += 1)
      pins = withPin(pins, pin(`j${index}`, 1000 + index), at(2));
    assert.equal(pins.length, maxPins);
    assert.deepEqual(endOf(pins, at(2)), at(1000 + 3 * maxPins - 1));
    assert.equal(pins.filter(({ job }) => job === '').length, 1);
    assert(
      pins.every(({ group }) => group === 'g'),
      'one that is alone in its group ends with the next best',
    );
  });

  it('of a job are one, whose beginning stays while it lasts', () => {
    const first = withPin([], pin('a', 10), at(2));
    assert.deepEqual(withPin(first, pin('a', 20), at(5)), [{ ...pin('a', 20), since: at(2) }]);
    assert.deepEqual(withPin(first, pin('a', 20), at(10)), [{ ...pin('a', 20), since: at(10) }]);
  });
});
