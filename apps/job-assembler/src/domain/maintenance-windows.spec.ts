import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { MaintenanceWindow } from '#routes';
import { wallClock, windowOpen } from './maintenance-windows.js';

const minute = 60_000;

function weekly(more: Partial<Extract<MaintenanceWindow, { kind: 'weekly' }>> = {}): MaintenanceWindow {
  return {
    ...{
      kind: 'weekly',
      days: [7],
      from: 60,
      to: 150,
      timeZone: 'Europe/Zurich',
      reason: 'drives are cleaned',
    },
    ...more,
  };
}

/** As ISO, without seconds. */
function opensAt(window: MaintenanceWindow, now: string): string | undefined {
  const opening = windowOpen({ windows: [window] }, new Date(now));
  return opening.isOpen ? 'open' : opening.opensAt?.toISOString().slice(0, 16);
}

describe('A maintenance window', () => {
  it('closes a target from its beginning until its end, and says why and until when', () => {
    const window = weekly();
    assert.equal(opensAt(window, '2026-02-01T00:00:00Z'), '2026-02-01T01:30');
    assert.equal(opensAt(window, '2026-02-01T01:29:59Z'), '2026-02-01T01:30');
    assert.equal(opensAt(window, '2026-02-01T01:30:00Z'), 'open');
    assert.equal(opensAt(window, '2026-01-31T23:59:59Z'), 'open');
    const [from, to] = [new Date('2026-02-01T00:00:00Z'), new Date('2026-02-03T00:00:00Z')];
    const once = { kind: 'once', from, to, reason: 'a new library' } as const;
    const { isOpen, ...more } = windowOpen({ windows: [once] }, from);
    assert.deepEqual([isOpen, more], [false, { reason: 'a new library', opensAt: to }]);
    assert.deepEqual(windowOpen({ windows: [once] }, to), { isOpen: true });
  });

  it('goes on into the next day where it ends before it begins', () => {
    const night = weekly({ from: 23 * 60, to: 60 });
    assert.equal(opensAt(night, '2026-02-01T22:30:00Z'), '2026-02-02T00:00');
    assert.equal(opensAt(night, '2026-02-01T23:30:00Z'), '2026-02-02T00:00');
    assert.equal(opensAt(night, '2026-02-02T22:30:00Z'), 'open');
    assert.equal(opensAt(weekly({ from: 0, to: 0 }), '2026-02-01T12:00:00Z'), '2026-02-01T23:00');
  });

  it('closes a repeated hour twice, and one that is left out not at all', () => {
    const repeated = weekly({ from: 60, to: 180 });
    assert.equal(opensAt(repeated, '2026-10-24T23:30:00Z'), '2026-10-25T02:00', 'three hours long');
    const gone = weekly({ from: 120, to: 180 });
    for (const now of ['2026-03-29T00:59:59Z', '2026-03-29T01:00:00Z'])
      assert.equal(opensAt(gone, now), 'open');
    const shorter = weekly({ from: 60, to: 150 });
    assert.equal(opensAt(shorter, '2026-03-29T00:30:00Z'), '2026-03-29T01:00');
  });

  it('leaves the minutes open that a change of the clock puts between two closed times', () => {
    // Saturday's ends with the change from 2 to 3 o'clock, Sunday's begins a minute later.
    const spring = weekly({ timeZone: 'America/New_York', days: [6, 7], from: 181, to: 128 });
    assert.equal(opensAt(spring, '2026-03-08T00:00:00Z'), '2026-03-08T07:00');
    assert.equal(opensAt(spring, '2026-03-08T07:00:00Z'), 'open');
    assert.notEqual(opensAt(spring, '2026-03-08T07:01:00Z'), 'open');
    // 2:05 to 3:30, and the clock is set from 3 to 2 o'clock: five minutes before 2:05 comes again.
    const autumn = weekly({ from: 125, to: 210 });
    assert.equal(opensAt(autumn, '2026-10-25T00:55:00Z'), '2026-10-25T01:00');
    assert.equal(opensAt(autumn, '2026-10-25T01:04:00Z'), 'open');
    assert.equal(opensAt(autumn, '2026-10-25T01:05:00Z'), '2026-10-25T02:30');
  });

  it('that follows on another one is waited for as well, and windows without a gap never end', () => {
    const second = weekly({ from: 150, to: 200 });
    const opening = windowOpen({ windows: [weekly(), second] }, new Date('2026-02-01T00:00:00Z'));
    assert.deepEqual(opening.isOpen || opening.opensAt, new Date('2026-02-01T02:20:00Z'));
    const all = weekly({ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 0 });
    assert.equal(opensAt(all, '2026-02-01T00:00:00Z'), undefined);
  });

  it('is closed at every minute until the time it names, around every change of the clock', () => {
    const zones = ['Europe/Zurich', 'America/New_York', 'Australia/Lord_Howe', 'America/St_Johns', 'UTC'];
    // Sundays with a change of the clock in one of the zones, and one without.
    const days = [
      '2026-03-08',
      '2026-03-29',
      '2026-04-05',
      '2026-10-04',
      '2026-10-25',
      '2026-11-01',
      '2026-06-07',
    ];
    const time = fc.integer({ min: 0, max: 1439 });
    const window = fc.record({
      ...{
        kind: fc.constant('weekly' as const),
        reason: fc.constant('r'),
        timeZone: fc.constantFrom(...zones),
      },
      ...{ days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 3 }) },
      ...{ from: time, to: time },
    });
    const about = fc.record({ day: fc.constantFrom(...days), after: fc.integer({ min: -1440, max: 2880 }) });
    fc.assert(
      fc.property(fc.array(window, { minLength: 1, maxLength: 2 }), about, (windows, { day, after }) => {
        const now = new Date(Date.parse(`${day}T00:00:00Z`) + after * minute + 20_000);
        const opening = windowOpen({ windows }, now);
        const isWithin = (at: Date): boolean =>
          windows.some(({ days: on, from, to, timeZone }) => {
            const wall = wallClock(at, timeZone);
            const yesterday = wall.day === 1 ? 7 : wall.day - 1;
            return to > from
              ? on.includes(wall.day) && wall.minutes >= from && wall.minutes < to
              : (on.includes(wall.day) && wall.minutes >= from) ||
                  (on.includes(yesterday) && wall.minutes < to);
          });
        assert.equal(opening.isOpen, !isWithin(now));
        if (opening.isOpen) return;
        const end = opening.opensAt!.getTime();
        assert.ok(end > now.getTime());
        assert.ok(!isWithin(new Date(end)), 'open at the time it names');
        for (let at = now.getTime(); at < end; at += minute) assert.ok(isWithin(new Date(at)));
        assert.ok(isWithin(new Date(end - 1)), 'and not a moment before');
      }),
      { numRuns: 1000 },
    );
  });
});
