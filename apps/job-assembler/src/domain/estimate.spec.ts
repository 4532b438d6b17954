import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { estimateEnd, speedOf, type DoneWork, type Evidence } from './estimate.js';

const now = 1_700_000_000_000;
const hour = 3_600_000;
const lanes = ['lts-write', 'lts-read', 'write:r@tape'];
/** So many bytes in each lane, in an hour. */
const within = (moved: ReadonlyMap<string, number>): ReadonlyMap<string, readonly DoneWork[]> =>
  new Map([...moved].map(([lane, count]) => [lane, [{ bytes: count, from: now - hour, to: now }]]));
const bytes = fc.dictionary(fc.constantFrom(...lanes), fc.integer({ min: 0, max: 1e12 }));
const evidence = fc
  .record({ moved: bytes, mine: bytes, others: bytes })
  .map(({ moved, mine, others }): Evidence => {
    const all = new Map(lanes.map((lane) => [lane, (mine[lane] ?? 0) + (others[lane] ?? 0)]));
    return { now, done: within(new Map(Object.entries(moved))), mine: new Map(Object.entries(mine)), all };
  });
const plus = (of: ReadonlyMap<string, number>, lane: string, more: number): ReadonlyMap<string, number> =>
  new Map([...of, [lane, (of.get(lane) ?? 0) + more]]);

describe('The estimate of the end of a job', () => {
  it('is as long as its bytes take at the speed of what was done last: alone, and after all others', () => {
    const found = estimateEnd({
      ...{ now, done: within(new Map([['lts-write', 100]])) },
      ...{ mine: new Map([['lts-write', 50]]), all: new Map([['lts-write', 250]]) },
    });
    assert.deepEqual(
      [found?.earliest.getTime(), found?.latest.getTime()],
      [now + hour / 2, now + 2.5 * hour],
    );
    assert.equal(found?.assumptions.length, 4);
  });

  it('says that it leaves out work of storage that others operate, and is absent when nothing else is left', () => {
    const one = {
      now,
      done: within(new Map([['lts-write', 100]])),
      all: new Map([['lts-write', 50]]),
      outside: true,
    };
    const found = estimateEnd({
      ...one,
      mine: new Map([
        ['lts-write', 50],
        ['write:r@cloud', 0],
      ]),
    });
    assert.match(found?.assumptions.at(-1) ?? '', /others operate is left out/);
    assert.equal(found?.assumptions.length, 5);
    assert.equal(estimateEnd({ ...one, mine: new Map([['write:r@cloud', 0]]) }), undefined);
  });

  it('is absent without evidence, and never in the past or upside down', () =>
    fc.assert(
      fc.property(evidence, (of) => {
        const found = estimateEnd(of);
        const open = [...of.mine].filter(([, left]) => left > 0);
        if (open.length === 0 || open.some(([lane]) => speedOf(of.done.get(lane) ?? []) === 0))
          return assert.equal(found, undefined);
        if (found === undefined) return;
        assert.ok(found.earliest.getTime() >= now);
        assert.ok(found.latest >= found.earliest);
      }),
      { numRuns: 2000 },
    ));

  it('is later with more to do, and earlier with more speed', () =>
    fc.assert(
      fc.property(evidence, fc.constantFrom(...lanes), fc.integer({ min: 1, max: 1e9 }), (of, lane, more) => {
        const [before, longer] = [
          estimateEnd(of),
          estimateEnd({ ...of, mine: plus(of.mine, lane, more), all: plus(of.all, lane, more) }),
        ];
        const quick: DoneWork = { bytes: more, from: now - hour, to: now };
        const done = new Map([...of.done, [lane, [...(of.done.get(lane) ?? []), quick]]]);
        const faster = estimateEnd({ ...of, done });
        for (const end of ['earliest', 'latest'] as const) {
          if (before !== undefined && longer !== undefined) assert.ok(longer[end] >= before[end]);
          if (before !== undefined) assert.ok(faster !== undefined && faster[end] <= before[end]);
        }
      }),
      { numRuns: 2000 },
    ));

  it('counts the time in which anything ran: once where work ran at once, and not where none did', () => {
    const long = { bytes: 300, from: now - 10 * hour, to: now - 7 * hour };
    assert.equal(speedOf([long]), 100 / hour, 'what took three hours, though it ended long ago');
    assert.equal(speedOf([long, { ...long, from: now - 9 * hour }]), 200 / hour);
    assert.equal(speedOf([{ bytes: 100, from: now - hour, to: now }, long]), 100 / hour);
    assert.equal(speedOf([]), 0);
  });
});
