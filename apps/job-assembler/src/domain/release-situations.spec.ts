import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Priority } from '#routes';
import { always, routesOf, rulesOf, targetOf } from '../testing/release-rules.js';
import { fairReleases, type Candidate, type Release } from './fair-release.js';
import { laneNeeds, type Place } from './lanes.js';
import type { ReleaseRules } from './release-rules.js';
import { Slots, type Lane } from './slots.js';
import type { Pause, PauseScope } from './steering.js';

const now = new Date(1_000_000);
const situations = 10_000;
const groups = ['a', 'b', 'c', 'd'];
/** ROUTES_FILE has no `gone`. */
const targets = ['t1', 't2', 't3', 'gone'];
const lanes = [
  ...['lts-write', 'lts-read', 'write:r@t1', 'write:r@t2', 'write:wide@t1+t2+t3', 'write:old@t1+gone'],
  ...['read:r@t1', 'read:r@t1|t2', 'read:wide@t3|t2|t1', 'read:old@gone|t2', 'erase:of a newer version'],
  ...['mend:wide@t1+t2', 'move:r@t1>t2', 'move:r@t2>t1', 'move:old@gone>t3'],
];
const scopes: PauseScope[] = [
  ...(['all', 'target:t1', 'target:t2', 'target:lts', 'route:wide', 'route:r'] as const),
  ...groups.map((name): PauseScope => `group:${name}`),
];

const lane = fc.record({ group: fc.constantFrom(...groups), target: fc.constantFrom(...lanes) });
const few = fc.integer({ min: 0, max: 5 });
const target = fc.record({ write: few, read: few, isClosed: fc.nat({ max: 7 }).map((one) => one === 0) });
const waitingRow = fc.record({
  lane,
  age: fc.nat({ max: 3000 }),
  priority: fc.constantFrom<Priority>(0, 1, 2),
});

const situation = fc.record({
  limits: fc.record({
    global: fc.integer({ min: 0, max: 20 }),
    perGroup: fc.integer({ min: 0, max: 10 }),
    perTarget: few,
  }),
  targets: fc.tuple(target, target, target),
  paused: fc.uniqueArray(fc.constantFrom(...scopes), { maxLength: 2 }),
  lowered: fc.option(few),
  held: fc.array(fc.record({ lane, readAt: fc.constantFrom(...targets), count: few }), { maxLength: 6 }),
  waiting: fc.array(waitingRow, { maxLength: 30 }),
});
type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

function rulesIn({ limits, targets: settings, paused, lowered }: Situation): ReleaseRules {
  const told = { by: 'olga', reason: 'a reason', since: now, at: now };
  const routes = routesOf(
    ...settings.map(({ write, read, isClosed }, index) =>
      targetOf(`t${index + 1}`, { limits: { write, read }, windows: isClosed ? [always] : [] }),
    ),
  );
  const overrides = lowered === null ? [] : [{ ...told, limit: 'write:t1' as const, value: lowered }];
  const pauses = paused.map((scope): Pause => ({ ...told, id: scope, scope }));
  return rulesOf({ limits, routes, now, priorityAging: 1000, steering: { pauses, overrides } });
}

function slotsIn(one: Situation, rules = rulesIn(one)): Slots {
  const slots = new Slots(rules);
  for (const { lane: of, readAt, count } of one.held) slots.take(of, slots.targetsOf(of, readAt), count);
  return slots;
}

const candidatesIn = ({ waiting }: Situation): Candidate[] =>
  waiting.map(({ lane: of, age, priority }, index) => ({
    ...{ ...of, id: `o${index}`, createdAt: new Date(now.getTime() - age), priority },
  }));

const idsOf = (released: readonly Release[]): string[] => released.map(({ candidate: { id } }) => id);

/** Runs a property over all situations. */
function always10000(property: (one: Situation, waiting: Candidate[], released: Release[]) => void): void {
  fc.assert(
    fc.property(situation, (one) => {
      const waiting = candidatesIn(one);
      property(one, waiting, fairReleases(slotsIn(one), waiting));
    }),
    { numRuns: situations },
  );
}

/** The same decision, one release after the other. */
function replay(
  one: Situation,
  released: readonly Release[],
  look: (slots: Slots, next: Release) => void,
): Slots {
  const slots = slotsIn(one);
  for (const next of released) {
    look(slots, next);
    slots.take(next.candidate, next.at);
  }
  return slots;
}

