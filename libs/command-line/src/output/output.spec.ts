import assert from 'node:assert/strict';
import { afterEach, describe, it, mock } from 'node:test';
import { Output } from './output.js';

/** What somebody else may have called a dataset. */
const evil = 'a\u001b]0;title\u0007\nb\u009b2J';
const shown = 'a\\u001b]0;title\\u0007\\u000ab\\u009b2J';

describe('What a command prints', () => {
  afterEach(() => mock.restoreAll());

  function written(to: 'stdout' | 'stderr', print: () => void): string {
    let all = '';
    const write = mock.method(process[to], 'write', (text: string) => {
      all += text;
      return true;
    });
    print();
    write.mock.restore();
    return all;
  }

  it('moves no cursor and begins no line of its own, wherever a text comes from', () => {
    const output = new Output({ json: false, quiet: false });
    assert.equal(
      written('stdout', () => output.result([`name  ${evil}`, 'next'], {})),
      `name  ${shown}\nnext\n`,
    );
    assert.equal(
      written('stderr', () => output.say(evil)),
      `${shown}\n`,
    );
    assert.equal(
      written('stderr', () => output.failure(evil, {})),
      `catena: ${shown}\n`,
    );
  });

  it('is, as JSON, the same text for whoever reads it', () => {
    const output = new Output({ json: true, quiet: false });
    const text = written('stdout', () => output.result([], { name: evil, right: '\u202e' }));
    assert.doesNotMatch(text, /[^\n\x20-\x7e]/);
    assert.deepEqual(JSON.parse(text), { name: evil, right: '\u202e' });
  });
});
