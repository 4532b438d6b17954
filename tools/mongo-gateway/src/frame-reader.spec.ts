import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FrameError, FrameReader } from './frame-reader.js';

const format = {
  headerLength: 4,
  lengthOf: (header: Buffer): number => {
    const length = header.readInt32LE(0);
    if (length < 4 || length > 1000) throw new FrameError('unacceptable');
    return length;
  },
};

function frame(text: string): Buffer {
  const bytes = Buffer.alloc(4 + text.length);
  bytes.writeInt32LE(bytes.length, 0);
  bytes.write(text, 4);
  return bytes;
}

const textOf = (bytes: Buffer | undefined): string | undefined => bytes?.toString('latin1', 4);

describe('FrameReader', () => {
  it('finds the same frames however the bytes are cut', () => {
    const stream = Buffer.concat(['a', 'bcd', '', 'e'.repeat(300)].map(frame));
    for (const size of [1, 2, 3, 5, 7, 64, stream.length]) {
      const reader = new FrameReader(format);
      const found: (string | undefined)[] = [];
      for (let offset = 0; offset < stream.length; offset += size) {
        reader.push(stream.subarray(offset, offset + size));
        for (let next = reader.next(); next !== undefined; next = reader.next()) found.push(textOf(next));
      }
      assert.deepEqual(found, ['a', 'bcd', '', 'e'.repeat(300)], `pieces of ${size} bytes`);
      assert.equal(reader.pending, 0);
    }
  });

  it('holds no more than what arrived, whatever is announced', () => {
    const reader = new FrameReader(format);
    reader.push(frame('x'.repeat(900)).subarray(0, 10));
    assert.equal(reader.next(), undefined);
    assert.equal(reader.pending, 10);
  });

  it('refuses a length its format refuses', () => {
    const reader = new FrameReader(format);
    reader.push(Buffer.from([255, 255, 255, 127]));
    assert.throws(() => reader.next(), FrameError);
  });
});
