import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareCells, type Cell } from './cells.js';

describe('The order of cells', () => {
  it('is that of the database: by type, numbers by value, texts by their UTF-8 bytes', () => {
    const inOrder: Cell[] = [
      null,
      ...[-2, 0, 1.5, 10],
      ...['', 'A', 'Z', 'a', 'aa', 'ab', 'b', 'z', 'ä', '€', '\uE000', '\uFFFD', '😀', '😀a', '😁'],
      ...[[], ['a'], ['a', 'b'], ['b']],
      ...[false, true],
    ];
    for (const [place, cell] of inOrder.entries())
      for (const [other, beside] of inOrder.entries())
        assert.equal(
          Math.sign(compareCells(cell, beside)),
          Math.sign(place - other),
          `${JSON.stringify(cell)} ${JSON.stringify(beside)}`,
        );
    assert.equal(compareCells(undefined, null), 0);
  });
});
