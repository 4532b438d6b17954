import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Priority } from '#routes';
import { rulesOf } from '../testing/release-rules.js';
import { fairReleases, type Candidate, type Release } from './fair-release.js';
import type { ReleaseSettings } from './release-rules.js';
import { Slots, type Lane } from './slots.js';

function candidate(of: Lane, id: string, age: number, priority: Priority = 1): Candidate {
  return { ...of, id, createdAt: new Date(age), priority };
}

/** An installation without ROUTES_FILE, as old as the work in it. */
function slotsOf(limits: ReleaseSettings['limits']): Slots {
  return new Slots(rulesOf({ limits, now: new Date(2000) }));
}

function hold(slots: Slots, lane: Lane, count = 1): void {
  slots.take(lane, slots.targetsOf(lane, undefined), count);
}

const idsOf = (chosen: readonly Release[]): string[] => chosen.map(({ candidate: { id } }) => id);

describe('The decision which work orders are released', () => {
  it('lets no group starve: what a group without a slot waits for is older work, never younger', () => {
    const slotsOfTarget = fc.integer({ min: 1, max: 6 });
    const older = fc.integer({ min: 0, max: 10 });
    fc.assert(
      fc.property(slotsOfTarget, older, fc.infiniteStream(fc.nat({ max: 99 })), (perTarget, count, picks) => {
        const busy = (n: number, age: number): Candidate =>
          candidate({ group: n % 2 === 0 ? 'a' : 'b', target: 'lts-write' }, `${age}-${n}`, age);
        const modest = candidate({ group: 'c', target: 'lts-write' }, 'modest', 500);
        const running = Array.from({ length: perTarget }, (_, n) => busy(n, 0));
        let waiting = [...Array.from({ length: count }, (_, n) => busy(n, n)), modest];
        for (let round = 0; round <= count; round += 1) {
          running.splice(picks.next().value % running.length, 1);
          // However much the others want meanwhile.
          waiting.push(...Array.from({ length: 8 }, (_, n) => busy(n, 1000 + round)));
          const slots = slotsOf({ global: 64, perGroup: 32, perTarget });
          for (const one of running) hold(slots, one);
          const chosen = fairReleases(slots, waiting).map((one) => one.candidate);
          if (chosen.includes(modest)) return;
          waiting = waiting.filter((one) => !chosen.includes(one));
          running.push(...chosen);
        }
        assert.fail(`the modest group got nothing in ${count + 1} rounds`);
      }),
    );
  });

  it('releases reads while writes have all the slots of their target, however old they are', () => {
    const slots = slotsOf({ global: 64, perGroup: 32, perTarget: 48 });
    hold(slots, { group: 'a', target: 'lts-write' }, 24);
    hold(slots, { group: 'b', target: 'lts-write' }, 24);
    const writes = Array.from({ length: 60 }, (_, n) =>
      candidate({ group: 'a', target: 'lts-write' }, `w${n}`, n),
    );
    const reads = Array.from({ length: 5 }, (_, n) =>
      candidate({ group: 'a', target: 'lts-read' }, `r${n}`, 1000 + n),
    );
    assert.deepEqual(idsOf(fairReleases(slots, [...writes, ...reads])), ['r0', 'r1', 'r2', 'r3', 'r4']);
  });

  it('goes round the groups by fewest held, then oldest', () => {
    const slots = slotsOf({ global: 6, perGroup: 32, perTarget: 48 });
    hold(slots, { group: 'a', target: 'lts-write' }, 2);
    const waiting = [
      ...['a1', 'a2'].map((id, n) => candidate({ group: 'a', target: 'lts-write' }, id, n)),
      ...['b1', 'b2', 'b3'].map((id, n) => candidate({ group: 'b', target: 'lts-write' }, id, 20 + n)),
      candidate({ group: 'c', target: 'lts-write' }, 'c1', 10),
    ];
    assert.deepEqual(idsOf(fairReleases(slots, waiting)), ['c1', 'b1', 'b2', 'a1']);
  });

  it('gives a slot to the most urgent work, whoever holds most, and to work that has waited long as to more urgent work', () => {
    const slots = new Slots(rulesOf({ now: new Date(3000), priorityAging: 1000 }));
    hold(slots, { group: 'a', target: 'lts-write' }, 5);
    const waiting = [
      candidate({ group: 'a', target: 'lts-write' }, 'urgent', 2900, 0),
      candidate({ group: 'b', target: 'lts-write' }, 'normal', 2800, 1),
      candidate({ group: 'c', target: 'lts-write' }, 'background', 2700, 2),
      candidate({ group: 'a', target: 'lts-write' }, 'background for long', 900, 2),
    ];
    assert.deepEqual(idsOf(fairReleases(slots, waiting)), [
      'background for long',
      'urgent',
      'normal',
      'background',
    ]);
  });

  it('costs no square of the candidates: two thousand groups and slots for few', () => {
    const slots = slotsOf({ global: 64, perGroup: 32, perTarget: 48 });
    let looks = 0;
    const placesFor = slots.placesFor.bind(slots);
    slots.placesFor = (lane) => {
      looks += 1;
      return placesFor(lane);
    };
    const count = 2000;
    const waiting = Array.from({ length: count }, (_, n) =>
      candidate({ group: `g${n}`, target: 'lts-write' }, `o${n}`, n),
    );
    assert.equal(fairReleases(slots, waiting).length, 48);
    assert.ok(looks <= 49 * count, `found ${looks} looks at a lane`);
  });
});
