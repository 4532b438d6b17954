import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fill, fillFirst, plain } from './fill.js';
import { Formats } from './formats.js';

const f = new Formats('en', 'UTC');

describe('A template', () => {
  it('is filled with its facts, each in the words of the language and apart from ours', () => {
    assert.deepEqual(fill('All {limit} slots at {target}', { limit: 1200, target: 'a\u202eb' }, f), [
      { text: 'All ', isValue: false },
      { text: '1,200', isValue: true },
      { text: ' slots at ', isValue: false },
      { text: 'a⟨U+202E⟩b', isValue: true },
    ]);
  });

  it('says sizes, rates and times as such', () => {
    const facts = { bytesDone: 2048, rate: 1024, secondsLeft: 61, at: '2026-11-29T12:00:00Z', up: true };
    const pieces = fill('{bytesDone} {rate} {secondsLeft} {at} {up}', facts, f) ?? [];
    assert.equal(plain(pieces), '2.0 KiB 1.0 KiB/s 1 min 29 Nov 2026, 12:00 ✓');
  });

  it('is left out where a fact is not known', () => {
    assert.equal(fill('At {target}', {}, f), undefined);
    assert.equal(fill('At {target}', { target: '' }, f), undefined);
    // Not a fact of the job, but of every object.
    assert.equal(fill('At {constructor}', {}, f), undefined);
    assert.equal(plain(fillFirst(['At {target}', 'At its target'], {}, f)), 'At its target');
  });

  it('takes braces in a fact for text', () => {
    assert.equal(plain(fill('{a}', { a: '{b}', b: 'x' }, f) ?? []), '{b}');
  });
});
