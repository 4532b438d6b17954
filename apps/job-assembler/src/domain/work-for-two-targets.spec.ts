import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Priority } from '#routes';
import { always, routesOf, rulesOf, targetOf } from '../testing/release-rules.js';
import { fairReleases, type Candidate, type Release } from './fair-release.js';
import type { ReleaseRules } from './release-rules.js';
import { Slots } from './slots.js';

const now = new Date(1_000_000);
const aging = 1000;
const wide = 'write:wide@t1+t2';

function rulesWith(limit: number, limits = { global: 64, perGroup: 32, perTarget: 48 }, isClosed = false) {
  const at = { limits: { write: limit, read: limit } };
  const closed = { ...at, windows: isClosed ? [always] : [] };
  const routes = routesOf(targetOf('t1', at), targetOf('t2', closed), targetOf('cloud', { kind: 'outside' }));
  return rulesOf({ limits, routes, now, priorityAging: aging });
}

function work(id: string, group: string, target: string, waited: number, priority: Priority = 1): Candidate {
  return { id, group, target, priority, createdAt: new Date(now.getTime() - waited) };
}

function slotsWith(rules: ReleaseRules, running: readonly Release[], waits: readonly Release[] = []): Slots {
  const slots = new Slots(rules);
  for (const { candidate, at } of running) slots.take(candidate, at);
  for (const { candidate, at } of waits) slots.take(candidate, at, 1, true);
  return slots;
}

const at = (candidate: Candidate): Release => ({ candidate, at: [candidate.target.split('@')[1]!] });
const idsOf = (released: readonly Release[]): string[] => released.map(({ candidate: { id } }) => id);
const single = (id: string, target: 't1' | 't2', waited = 0, group = 'b'): Candidate =>
  work(id, group, `write:r@${target}`, waited);

describe('Work for two targets beside work for one of them', () => {
  it('begins within the rounds that what is under way and what is older take, however much comes for either', () => {
    const load = fc.record({
      limit: fc.integer({ min: 1, max: 3 }),
      /** Of the group itself, of all: what both leave is shared with the load. */
      limits: fc.record({
        global: fc.integer({ min: 1, max: 8 }),
        perGroup: fc.integer({ min: 1, max: 4 }),
        perTarget: fc.constant(8),
      }),
      older: fc.integer({ min: 0, max: 4 }),
      priority: fc.constantFrom<Priority>(0, 1, 2),
      picks: fc.infiniteStream(fc.nat({ max: 99 })),
    });
    fc.assert(
      fc.property(load, ({ limit, limits, older, priority, picks }) => {
        const rules = rulesWith(limit, limits);
        const mine = work('wide', 'c', wide, 3 * aging, priority);
        const groups = ['a', 'b', 'c'];
        const other = (id: string, n: number, waited: number): Candidate =>
          single(`${id}-${n}`, n % 2 === 0 ? 't1' : 't2', waited, groups[picks.next().value % 3]);
        let waiting = [mine, ...Array.from({ length: older }, (_, n) => other('older', n, 9 * aging))];
        let running = fairReleases(
          slotsWith(rules, []),
          Array.from({ length: 12 }, (_, n) => other('begun', n, 5 * aging)),
        ).slice();
        // Each of the older may begin late, and run until those that began before it have ended.
        const rounds = (older + 1) * (2 * limit + 1) + running.length;
        for (let round = 0; round < rounds; round += 1) {
          // What has run for longest ends, and perhaps another.
          running.shift();
          if (running.length > 0 && picks.next().value % 3 === 0)
            running.splice(picks.next().value % running.length, 1);
          waiting.push(...Array.from({ length: 12 }, (_, n) => other(`${round}`, n, 0)));
          const released = fairReleases(slotsWith(rules, running), waiting);
          if (released.some(({ candidate }) => candidate === mine)) return;
          running = [...running, ...released];
          waiting = waiting.filter((one) => !released.some(({ candidate }) => candidate === one));
        }
        assert.fail(`it did not begin in ${rounds} rounds`);
      }),
      { numRuns: 10_000 },
    );
  });

  it('has the free slot kept once it is aged, and not before', () => {
    const busy = [at(single('busy', 't1'))];
    const other = single('other', 't2');
    const kept = fairReleases(slotsWith(rulesWith(1), busy), [work('w', 'c', wide, aging), other]);
    assert.deepEqual(idsOf(kept), []);
    const young = fairReleases(slotsWith(rulesWith(1), busy), [work('w', 'c', wide, aging - 1), other]);
    assert.deepEqual(idsOf(young), ['other']);
  });

  it('has it kept at once from less urgent work, and never from more urgent or older work', () => {
    const busy = [at(single('busy', 't1'))];
    const beside = (mine: Candidate): string[] =>
      idsOf(fairReleases(slotsWith(rulesWith(1), busy), [mine, single('other', 't2', 1500)]));
    assert.deepEqual(beside(work('w', 'c', wide, 1, 0)), ['other'], 'both are as urgent by now');
    assert.deepEqual(
      idsOf(
        fairReleases(slotsWith(rulesWith(1), busy), [work('w', 'c', wide, 1, 0), single('other', 't2', 1)]),
      ),
      [],
    );
    assert.deepEqual(beside(work('w', 'c', wide, 1400)), ['other']);
    assert.deepEqual(beside(work('w', 'c', wide, 1600)), []);
  });

  it('has nothing kept that it could not use: of a closed target, or one full of work that itself waits', () => {
    const waiting = [work('w', 'c', wide, 9 * aging), single('other', 't1')];
    const closed = rulesWith(1, undefined, true);
    assert.deepEqual(idsOf(fairReleases(slotsWith(closed, []), waiting)), ['other']);
    const stuck = slotsWith(rulesWith(1), [], [at(single('stuck', 't2'))]);
    assert.deepEqual(idsOf(fairReleases(stuck, waiting)), ['other']);
  });

  it('holds up no other group with its second one: nothing is kept while one is under way', () => {
    const begun: Release = { candidate: work('w0', 'c', wide, 0), at: ['t1', 't2'] };
    const slots = slotsWith(rulesWith(2), [begun, at(single('busy', 't1'))]);
    const waiting = [work('w1', 'c', wide, 9 * aging), single('other', 't2')];
    assert.deepEqual(idsOf(fairReleases(slots, waiting)), ['other']);
  });

  it('leaves the second slot of a target to others', () => {
    const slots = slotsWith(rulesWith(2), [at(single('b0', 't1')), at(single('b1', 't1'))]);
    const waiting = [work('w', 'c', wide, 9 * aging), single('o1', 't2'), single('o2', 't2')];
    assert.deepEqual(idsOf(fairReleases(slots, waiting)), ['o1']);
  });

  it('has none of the slots for all, or for its group, kept from work for storage that others operate', () => {
    const limits = { global: 2, perGroup: 2, perTarget: 8 };
    const slots = slotsWith(rulesWith(1, limits), [at(single('busy', 't1', 0, 'c'))]);
    const waiting = [
      work('w', 'c', wide, 9 * aging),
      ...['c', 'd'].map((group) => work(`away-${group}`, group, 'write:r@cloud', 1)),
      work('other', 'd', 'read:r@t2', 1),
    ];
    assert.deepEqual(idsOf(fairReleases(slots, waiting)).sort(), ['away-c', 'away-d']);
  });
});
