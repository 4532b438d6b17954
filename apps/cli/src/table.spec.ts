import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tableLines } from './table.js';

describe('A table', () => {
  it('shows texts of others without what a terminal would obey, in columns that fit', () => {
    assert.deepEqual(
      tableLines([
        ['NAME', 'GROUP'],
        ['a\u001b[2J', 'b'],
        ['c', 'd\r\u009bK'],
      ]),
      ['NAME        GROUP', 'a\\u001b[2J  b', 'c           d\\u000d\\u009bK'],
    );
  });
});
