import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, renameSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { PosixShare } from '../posix/posix-share.adapter.js';
import { longTermStorageConformance } from '../testing/long-term-storage.conformance.js';
import { MemoryShare } from '../testing/memory-share.js';
import { IdentifiedStorage } from './identified-storage.js';
import type { IdentityMemory } from './identity-check.js';
import { IdentityFile } from './storage-identity.js';

class Memory implements IdentityMemory {
  readonly ids = new Map<string, string>();
  used = false;
  /** Another archiver's word in between. */
  before: (() => void) | undefined;
  now = () => new Date();
  known = (name: string) => Promise.resolve(this.ids.get(name));
  remember = (name: string, id: string) => {
    this.before?.();
    if (!this.ids.has(name)) this.ids.set(name, id);
    return Promise.resolve(this.ids.get(name) ?? id);
  };
  wasUsed = () => Promise.resolve(this.used);
}

const away = (error: Error & { code?: string; away?: boolean }): boolean => {
  assert.equal(error.code, 'long-term-storage.other-share', error.message);
  return error.away === true;
};
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
function newRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'catena-identity-'));
  folders.push(root);
  return root;
}

async function store(storage: { create: PosixShare['create'] }, name: string): Promise<void> {
  const writer = await storage.create(name, 't');
  await writer.write(Buffer.from('content'));
  await writer.commit();
}

longTermStorageConformance('a storage that is asked who it is', () =>
  Promise.resolve(new IdentifiedStorage(new MemoryShare(), new Memory())),
);

describe('A share that is used for the first time', () => {
  it('gets an identity when it is empty, and keeps it', async () => {
    const [root, memory] = [newRoot(), new Memory()];
    const share = new IdentifiedStorage(new PosixShare({ name: 'disk', root }), memory);
    assert.equal(await share.standing(), 'known');
    const found = await new IdentityFile(share).read();
    assert.equal(found?.target, 'disk');
    assert.equal(memory.ids.get('disk'), found?.id);
    assert.deepEqual(readdirSync(root), ['.catena-target']);
    const again = new IdentifiedStorage(new PosixShare({ name: 'disk', root }), memory);
    assert.equal(await again.standing(), 'known');
    assert.equal((await new IdentityFile(share).read())?.id, found?.id);
  });

  it('says of itself whether it fetches whole files for each read', () => {
    class Whole extends PosixShare {
      override get fetchesWhole(): boolean {
        return true;
      }
    }
    const options = { name: 'disk', root: newRoot() };
    const seen = [new Whole(options), new PosixShare(options)].map(
      (share) => new IdentifiedStorage(share, new Memory()).fetchesWhole,
    );
    assert.deepEqual(seen, [true, false]);
  });

  it('is left as it is when it holds anything: an operator says whether it is the right one', async () => {
    const [root, memory] = [newRoot(), new Memory()];
    await store(new PosixShare({ name: 'disk', root }), 'pid/x');
    const share = new IdentifiedStorage(new PosixShare({ name: 'disk', root }), memory);
    assert.equal(await share.standing(), 'unidentified');
    assert.deepEqual(await share.stat('pid/x'), { size: 7 });
    assert.equal(memory.ids.size, 0);
    assert.deepEqual(readdirSync(root), ['pid']);
  });

  it('is away when it is empty although datablocks were archived there before there were identities', async () => {
    const [root, memory] = [newRoot(), new Memory()];
    memory.used = true;
    const share = new IdentifiedStorage(new PosixShare({ name: 'disk', root }), memory);
    await assert.rejects(share.stat('pid/x'), away);
    assert.deepEqual(readdirSync(root), []);
  });

  it('is away when it is that of another target, and when two archivers met two shares under one name', async () => {
    const [root, memory] = [newRoot(), new Memory()];
    await new IdentifiedStorage(new PosixShare({ name: 'disk', root }), memory).standing();
    const other = new IdentifiedStorage(new PosixShare({ name: 'tape', root }), memory);
    await assert.rejects(other.create('x', 't'), away);
    const racing = new Memory();
    racing.before = () => racing.ids.set('disk', 'of-another-share');
    const third = new IdentifiedStorage(new PosixShare({ name: 'disk', root: newRoot() }), racing);
    await assert.rejects(third.standing(), away);
  });

  it('gets one identity from two archivers that begin at once, and from one that died before it remembered it', async () => {
    const [root, memory] = [newRoot(), new Memory()];
    const both = [1, 2].map(() => new IdentifiedStorage(new PosixShare({ name: 'disk', root }), memory));
    assert.deepEqual(await Promise.all(both.map((share) => share.standing())), ['known', 'known']);
    memory.ids.clear();
    const next = new IdentifiedStorage(new PosixShare({ name: 'disk', root }), memory);
    assert.equal(await next.standing(), 'known');
    assert.equal(memory.ids.get('disk'), (await new IdentityFile(next).read())?.id);
  });

  it('gets one identity from many that begin at once and remove what others leave: none of them fails', async () => {
    // What one takes for leftovers may be removed at any moment of another's writing: each round meets some of these moments.
    for (let round = 0; round < 60; round += 1) {
      const root = newRoot();
      const files = [1, 2, 3, 4].map(() => new IdentityFile(new PosixShare({ name: 'disk', root })));
      const since = new Date().toISOString();
      const written = await Promise.all(
        files.map((file, index) => file.write({ id: `identity-${index}`, target: 'disk', since })),
      );
      const found = await files[0]!.read();
      // Whoever says that it wrote it has.
      const winners = written.flatMap((isWritten, index) => (isWritten ? [`identity-${index}`] : []));
      if (winners.length > 0) assert.deepEqual(winners, [found?.id]);
    }
  });

  it('keeps nothing of an archiver that died while it wrote the identity', async () => {
    const [root, memory] = [newRoot(), new Memory()];
    const share = new PosixShare({ name: 'disk', root });
    const dead = await share.create('.catena-target', 'of-one-that-died');
    await dead.write(Buffer.from('{"id"'));
    assert.equal(readdirSync(root).length, 1);
    assert.equal(await new IdentifiedStorage(share, memory).standing(), 'known');
    assert.deepEqual(readdirSync(root), ['.catena-target']);
    await dead.discard();
    // One that died beside a known one, too: the next archiver that starts finds it.
    const late = await share.create('.catena-target', 'of-another-that-died');
    await late.write(Buffer.from('{"id"'));
    assert.equal(await new IdentifiedStorage(share, memory).standing(), 'known');
    assert.deepEqual(readdirSync(root), ['.catena-target']);
    await late.discard();
  });
});

