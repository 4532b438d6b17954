import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parcelHead, parcelSize, readParcelHead } from './parcel.js';

const files = [
  { path: 'a "b"\n.dat', size: 3, sha256: 'ab'.repeat(32) },
  { path: 'ünï/名前', size: 0, sha256: 'cd'.repeat(32) },
  { path: 'z', size: 5, sha256: 'ef'.repeat(32) },
];
const head = parcelHead(files);

async function* pieces(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

describe('A parcel', () => {
  it('tells what is in it and where, however its bytes arrive', async () => {
    const whole = Buffer.concat([head, Buffer.from('\n\n\nabcde')]);
    for (const length of [1, 7, 1000]) {
      const found = await readParcelHead(pieces(whole, length));
      assert.deepEqual(
        found?.map(({ offset, ...file }) => ({ ...file, bytes: whole.subarray(offset, offset + file.size) })),
        [
          { ...files[0], bytes: Buffer.from('\n\n\n') },
          { ...files[1], bytes: Buffer.alloc(0) },
          { ...files[2], bytes: Buffer.from('abcde') },
        ],
      );
    }
  });
  it('has a length that is known before its files are read', () =>
    assert.equal(parcelSize(files), head.length + 8));
  for (const [what, text] of [
    ['another format', head.toString().replace('parcel-1', 'parcel-2')],
    ['no line', 'x'.repeat(1000)],
    ['no JSON', '{\n'],
    ['a list', '[]\n'],
    ['a size below nothing', head.toString().replace('"size":3', '"size":-3')],
    ['a short checksum', head.toString().replace('abab', 'ab')],
    ['a path that leads out', head.toString().replace('"z"', '"../z"')],
    ['nothing', ''],
  ] as const)
    it(`is none with ${what}`, async () =>
      assert.equal(await readParcelHead(pieces(Buffer.from(text), 100)), undefined));
});
