import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { withLock } from './lock.js';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catena-lock-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const nobodyWaits = (pid: number): void => assert.fail(`process ${pid} was waited for`);

describe('withLock', () => {
  it('lets one at a time in and tells the others whom they wait for', async () => {
    const file = join(folder, 'busy');
    let inside = 0;
    let most = 0;
    const waitedFor: number[] = [];
    const task = async (): Promise<void> => {
      most = Math.max(most, (inside += 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside -= 1;
    };
    const enter = (): Promise<void> => withLock(file, (pid) => waitedFor.push(pid), task);
    await Promise.all([enter(), enter()]);
    assert.equal(most, 1);
    assert.deepEqual(waitedFor, [process.pid]);
  });

  it('takes over from a process that is gone', async () => {
    const file = join(folder, 'stale');
    await writeFile(file, JSON.stringify({ pid: process.pid, startedAt: '1' }));
    assert.equal(await withLock(file, nobodyWaits, async () => 'done'), 'done');
  });

  it('opens again after a failure', async () => {
    const file = join(folder, 'failed');
    await assert.rejects(
      withLock(file, nobodyWaits, () => Promise.reject(new Error('broken'))),
      /broken/,
    );
    assert.equal(await withLock(file, nobodyWaits, async () => 'done'), 'done');
  });
});
