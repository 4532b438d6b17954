import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { text } from 'node:stream/consumers';
import { storageAt } from '../storage-at.js';
import { longTermStorageConformance } from '../testing/long-term-storage.conformance.js';
import { PosixShare } from '../posix/posix-share.adapter.js';
import { TapeSimulation, type TapeSimulationOptions } from './tape-simulation.adapter.js';
import type { TapeFaults } from './tape-faults.js';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'catena-tapes-'));
  folders.push(root);
  return root;
}

const library = (root: string, more: Partial<TapeSimulationOptions> = {}): TapeSimulation =>
  new TapeSimulation({ name: 'tapes', root, scale: 0, ...more });

async function store(storage: TapeSimulation, name: string, content: string): Promise<void> {
  const writer = await storage.create(name, 't');
  await writer.write(Buffer.from(content));
  await writer.commit();
}

function break_(root: string, faults: TapeFaults): void {
  writeFileSync(join(root, 'faults.json.new'), JSON.stringify(faults));
  renameSync(join(root, 'faults.json.new'), join(root, 'faults.json'));
}

longTermStorageConformance('a simulated tape library', () => Promise.resolve(library(newRoot())));

describe('A simulated tape library', () => {
  it('reads fresh bytes from the tape, and others from its disk', async () => {
    const storage = library(newRoot(), { drives: 1, cartridgeBytes: 10 });
    await store(storage, 'a', '0123456');
    await store(storage, 'b', '0123456');
    assert.equal(storage.drives.mounts, 2, 'they do not fit on one cartridge');
    assert.equal(await text(await storage.read('a')), '0123456');
    assert.equal(storage.drives.mounts, 2);
    assert.equal(await text(await storage.read('a', { fresh: true, offset: 5 })), '56');
    assert.equal(storage.drives.mounts, 3);
  });

  it('says where files lie, also of what its disk holds, and how many media it reads at once', async () => {
    const storage = library(newRoot(), { drives: 3, cartridgeBytes: 10 });
    for (const name of ['a', 'b', 'c']) await store(storage, name, '01234');
    const [first, second, third] = [
      ...[await storage.placeOf('a'), await storage.placeOf('b'), await storage.placeOf('c')],
    ];
    assert.deepEqual([first?.position, second?.position, third?.position], [0, 5, 0]);
    assert.equal(first?.medium, second?.medium);
    assert.notEqual(second?.medium, third?.medium);
    assert.equal(await storage.placeOf('d'), undefined);
    assert.deepEqual([storage.knowsPlaces, storage.mediaAtOnce], [true, 3]);
  });

  it('that was never used is there, and can be told who it is', async () => {
    const { identity } = library(newRoot());
    assert.equal(await identity.read(), undefined);
    assert.equal(await identity.isEmpty(), true);
    assert.equal(await identity.write({ id: 'i', target: 'tapes', since: 's' }), true);
    assert.equal((await identity.read())?.id, 'i');
  });

  it('knows its tapes after a restart, and in another process', async () => {
    const root = newRoot();
    const [one, other] = [library(root), library(root)];
    await store(one, 'a', 'first');
    assert.equal(await text(await other.read('a')), 'first');
    await store(other, 'b', 'second');
    await one.remove('a');
    assert.equal(await other.stat('a'), undefined);
    const later = library(root);
    assert.equal(await text(await later.read('b', { fresh: true })), 'second');
    const places = readFileSync(join(root, 'catalogue.ndjson'), 'utf8').trim().split('\n');
    assert.equal(places.length, 3);
    assert.notEqual(JSON.parse(places[0]!).cartridge, JSON.parse(places[1]!).cartridge);
  });

  it('takes the time of drives and robots', async () => {
    const waited: number[] = [];
    const storage = library(newRoot(), {
      scale: 0.5,
      speed: 1000,
      pause: (milliseconds) => {
        waited.push(milliseconds);
        return Promise.resolve();
      },
    });
    await store(storage, 'a', 'x'.repeat(100));
    const sum = (): number => waited.splice(0).reduce((total, one) => total + one, 0);
    assert.equal(sum(), (10_000 + 17_000 + 100) / 2);
    await text(await storage.read('a', { fresh: true }));
    assert.ok(Math.abs(sum() - 50) < 1, 'wound back by nothing to speak of, and read');
  });

  it('gives the drive back when a reader goes away, before its first byte too', async () => {
    const storage = library(newRoot(), { drives: 1 });
    await store(storage, 'a', 'a');
    await store(storage, 'b', 'b');
    (await storage.read('a', { fresh: true })).destroy();
    assert.equal(await text(await storage.read('b', { fresh: true })), 'b');
  });

  it('says which cartridge is damaged, and when nobody answers', async () => {
    const root = newRoot();
    const storage = library(root);
    await store(storage, 'a', 'a');
    break_(root, { damaged: ['*'] });
    await assert.rejects(storage.read('a', { fresh: true }), {
      code: 'long-term-storage.medium-damaged',
      retriable: false,
    });
    assert.equal(await text(await storage.read('a')), 'a', 'the disk in front still has it');
    break_(root, { offline: true });
    for (const call of [
      () => storage.read('a'),
      () => storage.create('b', 't'),
      () => storage.stat('a'),
      () => storage.remove('a'),
      () => storage.freeBytes(),
    ])
      await assert.rejects(call(), { code: 'long-term-storage.unavailable', retriable: true });
    break_(root, {});
    assert.equal(await text(await storage.read('a', { fresh: true })), 'a');
  });

  it('is chosen by LTS_ROOTS', () => {
    assert.ok(storageAt('/mnt/tape') instanceof PosixShare);
    const tapes = storageAt('tape-simulation:/mnt/a%20b?drives=1&scale=0&cartridge=1GiB');
    assert.ok(tapes instanceof TapeSimulation);
    assert.equal(tapes.name, '/mnt/a b');
    assert.throws(() => storageAt('tape-simulation:/x?scale=fast'), { code: 'kernel.configuration' });
  });
});
