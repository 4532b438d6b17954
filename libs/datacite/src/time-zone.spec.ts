import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dayIn, isTimeZone, startOfDay } from './time-zone.js';

describe('A day in a time zone', () => {
  for (const [zone, day, start, why] of [
    ['UTC', '2027-01-01', '2027-01-01T00:00:00.000Z', 'at midnight'],
    ['Europe/Zurich', '2027-01-01', '2026-12-31T23:00:00.000Z', 'before it does in UTC, in winter'],
    ['Europe/Zurich', '2027-07-01', '2027-06-30T22:00:00.000Z', 'earlier still in summer'],
    ['Europe/Zurich', '2027-03-28', '2027-03-27T23:00:00.000Z', 'on the day of 23 hours'],
    ['Europe/Zurich', '2027-03-29', '2027-03-28T22:00:00.000Z', 'after the day of 23 hours'],
    ['Europe/Zurich', '2027-10-31', '2027-10-30T22:00:00.000Z', 'on the day of 25 hours'],
    ['Europe/Zurich', '2027-11-01', '2027-10-31T23:00:00.000Z', 'after the day of 25 hours'],
    ['America/Los_Angeles', '2027-01-01', '2027-01-01T08:00:00.000Z', 'after it does in UTC'],
    ['Asia/Kathmandu', '2027-01-01', '2026-12-31T18:15:00.000Z', 'at a quarter of an hour'],
    ['Pacific/Kiritimati', '2027-01-01', '2026-12-31T10:00:00.000Z', 'first of all'],
    ['America/Santiago', '2018-08-12', '2018-08-12T04:00:00.000Z', 'at one where there is no midnight'],
    ['America/Havana', '2018-11-04', '2018-11-04T04:00:00.000Z', 'at the first of two midnights'],
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z', 'with the next where it is left out'],
  ] as const)
    it(`begins ${why}: ${day} in ${zone}`, () => {
      assert.equal(startOfDay(zone, day).toISOString(), start);
      const millisecondBefore = new Date(startOfDay(zone, day).getTime() - 1);
      assert.ok(dayIn(zone, startOfDay(zone, day)) >= day);
      assert.ok(dayIn(zone, millisecondBefore) < day);
    });

  it('needs a zone that exists', () => {
    for (const zone of ['UTC', 'Europe/Zurich', 'Etc/GMT-14']) assert.ok(isTimeZone(zone), zone);
    for (const zone of ['', 'Europe/Atlantis', '+01:00', 'local time']) assert.ok(!isTimeZone(zone), zone);
  });
});