const directionOf = (of: Lane): Place['direction'] =>
  /^(write:|lts-write|mend:|move:)/.test(of.target) ? 'write' : 'read';

/** Where work has slots, with that for reading of a move; said without the code that decides. */
function takenBy(of: Lane, at: readonly string[]): Place[] {
  const from = /^move:.*@(.*)>/.exec(of.target)?.[1];
  const reads: Place[] = from === undefined ? [] : [{ target: from, direction: 'read' }];
  return [...at.map((name): Place => ({ target: name, direction: directionOf(of) })), ...reads];
}

/** All that work needs at once. */
const neededBy = (of: Lane): Place[] => takenBy(of, laneNeeds(of.target).targets);

/** Counted without the code that decides. */
function underWay(
  one: Situation,
  released: readonly Release[],
  is: (lane: Lane, at: readonly Place[]) => boolean,
) {
  const rows = one.held.map(({ lane: of, readAt, count }) => {
    const at = !/^(lts-|write:|read:|mend:|move:)/.test(of.target)
      ? []
      : laneNeeds(of.target).needs === 'all'
        ? laneNeeds(of.target).targets
        : [readAt];
    return { of, at: takenBy(of, at), count };
  });
  const before = rows.filter(({ of, at }) => is(of, at)).reduce((sum, { count }) => sum + count, 0);
  const since = released.filter(({ candidate, at }) => is(candidate, takenBy(candidate, at))).length;
  return { before, released: since, all: before + since };
}

/** Whether work needs several slots at once. */
const isWide = ({ target: of }: Lane): boolean => of.includes('+') || of.startsWith('move:');

/** Whether work that could run waits for a slot that is kept; found without the code that keeps it. */
function isHeldBack(
  one: Situation,
  slots: Slots,
  held: Candidate,
  left: readonly Candidate[],
  released: readonly Release[],
): boolean {
  const { rules } = slots;
  const rank = (of: Candidate): number => rules.rank(of.priority, of.createdAt);
  const free = (at: string, direction: 'write' | 'read'): number =>
    rules.at(at, direction) - slots.at(at, direction);
  const before = left.filter((of) => {
    if (!isWide(of)) return false;
    const { route } = laneNeeds(of.target);
    const isClosed = ({ target: at, direction }: Place): boolean =>
      rules.hindersAt(at) !== undefined || rules.at(at, direction) === 0;
    const isFirst =
      rank(of) < rank(held) ||
      (rank(of) === rank(held) &&
        now.getTime() - of.createdAt.getTime() >= 1000 &&
        of.createdAt.getTime() <= held.createdAt.getTime());
    const isBeside = (other: Lane): boolean => other.group === of.group && other.target === of.target;
    const begun = underWay(one, released, isBeside).all;
    const isPaused = rules.hindersWork(of.group, route) !== undefined;
    return (
      isFirst && begun === 0 && !isPaused && !neededBy(of).some(isClosed) && slots.placesFor(of) === undefined
    );
  });
  const isShort = (claim: Candidate): boolean => {
    const isKept = ({ target: at, direction }: Place): boolean =>
      neededBy(claim).some((its) => its.target === at && its.direction === direction) &&
      free(at, direction) <= 1;
    const { perGroup, global } = rules;
    return (
      neededBy(held).some(isKept) ||
      global - slots.ofAll() <= before.length ||
      (claim.group === held.group && perGroup - slots.ofGroup(held.group) <= before.length)
    );
  };
  return before.some(isShort);
}

