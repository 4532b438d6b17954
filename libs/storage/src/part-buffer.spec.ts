import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { PartBuffer } from './part-buffer.js';

const size = 3 * 1024 * 1024 + 17;

describe('A part of an upload', () => {
  const folder = mkdtempSync(join(tmpdir(), 'catena-parts-'));
  after(() => rmSync(folder, { recursive: true }));

  const bytesOf = async (part: PartBuffer): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    for await (const piece of part.pieces()) pieces.push(Buffer.from(piece));
    return Buffer.concat(pieces);
  };

  for (const [where, inMemory] of [
    ['memory', size],
    ['a file', 0],
  ] as const) {
    it(`in ${where} gives back what was written and overwritten, as often as it is asked`, async () => {
      const part = await PartBuffer.of(size, inMemory);
      const content = randomBytes(size);
      for (let at = 0; at < size; at += 700_001) await part.write(content.subarray(at, at + 700_001));
      const patch = randomBytes(1000);
      await part.write(patch, 1_048_000);
      content.set(patch, 1_048_000);
      assert.deepEqual([part.length, part.isFull], [size, true]);
      for (let time = 0; time < 2; time += 1) assert.ok((await bytesOf(part)).equals(content));
      assert.deepEqual(await part.digests(), {
        md5: createHash('md5').update(content).digest('base64'),
        sha256: createHash('sha256').update(content).digest('hex'),
      });
      await part.close();
    });

    it(`in ${where} takes no byte beyond its end, and none that leaves a hole`, async () => {
      const part = await PartBuffer.of(10, inMemory === 0 ? 0 : 10);
      await part.write(Buffer.from('12345'));
      await assert.rejects(part.write(Buffer.from('678901')), /within 10/);
      await assert.rejects(part.write(Buffer.from('8'), 7), /at 7/);
      assert.equal((await bytesOf(part)).toString(), '12345');
      await part.close();
    });
  }

  it('that lies in a file has no name, so that nothing stays of a process that dies', async () => {
    const part = await PartBuffer.of(size, 0, folder);
    await part.write(randomBytes(1000));
    assert.deepEqual(readdirSync(folder), []);
    await part.close();
  });

  it('says what to do when there is no room for such a file', async () => {
    await assert.rejects(PartBuffer.of(size, 0, join(folder, 'missing')), {
      code: 'storage.no-temporary-file',
      retriable: true,
    });
  });
});
