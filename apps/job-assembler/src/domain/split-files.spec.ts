import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FileSplitter } from './split-files.js';

const split = (sizes: number[], options = { targetBytes: 100, maxFiles: 4 }): number[][] => {
  const splitter = new FileSplitter(options);
  const blocks = sizes.flatMap((size, index) => {
    const closed = splitter.add({ path: `f${index}`, size, time: '2026-01-01T00:00:00.000Z' });
    return closed === undefined ? [] : [closed];
  });
  const rest = splitter.rest();
  return [...blocks, ...(rest.length > 0 ? [rest] : [])].map((block) => block.map((file) => file.size));
};

describe('FileSplitter', () => {
  it('makes no datablock of nothing', () => assert.deepEqual(split([]), []));
  it('keeps what fits together', () => assert.deepEqual(split([40, 60]), [[40, 60]]));
  it('closes a datablock before the file that would exceed the target', () =>
    assert.deepEqual(split([40, 61]), [[40], [61]]));
  it('gives a file above the target its own datablock, and makes no empty one before it', () =>
    assert.deepEqual(split([500, 1, 500]), [[500], [1], [500]]));
  it('closes after the largest number of files', () =>
    assert.deepEqual(split([0, 0, 0, 0, 0]), [[0, 0, 0, 0], [0]]));
  it('cuts the same files at the same places', () =>
    assert.deepEqual(split([30, 80, 10, 10, 90]), split([30, 80, 10, 10, 90])));
  it('keeps the list of one datablock below the document limit', () => {
    const splitter = new FileSplitter({ targetBytes: 1e15, maxFiles: 100_000 });
    const long = 'x'.repeat(200);
    let closed = 0;
    for (let index = 0; index < 50_000; index += 1)
      closed += splitter.add({ path: `${long}/${index}`, size: 1, time: '' }) === undefined ? 0 : 1;
    assert.equal(closed, 3);
  });
});
