import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { fromBuffer, type Entry } from 'yauzl';
import type { ArchiveEntry } from './archive-format.js';
import { tarFormat } from './tar-format.js';
import { zipFormat } from './zip-format.js';

const entry = (
  position: number,
  path: string,
  size: number,
  modified = '2026-01-02T03:04:05Z',
): ArchiveEntry => ({
  ...{ position, path, size, modified: new Date(modified) },
});

describe('zipFormat', () => {
  const entries = [
    entry(0, 'a.txt', 3),
    entry(1, 'ü/ß "1".bin', 0xffffffff, '1970-01-01T00:00:00Z'),
    entry(2, 'x'.repeat(5000), 0xfffffffe, '2200-01-01T00:00:00Z'),
    entry(3, 'far', 6 * 1024 ** 3, '2107-12-31T23:59:59Z'),
  ];

  it('tells all lengths beforehand', () => {
    for (const one of entries)
      for (const offset of [0, 0xfffffffe, 0xffffffff, 2 ** 40]) {
        assert.equal(zipFormat.head(one).length, zipFormat.headSize(one));
        assert.equal(zipFormat.tail(one, 1).length, zipFormat.tailSize(one));
        assert.equal(zipFormat.directory(one, offset, 1).length, zipFormat.directorySize(one, offset));
      }
    for (const count of [1, 65_534, 65_535, 5_000_000])
      for (const content of [100, 0xfffffffe, 0xffffffff, 2 ** 45]) {
        const totals = { entries: count, content, directory: 50 };
        assert.equal(zipFormat.end(totals).length, zipFormat.endSize(totals));
      }
  });

  it('is read by another program', async () => {
    const text = Buffer.from('abc');
    const one = entries[0]!;
    const content = Buffer.concat([zipFormat.head(one), text, zipFormat.tail(one, crc32(text))]);
    const directory = zipFormat.directory(one, 0, crc32(text));
    const totals = { entries: 1, content: content.length, directory: directory.length };
    const found = await new Promise<Entry>((resolve, reject) =>
      fromBuffer(Buffer.concat([content, directory, zipFormat.end(totals)]), (error, zip) => {
        if (error !== null || zip === undefined) return reject(error ?? new Error('no zip'));
        zip.on('entry', resolve).on('error', reject);
      }),
    );
    assert.equal(found.fileName, 'a.txt');
    assert.equal(found.uncompressedSize, 3);
    assert.equal(found.crc32, crc32(text));
    assert.equal(found.externalFileAttributes >>> 16, 0o100644);
  });
});

describe('tarFormat', () => {
  it('tells all lengths beforehand, and ends on a record', () => {
    for (const one of [entry(0, 'a', 1), entry(1, 'x'.repeat(300), 9 * 1024 ** 3), entry(2, 'ü', 512)]) {
      assert.equal(tarFormat.head(one).length, tarFormat.headSize(one));
      assert.equal(tarFormat.tail(one, 0).length, tarFormat.tailSize(one));
      assert.equal((one.size + tarFormat.tailSize(one)) % 512, 0);
    }
    for (const content of [0, 9216, 9728, 10_240]) {
      const totals = { entries: 1, content, directory: 0 };
      assert.ok(tarFormat.endSize(totals) >= 1024);
      assert.equal((content + tarFormat.end(totals).length) % 10_240, 0);
    }
  });
});
