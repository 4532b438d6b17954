import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fairReleases, Slots, type Candidate, type Lane, type ReleaseLimits } from './fair-release.js';

const groups = ['a', 'b', 'c', 'd'];
const targets = ['lts-write', 'lts-read'];

const lane = fc.record({ group: fc.constantFrom(...groups), target: fc.constantFrom(...targets) });
const held = fc.array(fc.record({ lane, count: fc.integer({ min: 0, max: 4 }) }), { maxLength: 8 });
const limits = fc.record({
  global: fc.integer({ min: 1, max: 20 }),
  perGroup: fc.integer({ min: 1, max: 10 }),
  perTarget: fc.integer({ min: 1, max: 12 }),
});
const candidates = fc
  .array(fc.record({ lane, age: fc.integer({ min: 0, max: 1000 }) }), { maxLength: 40 })
  .map((rows) => rows.map(({ lane: of, age }, index) => candidate(of, `o${index}`, age)));

function candidate(of: Lane, id: string, age: number): Candidate {
  return { ...of, id, createdAt: new Date(age) };
}

function slotsOf(limit: ReleaseLimits, rows: readonly { lane: Lane; count: number }[]): Slots {
  const slots = new Slots(limit);
  for (const row of rows) slots.take(row.lane, row.count);
  return slots;
}

/** Released and held orders of what `is` picks. */
function countOf(
  rows: readonly { lane: Lane; count: number }[],
  chosen: readonly Candidate[],
  is: (lane: Lane) => boolean,
): number {
  return rows.filter((row) => is(row.lane)).reduce((sum, { count }) => sum + count, chosen.filter(is).length);
}

const idsOf = (chosen: readonly Candidate[]): string[] => chosen.map(({ id }) => id);

describe('The decision which work orders are released', () => {
  it('never exceeds a limit that was kept before', () => {
    fc.assert(
      fc.property(limits, held, candidates, (limit, rows, waiting) => {
        const chosen = fairReleases(slotsOf(limit, rows), waiting);
        const within = (most: number, is: (of: Lane) => boolean): boolean =>
          countOf(rows, chosen, is) <= most || chosen.filter(is).length === 0;
        assert.ok(within(limit.global, () => true));
        for (const name of groups) assert.ok(within(limit.perGroup, ({ group }) => group === name));
        for (const name of targets) assert.ok(within(limit.perTarget, ({ target }) => target === name));
      }),
    );
  });

  it('leaves no slot free that a candidate may have', () => {
    fc.assert(
      fc.property(limits, held, candidates, (limit, rows, waiting) => {
        const chosen = fairReleases(slotsOf(limit, rows), waiting);
        const left = waiting.filter((one) => !chosen.includes(one));
        for (const { group, target } of left) {
          const full =
            countOf(rows, chosen, () => true) >= limit.global ||
            countOf(rows, chosen, (of) => of.group === group) >= limit.perGroup ||
            countOf(rows, chosen, (of) => of.target === target) >= limit.perTarget;
          assert.ok(full, `${group} could have had a slot at ${target}`);
        }
      }),
    );
  });

  it('releases each candidate once, and the older ones of a lane first', () => {
    fc.assert(
      fc.property(limits, held, candidates, (limit, rows, waiting) => {
        const chosen = fairReleases(slotsOf(limit, rows), waiting);
        assert.equal(new Set(idsOf(chosen)).size, chosen.length);
        for (const one of chosen)
          for (const other of waiting)
            if (one.group === other.group && one.target === other.target && !chosen.includes(other))
              assert.ok(one.createdAt.getTime() <= other.createdAt.getTime());
      }),
    );
  });

  it('does not depend on what waits for a target that is busy', () => {
    fc.assert(
      fc.property(limits, held, candidates, (limit, rows, waiting) => {
        const busy = targets.filter((target) => slotsOf(limit, rows).roomAt(target) <= 0);
        const others = waiting.filter(({ target }) => !busy.includes(target));
        assert.deepEqual(
          idsOf(fairReleases(slotsOf(limit, rows), waiting)),
          idsOf(fairReleases(slotsOf(limit, rows), others)),
        );
      }),
    );
  });

  it('lets no group starve: what a group without a slot waits for is older work, never younger', () => {
    const slotsOfTarget = fc.integer({ min: 1, max: 6 });
    const older = fc.integer({ min: 0, max: 10 });
    fc.assert(
      fc.property(slotsOfTarget, older, fc.infiniteStream(fc.nat({ max: 99 })), (perTarget, count, picks) => {
        const limit = { global: 64, perGroup: 32, perTarget };
        const busy = (n: number, age: number): Candidate =>
          candidate({ group: n % 2 === 0 ? 'a' : 'b', target: 'lts-write' }, `${age}-${n}`, age);
        const modest = candidate({ group: 'c', target: 'lts-write' }, 'modest', 500);
        const running = Array.from({ length: perTarget }, (_, n) => busy(n, 0));
        let waiting = [...Array.from({ length: count }, (_, n) => busy(n, n)), modest];
        for (let round = 0; round <= count; round += 1) {
          running.splice(picks.next().value % running.length, 1);
          // However much the others want meanwhile.
          waiting.push(...Array.from({ length: 8 }, (_, n) => busy(n, 1000 + round)));
          const chosen = fairReleases(
            slotsOf(
              limit,
              running.map((one) => ({ lane: one, count: 1 })),
            ),
            waiting,
          );
          if (chosen.includes(modest)) return;
          waiting = waiting.filter((one) => !chosen.includes(one));
          running.push(...chosen);
        }
        assert.fail(`the modest group got nothing in ${count + 1} rounds`);
      }),
    );
  });

  it('releases reads while writes have all the slots of their target, however old they are', () => {
    const slots = new Slots({ global: 64, perGroup: 32, perTarget: 48 });
    slots.take({ group: 'a', target: 'lts-write' }, 24);
    slots.take({ group: 'b', target: 'lts-write' }, 24);
    const writes = Array.from({ length: 60 }, (_, n) =>
      candidate({ group: 'a', target: 'lts-write' }, `w${n}`, n),
    );
    const reads = Array.from({ length: 5 }, (_, n) =>
      candidate({ group: 'a', target: 'lts-read' }, `r${n}`, 1000 + n),
    );
    assert.deepEqual(idsOf(fairReleases(slots, [...writes, ...reads])), ['r0', 'r1', 'r2', 'r3', 'r4']);
  });

  it('goes round the groups by fewest held, then oldest', () => {
    const slots = new Slots({ global: 6, perGroup: 32, perTarget: 48 });
    slots.take({ group: 'a', target: 'lts-write' }, 2);
    const waiting = [
      ...['a1', 'a2'].map((id, n) => candidate({ group: 'a', target: 'lts-write' }, id, n)),
      ...['b1', 'b2', 'b3'].map((id, n) => candidate({ group: 'b', target: 'lts-write' }, id, 20 + n)),
      candidate({ group: 'c', target: 'lts-write' }, 'c1', 10),
    ];
    assert.deepEqual(idsOf(fairReleases(slots, waiting)), ['c1', 'b1', 'b2', 'a1']);
  });
});
