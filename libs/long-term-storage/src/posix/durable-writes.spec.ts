import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
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
  let handles: { sync: FileHandle['sync'] };
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
});
