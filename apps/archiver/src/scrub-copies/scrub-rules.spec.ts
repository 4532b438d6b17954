import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dueBefore, forecastOf } from './scrub-rules.js';

const day = 86_400_000;
const now = new Date('2026-07-01T00:00:00Z');
const figures = {
  ...{ at: now, copies: 100, bytes: 10_000, readBytes: 0, readCopies: 0, damaged: 0 },
  ...{ largest: 100, usual: 100 },
};
const rule = { within: 100 * day, bytesPerDay: 400, hoursPerDay: 1 };
/** Bytes in a millisecond with which a day's hours hold so many bytes. */
const rateFor = (bytes: number): number => bytes / 3_600_000;

describe('A copy is old enough to be read', () => {
  const ageOf = (more: Partial<typeof rule>, record: Parameters<typeof dueBefore>[2]): number =>
    (now.getTime() - dueBefore({ ...rule, ...more }, now, record).getTime()) / day;

  it('at half of the promise, where there is room', () => {
    assert.equal(ageOf({}, { figures }), 50);
    assert.equal(ageOf({}, {}), 50);
  });

  it('earlier where reading all of them takes longer than the other half', () => {
    // 100 days for 10 000 bytes at 225 - 100 of a usual copy: 80 days, and a quarter for bad ones.
    assert.equal(ageOf({ bytesPerDay: 225 }, { figures }), 0);
    assert.equal(ageOf({ bytesPerDay: 300 }, { figures }), 100 - 50 * 1.25);
    assert.equal(ageOf({}, { figures, rate: rateFor(300) }), 100 - 50 * 1.25, 'hours count as well');
  });

  it('always, where no budget holds even one', () => {
    assert.equal(ageOf({ bytesPerDay: 100 }, { figures }), 0);
  });
});

describe('The budget that a promise takes', () => {
  it('is all bytes over its days, and the room of a usual copy', () => {
    assert.deepEqual(forecastOf(rule, figures), { leastBytesPerDay: 200, keepsPromise: true });
    assert.equal(forecastOf({ ...rule, bytesPerDay: 199 }, figures).keepsPromise, false);
  });

  it('is hours as well, as fast as the last readings were', () => {
    assert.deepEqual(forecastOf(rule, figures, rateFor(100)), {
      ...{ leastBytesPerDay: 200, leastHoursPerDay: 2, keepsPromise: false },
    });
    assert.equal(forecastOf({ ...rule, hoursPerDay: 2 }, figures, rateFor(100)).keepsPromise, true);
  });

  it('is nothing where there is nothing', () => {
    assert.equal(forecastOf({ ...rule, bytesPerDay: 1 }, { ...figures, bytes: 0 }).keepsPromise, true);
  });
});
