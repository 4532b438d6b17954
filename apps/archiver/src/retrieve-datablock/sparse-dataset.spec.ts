import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { writeSparseDatablock } from '#datablock/testing';
import { PosixShare, type LongTermReadOptions } from '#long-term-storage';
import { PartScene } from '../testing/part-scene.js';

/** A share on a disk that counts the bytes it reads. */
class CountingShare extends PosixShare {
  bytesRead = 0;

  override async read(name: string, options?: LongTermReadOptions): Promise<Readable> {
    const source = await super.read(name, options);
    const count = (chunk: Buffer): void => void (this.bytesRead += chunk.length);
    return Readable.from(
      (async function* () {
        for await (const chunk of source as AsyncIterable<Buffer>) {
          count(chunk);
          yield chunk;
        }
      })(),
      { objectMode: false },
    );
  }
}

const gibibyte = 1024 ** 3;
const content = Buffer.alloc(300_000, 'wanted ');

for (const [size, first] of [
  ['200 GiB', 80 * gibibyte],
  ['5 TB', 5e12],
] as const)
  oneFileOf(size, first);

/** @param first bytes of the first file; the others have 120 GiB and a little */
function oneFileOf(size: string, first: number): void {
  describe(`One file of a dataset of ${size}`, () => {
    let root: string;
    let share: CountingShare;
    let scene: PartScene;
    let packedSize: number;
    before(async () => {
      root = await mkdtemp(join(tmpdir(), 'catena-sparse-'));
      share = new CountingShare({ name: 'disk', root });
      scene = new PartScene([share]);
      const place = join(root, scene._id);
      await mkdir(dirname(place), { recursive: true });
      const made = await writeSparseDatablock(place, { pid: 'pid', archiveId: scene._id }, [
        { path: 'frames/0.h5', size: first },
        { path: 'frames/1.h5', size: 20 * gibibyte },
        { path: 'log.txt', size: content.length, content },
        { path: 'z.h5', size: 100 * gibibyte },
      ]);
      packedSize = made.packedSize;
      await scene.archived({ ...made, sha256: 'never compared'.padEnd(64, '0') });
    });
    after(() => rm(root, { recursive: true, force: true }));

    it('comes back, and hardly more than its own bytes are read', async (t) => {
      const onDisk = await stat(join(root, scene._id));
      assert.ok(onDisk.size === packedSize && packedSize > first + 120 * gibibyte);
      const told = await scene.retrieve(await scene.orderOf('log.txt'));
      const [name] = await scene.inBucket();
      assert.deepEqual(await scene.filesIn(name!), { 'log.txt': content.toString() });
      t.diagnostic(`${share.bytesRead} bytes read of ${packedSize}, ${told.packedSize} to download`);
      assert.equal(share.bytesRead, content.length);
      assert.ok(told.packedSize < content.length + 20_480);
    });

    it('needs its front besides, where the kept manifest is gone', async (t) => {
      await scene.store.retrieved.deleteMany({});
      await scene.claimChecks.removeBelow('manifests/');
      share.bytesRead = 0;
      await scene.retrieve(await scene.orderOf('log.txt'));
      t.diagnostic(`${share.bytesRead} bytes read of ${packedSize}`);
      assert.ok(share.bytesRead < 4 * 1024 * 1024, `${share.bytesRead} bytes`);
    });
  });
}
