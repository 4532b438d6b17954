import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { beginning, bytesOf, visible } from './visible.js';

describe('A text of others', () => {
  it('shows what turns letters around, and what cannot be seen', () => {
    assert.equal(visible('a\u202egpj.exe'), 'a⟨U+202E⟩gpj.exe');
    assert.equal(visible('x\u0000y\u200bz'), 'x⟨U+0000⟩y⟨U+200B⟩z');
    assert.equal(visible('\u2066\u2069\u061c'), '⟨U+2066⟩⟨U+2069⟩⟨U+061C⟩');
  });

  it('keeps its lines, its tabs and its letters', () => {
    const text = 'line\n\tnext سلسلة 試料 <script>alert(1)</script>';
    assert.equal(visible(text), text);
  });

  it('is cut, never within a letter', () => {
    assert.deepEqual(beginning('short', 10), { text: 'short', isCut: false });
    assert.deepEqual(beginning('abcdef', 3), { text: 'abc', isCut: true });
    assert.deepEqual(beginning('ab😀cd', 3), { text: 'ab', isCut: true });
  });

  it('has bytes', () => assert.equal(bytesOf('aé試'), 6));
});
