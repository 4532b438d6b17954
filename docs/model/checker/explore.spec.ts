import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explore } from './explore.js';
import { each, inOrder, pairs, type Action, type Model } from './model.js';
import { codecFor } from './state-codec.js';
import { told } from './trace.js';

/** Two counters that go up to three, and a door that may fall shut. */
type Counters = { counters: number[]; isShut: number };

const up: Action<Counters> = {
  name: 'a counter goes up',
  of: ['some/file.ts#Counter.up'],
  cases: each(2),
  when: ({ counters, isShut }, which) => isShut === 0 && counters[which]! < 3,
  then: ({ counters }, which) => {
    counters[which]! += 1;
  },
};
const shut: Action<Counters> = {
  name: 'the door falls shut',
  of: [],
  isFault: true,
  when: ({ isShut }) => isShut === 0,
  then: (state) => {
    state.isShut = 1;
  },
};
const open: Action<Counters> = {
  ...{ name: 'the door is opened', of: [] },
  when: ({ isShut }) => isShut === 1,
  then: (state) => {
    state.isShut = 0;
  },
};
const full = ({ counters }: Counters): boolean => counters.every((count) => count === 3);

function counting(more: Partial<Model<Counters>> = {}): Model<Counters> {
  const initial = { counters: [0, 0], isShut: 0 };
  return { name: 'counting', initial, actions: [up], always: {}, inReach: {}, ...more };
}

describe('The model checker', () => {
  it('counts states, steps, and how far the farthest state is', () => {
    assert.deepEqual(explore(counting()), { states: 16, steps: 24, depth: 6, unused: [] });
  });

  it('looks at one of several states that differ in names only', () => {
    const renamed = ({ counters, isShut }: Counters): Counters => ({
      counters: inOrder(counters[0]!, counters[1]!) > 0 ? counters.toReversed() : counters,
      isShut,
    });
    assert.equal(explore(counting({ renamed })).states, 10);
  });

  it('finds a state that must not be, by the shortest way', () => {
    const always = { 'the sum is small': ({ counters }: Counters) => counters[0]! + counters[1]! < 3 };
    const { violation } = explore(counting({ always }));
    assert.equal(violation?.kind, 'always');
    assert.equal(violation.trace.length, 3);
    assert.match(
      told(violation),
      /^"the sum is small" does not hold after 3 steps:\n +1[.] a counter goes up \(0\) {2}\[Counter.up\]\n/,
    );
  });

  it('finds a step that must not be', () => {
    const steps = {
      'the second waits for the first': (before: Counters, after: Counters) =>
        before.counters[0] === 3 || after.counters[1] === 0,
    };
    const { violation } = explore(counting({ steps }));
    assert.deepEqual([violation?.kind, violation?.trace.length], ['step', 1]);
  });

  it('finds where a good end is out of reach, also when only a fault would lead there', () => {
    const inReach = { 'both are full': full };
    assert.equal(explore(counting({ inReach })).violation, undefined);
    const lost = explore(counting({ inReach, actions: [up, shut] })).violation;
    assert.deepEqual([lost?.kind, lost?.trace.length], ['in-reach', 1]);
    const healed = explore(counting({ inReach, actions: [up, shut, open] }));
    assert.equal(healed.violation, undefined);
    const byFault = { ...open, isFault: true };
    assert.notEqual(explore(counting({ inReach, actions: [up, shut, byFault] })).violation, undefined);
  });

  it('names the actions that are never taken', () => {
    assert.deepEqual(explore(counting({ actions: [up, open] })).unused, ['the door is opened']);
  });

  it('writes states as texts, and reads them again', () => {
    const state = { a: -1, b: [{ c: 3 }, { c: 254 }], d: { e: [0, 7] } };
    const codec = codecFor(state);
    assert.equal(codec.encode(state).length, 5);
    assert.deepEqual(codec.decode(codec.encode(state)), state);
    assert.notEqual(codec.encode({ ...state, a: 0 }), codec.encode(state));
  });

  it('joins cases', () => {
    assert.deepEqual(pairs(each(2), [[7], [8]]), [
      [0, 7],
      [0, 8],
      [1, 7],
      [1, 8],
    ]);
  });
});
