import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytesText, countText, durationText, lineText, nameText, progressText } from './progress-text.js';

describe('progress text', () => {
  for (const [bytes, text] of [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [150 * 2 ** 20, '150 MiB'],
    [12.5 * 2 ** 30, '12.5 GiB'],
    [3 * 2 ** 50, '3.00 PiB'],
  ] as const)
    it(`writes ${bytes} bytes as ${text}`, () => assert.equal(bytesText(bytes), text));

  for (const [milliseconds, text] of [
    [40, '0.0 s'],
    [9900, '9.9 s'],
    [61_000, '61 s'],
    [600_000, '10 min'],
    [3 * 3_600_000 + 60_000, '3 h 1 min'],
  ] as const)
    it(`writes ${milliseconds} ms as ${text}`, () => assert.equal(durationText(milliseconds), text));

  it('says how far, how fast and how long still', () =>
    assert.equal(
      progressText({ label: 'sending', done: 2 ** 20, total: 4 * 2 ** 20, elapsed: 1000 }),
      'sending: 25 % of 4.00 MiB, 1.00 MiB/s, 3.0 s left',
    ));
  it('guesses no remaining time before it has something to go by', () => {
    const after = (done: number, elapsed: number, before = 0): string =>
      progressText({ label: 'x', done, total: 1000, elapsed, before }, String);
    assert.equal(after(0, 5000), 'x: 0 % of 1000');
    assert.doesNotMatch(after(300, 200), /left/);
    assert.doesNotMatch(after(1, 5000), /left/);
    assert.match(after(1, 60_000), /left/);
    assert.match(after(100, 10_000), /, 10\/s, 90 s left/);
  });
  it('takes nothing for speed that was done before it looked', () => {
    const state = { label: 'x', done: 500, total: 1000, elapsed: 10_000 };
    assert.equal(progressText({ ...state, before: 500 }, String), 'x: 50 % of 1000');
    assert.equal(progressText({ ...state, before: 400 }, String), 'x: 50 % of 1000, 10/s, 50 s left');
  });
  it('does not divide by nothing', () =>
    assert.equal(progressText({ label: 'sending', done: 0, total: 0, elapsed: 0 }), 'sending: 100 % of 0 B'));
  it('counts', () => assert.deepEqual([countText(1, 'file'), countText(2, 'file')], ['1 file', '2 files']));
  it('shows names that would disturb a terminal as JSON', () => {
    assert.equal(nameText('ünï 名前.txt'), 'ünï 名前.txt');
    assert.equal(nameText('a\nb\u001b[2J'), '"a\\nb\\u001b[2J"');
  });
  it('shows names that would disturb a terminal in other ways as JSON, too', () => {
    for (const name of ['\u009b2J', '\u007f', '\u202egpj.exe', '\ud800'])
      assert.match(nameText(name), /^"\\u[0-9a-f]{4}/);
    assert.equal(JSON.parse(nameText('a\u009b\u{e0041}b')), 'a\u009b\u{e0041}b');
  });
  it('takes from a line what would move the cursor, hide it or begin another one', () => {
    assert.equal(lineText('a\u001b[2J\r\nb\u009bK'), 'a\\u001b[2J\\u000d\\u000ab\\u009bK');
    assert.equal(lineText('\u202ex\u2028y\u0007'), '\\u202ex\\u2028y\\u0007');
    assert.equal(lineText('ünï 名前\tمی\u200cخواهم 👩\u200d🔬'), 'ünï 名前\tمی\u200cخواهم 👩\u200d🔬');
  });
});
