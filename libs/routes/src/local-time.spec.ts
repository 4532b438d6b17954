import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isTimeZone, momentAt } from './local-time.js';

const at = (local: string, zone = 'Europe/Zurich'): string | undefined =>
  momentAt(local, zone)?.toISOString();

describe('A local time', () => {
  it('is a moment, in summer and in winter, east and west', () => {
    assert.equal(at('2026-07-01T12:00'), '2026-07-01T10:00:00.000Z');
    assert.equal(at('2026-01-01T00:00'), '2025-12-31T23:00:00.000Z');
    assert.equal(at('2026-01-01T00:00', 'America/Los_Angeles'), '2026-01-01T08:00:00.000Z');
    assert.equal(at('2026-01-01T00:00', 'Pacific/Kiritimati'), '2025-12-31T10:00:00.000Z');
  });

  it('that comes twice is the first one, and one that is left out lies after the gap', () => {
    assert.equal(at('2026-10-25T02:30'), '2026-10-25T00:30:00.000Z');
    assert.equal(at('2026-03-29T02:30'), '2026-03-29T01:30:00.000Z');
  });

  it('that no calendar has is none', () => {
    for (const local of ['2026-02-30T00:00', '2026-01-01T24:00', '2026-01-01', '2026-1-1T00:00'])
      assert.equal(at(local), undefined, local);
    assert.ok(isTimeZone('UTC') && !isTimeZone('Europe/Nowhere') && !isTimeZone(''));
  });
});
