import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { withLock } from './lock.js';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catena-lock-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const nobodyWaits = (holder: string): void => assert.fail(`${holder} was waited for`);

/** A process that has the lock, from when this resolves. */
async function holding(program: string, ...parameters: string[]): Promise<ChildProcessWithoutNullStreams> {
  const child = spawn(program, parameters);
  await once(child.stdout, 'data');
  return child;
}

const HOLDS_FOR_EVER = `
  const { withLock } = await import(${JSON.stringify(new URL('lock.js', import.meta.url).href)});
  await withLock(process.argv[1], () => undefined, () => new Promise(() => console.log('inside')));`;

/** Holds the lock as a process does of which we know nothing but what stands in the file. */
async function heldElsewhere(file: string, text: string): Promise<ChildProcessWithoutNullStreams> {
  const holder = await holding('flock', file, 'sh', '-c', 'echo inside; exec cat');
  await writeFile(file, text);
  return holder;
}

describe('withLock', () => {
  it('lets one at a time in and tells the others whom they wait for', async () => {
    const file = join(folder, 'busy');
    const waitedFor: string[] = [];
    const order: string[] = [];
    let told: () => void = () => undefined;
    const second = new Promise<void>((resolve) => (told = resolve));
    const tell = (holder: string): void => {
      waitedFor.push(holder);
      told();
    };
    const first = withLock(file, nobodyWaits, async () => {
      const other = withLock(file, tell, async () => void order.push('second'));
      await second;
      order.push('first');
      return { other };
    });
    await (
      await first
    ).other;
    assert.deepEqual(order, ['first', 'second']);
    assert.deepEqual(waitedFor, [`process ${process.pid}`]);
  });

  it('is open at once after its holder was killed, for one at a time of all who waited', async () => {
    const file = join(folder, 'killed');
    const holder = await holding(process.execPath, '--input-type=module', '-e', HOLDS_FOR_EVER, file);
    const waitedFor: string[] = [];
    let inside = 0;
    let most = 0;
    const enter = (): Promise<void> =>
      withLock(
        file,
        (name) => {
          // All of them have seen the holder alive when it dies.
          if (waitedFor.push(name) === 6) holder.kill('SIGKILL');
        },
        async () => {
          most = Math.max(most, (inside += 1));
          await new Promise((resolve) => setTimeout(resolve, 5));
          inside -= 1;
        },
      );
    await Promise.all([1, 2, 3, 4, 5, 6].map(enter));
    assert.equal(most, 1);
    assert.deepEqual(new Set(waitedFor), new Set([`process ${holder.pid}`]));
  });

  it('is open when only the name of a process is left, as earlier versions left it', async () => {
    const file = join(folder, 'stale');
    await writeFile(file, JSON.stringify({ pid: process.pid, startedAt: '1' }));
    assert.equal(await withLock(file, nobodyWaits, async () => 'done'), 'done');
  });

  for (const { whose, text, called } of [
    {
      whose: 'a process of another container, whose number is nobody here',
      text: JSON.stringify({ pid: 7, startedAt: '1', host: 'elsewhere', pidNamespace: 'pid:[1]' }),
      called: 'process 7 of elsewhere (another container or machine)',
    },
    { whose: 'a process that left no readable name', text: '{"pid":', called: 'another process' },
  ])
    it(`is not taken from ${whose}`, async () => {
      const file = join(folder, called.slice(0, 9));
      const holder = await heldElsewhere(file, text);
      const order: string[] = [];
      await withLock(
        file,
        (name) => {
          order.push(name, 'released');
          holder.stdin.end();
        },
        async () => void order.push('entered'),
      );
      assert.deepEqual(order, [called, 'released', 'entered']);
    });

  it('that cannot be opened lets nobody in, and says so', async () => {
    const file = join(folder, 'barred');
    await symlink(file, file);
    await assert.rejects(
      withLock(file, nobodyWaits, async () => assert.fail('was let in')),
      /expected to lock .*barred, found: flock: .*barred: .*\. Without a lock nobody may work there/,
    );
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
