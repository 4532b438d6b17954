import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { origdatablocksOf } from './register.js';
import type { FoundFile } from './walk.js';

const files = Array.from({ length: 7 }, (_, index): FoundFile => ({
  path: `file ${index}`,
  size: index,
  modified: '0',
  modifiedAt: new Date('2020-02-03T04:05:06.789Z'),
  permissions: 0o44,
}));
const checksums = new Map(files.map(({ path }) => [path, 'c'.repeat(64)]));

describe('origdatablocksOf', () => {
  it('says all the archive needs to know of a file', () => {
    const [block] = origdatablocksOf(files, checksums);
    assert.equal(block?.size, 21);
    assert.equal(block.chkAlg, 'sha256');
    assert.deepEqual(block.dataFileList[1], {
      path: 'file 1',
      size: 1,
      time: '2020-02-03T04:05:06.789Z',
      chk: 'c'.repeat(64),
      perm: '044',
    });
  });
  it('cuts by number', () => {
    const blocks = origdatablocksOf(files, checksums, { files: 3, bytes: 1e6 });
    assert.deepEqual(
      blocks.map(({ dataFileList }) => dataFileList.length),
      [3, 3, 1],
    );
  });
  it('cuts by length, and never makes an empty block', () => {
    const blocks = origdatablocksOf(files, checksums, { files: 100, bytes: 10 });
    assert.deepEqual(
      blocks.map(({ dataFileList }) => dataFileList.length),
      [1, 1, 1, 1, 1, 1, 1],
    );
  });
});
