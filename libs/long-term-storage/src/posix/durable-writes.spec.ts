import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { PosixShare } from './posix-share.adapter.js';

/** What a power cut leaves is what was synchronised before: here each call is seen, and may fail. */
describe('A file on a POSIX share', () => {
  const parent = mkdtempSync(join(tmpdir(), 'catena-durable-'));
  const share = new PosixShare({ name: 'share', root: parent });
  const final = join(parent, 'pid', '1', '0.tar');
  let handles: { sync: FileHandle['sync']; writev: FileHandle['writev'] };
  let real: FileHandle['sync'];
  before(async () => {
    const handle = await open(join(parent, 'any'), 'w');
    handles = Object.getPrototypeOf(handle) as typeof handles;
    real = handles.sync;
    await handle.close();
    rmSync(join(parent, 'any'));
  });
  afterEach(() => {
    handles.sync = real;
  });
  after(() => rmSync(parent, { recursive: true }));

  const written = async () => {
    const writer = await share.create('pid/1/0.tar', 't');
    await writer.write(Buffer.from('content'));
    return writer;
  };

  it('has its bytes on the disk before it has its name, and its name there before its writer is told', async () => {
    const synchronised: { what: number | string; isNamed: boolean }[] = [];
    handles.sync = async function (this: FileHandle) {
      const found = await this.stat();
      synchronised.push({ what: found.isFile() ? 'bytes' : found.ino, isNamed: existsSync(final) });
      return real.call(this);
    };
    const writer = await written();
    await writer.commit();
    const [first, ...others] = synchronised;
    assert.deepEqual(first, { what: 'bytes', isNamed: false });
    for (const folder of [join(parent, 'pid', '1'), join(parent, 'pid'), parent])
      assert.ok(
        others.some(({ what, isNamed }) => what === statSync(folder).ino && isNamed),
        `${folder} was not synchronised`,
      );
    await share.remove('pid/1/0.tar');
  });

  it('never has its name when the disk did not take its bytes', async () => {
    handles.sync = () => Promise.reject(Object.assign(new Error('i/o error'), { code: 'EIO' }));
    const writer = await written();
    await assert.rejects(writer.commit(), { code: 'long-term-storage.unavailable', retriable: true });
    await assert.rejects(writer.commit(), { code: 'long-term-storage.writer-closed' });
    await writer.discard();
    assert.equal(await share.stat('pid/1/0.tar'), undefined);
    assert.deepEqual(readdirSync(join(parent, 'pid', '1')), []);
  });

  it('is whole when the system takes fewer bytes at once than it is given', async () => {
    const { writev } = handles;
    try {
      for (let most = 0; most <= 11; most += 1) {
        handles.writev = async function (this: FileHandle, pieces: readonly Buffer[], position?: number) {
          const taken = Buffer.concat(pieces).subarray(0, most);
          await this.write(taken, 0, taken.length, position);
          return { bytesWritten: taken.length, buffers: pieces };
        } as FileHandle['writev'];
        const writer = await share.create('pid/1/0.tar', 't');
        await writer.write(Buffer.from('>'));
        await writer.writePieces?.(['one', '', 'three', 'six'].map((piece) => Buffer.from(piece)));
        await writer.write(Buffer.from('<'));
        await writer.commit();
        assert.equal(readFileSync(final, 'utf8'), '>onethreesix<');
        await share.remove('pid/1/0.tar');
      }
    } finally {
      handles.writev = writev;
    }
  });

  const mebibyte = Buffer.alloc(2 ** 20, 'x');
  const mebibytes = async (count: number) => {
    const writer = await share.create('pid/1/0.tar', 't');
    for (let index = 0; index < count; index += 1) await writer.write(mebibyte);
    return writer;
  };

  it('goes to the disk while it grows, and as a whole in the end', async () => {
    const sizes: number[] = [];
    handles.sync = async function (this: FileHandle) {
      const found = await this.stat();
      if (found.isFile()) sizes.push(found.size / 2 ** 20);
      return real.call(this);
    };
    const writer = await mebibytes(70);
    assert.ok(sizes.length === 1 && sizes[0]! >= 64, `synchronised at ${sizes.join()}`);
    await writer.commit();
    assert.equal(sizes.at(-1), 70);
    await share.remove('pid/1/0.tar');
  });

  for (const end of ['write', 'commit'] as const)
    it(`never has its name when the disk did not take what came before, though the last call says nothing: ${end}`, async () => {
      let calls = 0;
      handles.sync = function (this: FileHandle) {
        calls += 1;
        // As the system does: it tells once.
        return calls > 1 ? real.call(this) : Promise.reject(Object.assign(new Error('i/o'), { code: 'EIO' }));
      };
      const writer = await mebibytes(64);
      await new Promise(setImmediate);
      const fault = { code: 'long-term-storage.unavailable', retriable: true };
      await assert.rejects(end === 'write' ? writer.write(mebibyte) : writer.commit(), fault);
      await assert.rejects(writer.commit(), { code: 'long-term-storage.writer-closed' });
      await writer.discard();
      assert.equal(await share.stat('pid/1/0.tar'), undefined);
      assert.equal(calls, 1);
    });

  it('is closed only when nothing of it is on its way to the disk', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    handles.sync = async function (this: FileHandle) {
      await held;
      return real.call(this);
    };
    const writer = await mebibytes(64);
    let isOver = false;
    const discarding = writer.discard().then(() => (isOver = true));
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    assert.ok(!isOver);
    release();
    await discarding;
    assert.deepEqual(readdirSync(join(parent, 'pid', '1')), []);
  });
});
