import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Formats, timeIn } from './formats.js';

const en = new Formats('en', 'Europe/Zurich');
const de = new Formats('de', 'Europe/Zurich');
const now = new Date('2026-11-29T12:00:00Z');

describe('Formats', () => {
  it('say bytes in powers of two, in the letters of the language', () => {
    assert.deepEqual(
      [0, 1023, 1024, 1536, 1024 ** 4 * 3.6, 1024 ** 2 * 512].map((bytes) => en.bytes(bytes)),
      ['0 B', '1,023 B', '1.0 KiB', '1.5 KiB', '3.6 TiB', '512 MiB'],
    );
    assert.equal(de.bytes(1536), '1,5 KiB');
    assert.equal(en.bytes(-1), '–');
    assert.equal(en.bytes(Number.NaN), '–');
    assert.equal(en.rate(2048), '2.0 KiB/s');
  });

  it('say 100 % only of what is complete', () => {
    assert.deepEqual(
      [0, 0.005, 0.9999, 1, 1.2, -1].map((share) => en.percent(share)),
      ['0 %', '0 %', '99 %', '100 %', '100 %', '0 %'],
    );
  });

  it('say how long with two units at most', () => {
    assert.deepEqual(
      [0.4, 59, 60, 3600, 3700, 86_400 * 3 + 7200].map((seconds) => en.duration(seconds)),
      ['0 s', '59 s', '1 min', '1 h', '1 h 1 min', '3 d 2 h'],
    );
    assert.equal(en.duration(Number.POSITIVE_INFINITY), '–');
  });

  it('say how long ago, and in how long', () => {
    const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);
    assert.match(en.relative(ago(180), now), /3 min ago/);
    assert.match(en.relative(ago(-7200), now), /in 2 hr/);
    assert.match(de.relative(ago(180), now), /vor 3 Min/);
    assert.match(en.relative(ago(86_400 * 3), now), /3 days ago/);
  });

  it('say the exact time with its zone', () => {
    assert.match(en.exactly(now), /29 Nov 2026.*13:00:00.*CET/);
    assert.match(de.exactly(now), /29\.11\.2026.*13:00:00 MEZ/);
  });
});

describe('A time of an answer', () => {
  it('is one, or none', () => {
    assert.equal(timeIn('2026-11-29T12:00:00Z')?.getTime(), now.getTime());
    for (const odd of ['2026', '', 'soon', 12, undefined, '2026-99-99T00:00:00Z'])
      assert.equal(timeIn(odd), undefined, String(odd));
  });
});
