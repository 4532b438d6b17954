import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { newId } from '#kernel';
import { clearScenes, load, put, scene, spooled } from '../testing/command-scene.js';
import { CommandStorage } from './command-storage.adapter.js';
import { maxSilence } from './spool.js';

after(clearScenes);

describe('The spool of a command-line client', () => {
  it('has a limit for files on their way in both directions: what does not fit waits', async () => {
    const { spool, storage } = scene([], { spoolLimit: 10 });
    const writer = await storage.create('x', 'a');
    await writer.write(Buffer.from('1234567'));
    const full = { code: 'long-term-storage.full', retriable: true };
    await assert.rejects(storage.ensureRoom(4, 0), full);
    const second = await storage.create('y', 'a');
    await assert.rejects(second.write(Buffer.from('1234')), full);
    await second.discard();
    await writer.commit();
    assert.equal(await storage.freeBytes(), 10);
    const first = await storage.read('x');
    await assert.rejects(storage.read('x'), full);
    first.destroy();
    while ((await storage.freeBytes()) < 10) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(await load(storage, 'x'), '1234567');
    while (spooled(spool).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('is cleared of what processes of this machine left that are no more, and of nothing else', async () => {
    const { spool, storage } = scene();
    const dead = `catena-spool@${hostname()}@4194304@x`;
    const others = [
      'catena-spool@another-machine@4194304@x',
      `catena-spool@${hostname()}@${process.ppid}@x`,
      'mine',
    ];
    for (const folder of [dead, ...others]) mkdirSync(join(spool, folder, 'in'), { recursive: true });
    await storage.freeBytes();
    const left = readdirSync(spool);
    assert.ok(!left.includes(dead) && others.every((folder) => left.includes(folder)), left.join(', '));
  });

  it("keeps room for a file that is announced: two that fit one by one do not stand in each other's way", async () => {
    const { storage } = scene([], { spoolLimit: 10 });
    const writer = await storage.create('x', 'a', { size: 8 });
    const full = { code: 'long-term-storage.full', retriable: true };
    await assert.rejects(storage.create('y', 'a', { size: 4 }), full);
    assert.equal(await storage.freeBytes(), 2);
    await writer.write(Buffer.from('12345678'));
    assert.equal(await storage.freeBytes(), 2);
    await assert.rejects(writer.write(Buffer.from('123')), full);
    await writer.discard();
    assert.equal(await storage.freeBytes(), 10);
  });

  it('is cleared of what containers left, whose numbers begin anew: by their signs of life', async () => {
    const { spool, storage } = scene();
    const folder = (host: string, pid: number, age?: number): string => {
      const name = ['catena-spool', host, pid, newId()].join('@');
      mkdirSync(join(spool, name, 'out'), { recursive: true });
      const sign = join(spool, name, 'alive');
      if (age !== undefined) {
        writeFileSync(sign, '');
        const time = Date.now() / 1000 - age / 1000;
        utimesSync(sign, time, time);
      }
      return name;
    };
    const dead = [folder(hostname(), process.pid), folder('former-container', 7, maxSilence + 60_000)];
    const alive = [folder('other-container', 7, 0), folder('of-an-older-version', 7)];
    await storage.freeBytes();
    // Another target of this process has the same spool.
    await new CommandStorage({ ...scene().options, spool }).freeBytes();
    const left = readdirSync(spool).sort();
    assert.equal(left.filter((name) => name.startsWith(`catena-spool@${hostname()}@`)).length, 2);
    assert.ok(dead.every((name) => !left.includes(name)) && alive.every((name) => left.includes(name)));
  });

  it('whose folder is cleared away while its process runs is made anew', async () => {
    const { spool, storage } = scene();
    await put(storage, 'x', 'content');
    for (const entry of readdirSync(spool)) rmSync(join(spool, entry), { recursive: true });
    assert.equal(await load(storage, 'x'), 'content');
    for (const entry of readdirSync(spool)) rmSync(join(spool, entry, 'out'), { recursive: true });
    await put(storage, 'y', 'content');
    assert.equal(await load(storage, 'y'), 'content');
  });

  it('that is not there is waited for', async () => {
    const { storage } = scene([], { spool: '/no/such/spool' });
    await assert.rejects(storage.create('x', 'a'), (error: Error & { code?: string }) => {
      assert.match(error.code ?? '', /^long-term-storage\.unavailable$/);
      return true;
    });
  });
});