describe(`In ${situations} situations with routes, targets, pauses, windows and priorities the dispatcher`, () => {
  it('exceeds no limit: neither global, nor of a group, nor of a target and direction', () =>
    always10000((one, _, released) => {
      const within = (limit: number, is: (lane: Lane, at: readonly Place[]) => boolean): void => {
        const counted = underWay(one, released, is);
        assert.ok(counted.released === 0 || counted.all <= limit);
      };
      const { limits } = one;
      within(limits.global, () => true);
      for (const name of groups) within(limits.perGroup, ({ group }) => group === name);
      for (const direction of ['write', 'read'] as const) {
        const at = (name: string, limit: number): void =>
          within(limit, (_, places) =>
            places.some((place) => place.direction === direction && place.target === name),
          );
        at('lts', limits.perTarget);
        at('gone', 0);
        one.targets.forEach((its, index) =>
          at(
            `t${index + 1}`,
            index === 0 && direction === 'write' ? (one.lowered ?? its.write) : its[direction],
          ),
        );
      }
    }));

  it('leaves nothing that could run, but for what is kept for work that comes first, and releases nothing twice', () =>
    always10000((one, waiting, released) => {
      const ids = idsOf(released);
      assert.equal(new Set(ids).size, ids.length);
      const slots = replay(one, released, () => undefined);
      const left = waiting.filter(({ id }) => !ids.includes(id));
      for (const other of left)
        assert.ok(
          slots.placesFor(other) === undefined || isHeldBack(one, slots, other, left, released),
          `${other.id} could run`,
        );
    }));

  it('keeps nothing where nothing needs several targets at once', () =>
    always10000((one, all) => {
      const waiting = all.filter((of) => !isWide(of));
      const released = fairReleases(slotsIn(one), waiting);
      const slots = replay(one, released, () => undefined);
      for (const left of waiting.filter(({ id }) => !idsOf(released).includes(id)))
        assert.equal(slots.placesFor(left), undefined, `${left.id} could run`);
    }));

  it('begins nothing that is paused, in a maintenance window, or for a target that nobody has', () =>
    always10000((one, _, released) => {
      const closed = [
        'gone',
        ...one.targets.flatMap(({ isClosed }, index) => (isClosed ? [`t${index + 1}`] : [])),
      ];
      for (const { candidate, at } of released) {
        const { route, targets: wanted, needs } = laneNeeds(candidate.target);
        assert.ok(
          !one.paused.some((scope) => ['all', `route:${route}`, `group:${candidate.group}`].includes(scope)),
        );
        for (const place of at) assert.ok(wanted.includes(place));
        for (const { target: place } of takenBy(candidate, at))
          assert.ok(!closed.includes(place) && !one.paused.includes(`target:${place}`), place);
        assert.equal(at.length, needs === 'all' ? wanted.length : 1);
      }
    }));

  it('reads at the first target in the order of preference that is open and has room, if none is kept', () =>
    always10000((one, all) => {
      const released = fairReleases(
        slotsIn(one),
        all.filter((of) => !isWide(of)),
      );
      replay(one, released, (slots, { candidate, at }) => {
        const { targets: wanted, needs, direction } = laneNeeds(candidate.target);
        if (needs === 'all') return;
        const { rules } = slots;
        const first = wanted.find(
          (name) =>
            rules.hindersAt(name) === undefined && slots.at(name, direction) < rules.at(name, direction),
        );
        assert.deepEqual(at, [first]);
      });
    }));

  it('decides for free targets and groups as if the work for busy, paused and closed ones did not exist', () =>
    always10000((one, waiting, released) => {
      const slots = slotsIn(one);
      // Work that slots are kept for is not passed over.
      const others = waiting.filter((of) => slots.placesFor(of) !== undefined || slots.mayClaim(of));
      assert.deepEqual(idsOf(released), idsOf(fairReleases(slots, others)));
    }));

  it('releases the more urgent first among what may begin, and the older first within a lane', () =>
    always10000((one, waiting, released) => {
      const left = new Set(waiting);
      const begun: Release[] = [];
      replay(one, released, (slots, next) => {
        const { candidate } = next;
        const { rules } = slots;
        const rank = (of: Candidate): number => rules.rank(of.priority, of.createdAt);
        left.delete(candidate);
        for (const other of left) {
          if (rank(other) < rank(candidate))
            assert.ok(
              slots.placesFor(other) === undefined || isHeldBack(one, slots, other, [...left], begun),
              other.id,
            );
          const isBeside = other.group === candidate.group && other.target === candidate.target;
          if (isBeside && other.priority === candidate.priority)
            assert.ok(candidate.createdAt.getTime() <= other.createdAt.getTime());
        }
        begun.push(next);
      });
    }));

  it('lets work wait for the end of a pause or a window that closes its lane, and else only for a limit', () =>
    always10000((one, waiting, released) => {
      const slots = replay(one, released, () => undefined);
      for (const of of waiting) {
        const isHeld = slots.placesFor(of) === undefined;
        const why = slots.hindranceOf(of) ?? slots.fullFor(of);
        assert.equal(why !== undefined, isHeld, JSON.stringify(of));
      }
    }));
});
