import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { blockSize, padded, tarHeader, tarHeaderSize, type TarEntry } from './tar-header.js';

const plain: TarEntry = {
  name: 'a.txt',
  size: 3,
  permissions: 0o640,
  modifiedAt: new Date('2024-05-06T07:08:09Z'),
};

describe('tarHeader', () => {
  it('is one block for a plain file', () => {
    const header = tarHeader(plain, 0);
    assert.equal(header.length, blockSize);
    assert.equal(header.toString('latin1', 0, 6), 'a.txt\0');
    assert.equal(header.toString('latin1', 257, 265), 'ustar\x0000');
  });

  it('knows its length before it is made', () => {
    for (let length = 80; length < 1200; length += 1) {
      const entry = { ...plain, name: 'x'.repeat(length) };
      assert.equal(tarHeader(entry, 7).length, tarHeaderSize(entry), `name of ${length}`);
    }
  });

  for (const time of [
    '2024-05-06T07:08:09.000Z',
    '2024-05-06T07:08:09.120Z',
    '1970-01-01T00:00:00.001Z',
    '1969-12-31T23:59:58.250Z',
    '1901-12-13T20:45:53.000Z',
    '2300-01-01T00:00:00.999Z',
  ]) {
    it(`makes tar restore the time ${time}`, () => {
      const entry = { ...plain, size: 0, modifiedAt: new Date(time) };
      withTarOf(entry, (tar, folder) => {
        execFileSync('tar', ['xf', tar, '-C', folder]);
        assert.equal(statSync(join(folder, 'a.txt')).mtime.toISOString(), time);
      });
    });
  }

  for (const size of [8 ** 11 - 1, 8 ** 11, 9 * 2 ** 40]) {
    it(`makes tar see a size of ${size}`, () =>
      withTarOf({ ...plain, size }, (tar) => {
        const line = execFileSync('tar', ['tvf', tar]).toString();
        assert.equal(line.trim().split(/\s+/)[2], String(size));
      }));
  }
});

/** A tar of one entry whose content is a hole: tar skips it without reading. */
function withTarOf(entry: TarEntry, use: (tar: string, folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'catena-'));
  try {
    const file = join(folder, 'one.tar');
    const descriptor = openSync(file, 'w');
    const header = tarHeader(entry, 0);
    writeSync(descriptor, header);
    ftruncateSync(descriptor, header.length + padded(entry.size) + 2 * blockSize);
    closeSync(descriptor);
    use(file, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