describe('A share that is known', () => {
  const steps: Record<string, (share: IdentifiedStorage) => Promise<unknown>> = {
    stat: (share) => share.stat('pid/x'),
    read: (share) => share.read('pid/x'),
    'set aside': (share) => share.setAside('pid/x', 't'),
    'bring back': (share) => share.bringBack('pid/x', 't'),
    remove: (share) => share.remove('pid/x'),
    'remove what was set aside': (share) => share.removeSetAside('pid/x', 't'),
    'look for what was set aside': (share) => share.isSetAside('pid/x', 't'),
    'remove partials': (share) => share.removePartials('pid/x'),
    create: (share) => share.create('pid/y', 't'),
    'count free bytes': (share) => share.freeBytes(),
    list: (share) => share.list('')[Symbol.asyncIterator]().next(),
    'list what was set aside': (share) => share.listSetAside('')[Symbol.asyncIterator]().next(),
  };

  async function scene() {
    const [root, memory] = [newRoot(), new Memory()];
    const share = new IdentifiedStorage(new PosixShare({ name: 'disk', root }), memory);
    await store(share, 'pid/x');
    return { root, share };
  }
  const swaps: Record<string, (root: string) => Promise<void> | void> = {
    'an empty folder': (root) => {
      renameSync(root, `${root}-real`);
      folders.push(`${root}-real`);
      mkdirSync(root);
    },
    'the folder of another target': async (root) => {
      renameSync(root, `${root}-real`);
      folders.push(`${root}-real`);
      mkdirSync(root);
      const other = new IdentifiedStorage(new PosixShare({ name: 'tape', root }), new Memory());
      await store(other, 'pid/z');
    },
    'a folder with something in it': (root) => {
      renameSync(root, `${root}-real`);
      folders.push(`${root}-real`);
      mkdirSync(root);
      writeFileSync(join(root, 'letter.txt'), 'x');
    },
  };
  for (const [what, swap] of Object.entries(swaps))
    for (const [step, run] of Object.entries(steps))
      it(`that was swapped for ${what} is away for: ${step}`, async () => {
        const { root, share } = await scene();
        await swap(root);
        await assert.rejects(run(share), away);
        rmSync(root, { recursive: true });
        renameSync(`${root}-real`, root);
        assert.deepEqual(await share.stat('pid/x'), { size: 7 });
      });

  it('says what was found in its place, and what to do', async () => {
    const { root, share } = await scene();
    await swaps['the folder of another target']?.(root);
    await assert.rejects(share.stat('pid/x'), /found that of target "tape" with the identity .* adopt it/);
  });

  it('and is swapped during a look says what it found as itself only', async () => {
    const [inner, memory] = [new MemoryShare(), new Memory()];
    const share = new IdentifiedStorage(inner, memory);
    await store(share, 'x');
    let back: (() => void) | undefined;
    const stat = inner.stat.bind(inner);
    inner.stat = (name) => {
      back = inner.swapFor(undefined);
      return stat(name);
    };
    await assert.rejects(share.stat('x'), away);
    back?.();
    inner.stat = stat;
    const read = inner.read.bind(inner);
    inner.read = (name, options) => {
      if (name === 'x') back = inner.swapFor(undefined);
      return read(name, options);
    };
    await assert.rejects(share.read('x'), away);
    back?.();
    const remove = inner.removeSetAside.bind(inner);
    inner.read = read;
    inner.removeSetAside = (name, token) => {
      back = inner.swapFor(undefined);
      return remove(name, token);
    };
    await assert.rejects(share.removeSetAside('x', 't'), away);
    back?.();
    assert.deepEqual(await share.stat('x'), { size: 7 });
  });
});

describe('A share that is mounted for reading only', () => {
  it('is read, and what is to be written waits with a reason', async () => {
    const inner = new MemoryShare();
    const share = new IdentifiedStorage(inner, new Memory());
    await store(share, 'x');
    inner.readOnly = true;
    assert.equal((await (await share.read('x')).toArray()).join(''), 'content');
    const waits = (error: Error & { code?: string; away?: boolean }): boolean => {
      assert.equal(error.code, 'long-term-storage.read-only');
      assert.match(error.message, /What reads from it goes on; mount it for writing/);
      return error.away === true;
    };
    await assert.rejects(share.create('y', 't'), waits);
    await assert.rejects(share.setAside('x', 't'), waits);
    await assert.rejects(share.remove('x'), waits);
  });
});
