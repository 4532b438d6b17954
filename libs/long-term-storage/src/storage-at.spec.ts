import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  PosixShare,
  registerStorage,
  storageAt,
  storageNameOf,
  storagesAt,
  TapeSimulation,
} from './index.js';
import { MemoryShare } from './testing/memory-share.js';
import { longTermStorageConformance } from './testing/long-term-storage.conformance.js';

/** A second adapter: all that it takes is its class and this one call. */
class PlantedShare extends MemoryShare {
  constructor(override readonly name: string) {
    super();
  }
}

describe('A storage adapter that is planted under a scheme', () => {
  let takeBack: () => void;
  before(() => {
    takeBack = registerStorage('planted', ({ place, marker }) => new PlantedShare(`${place} ${marker}`));
  });
  after(() => takeBack());

  longTermStorageConformance('what LTS_ROOTS names with it', () =>
    Promise.resolve(storageAt('planted://host/bucket')),
  );

  it('learns its place and the marker, and leaves the others as they are', () => {
    const planted = storageAt('planted://host:1/a:b?c=d', '.mounted');
    assert.ok(planted instanceof PlantedShare);
    assert.equal(planted.name, '//host:1/a:b?c=d .mounted');
    assert.ok(storageAt('/mnt/tape') instanceof PosixShare);
    assert.ok(storageAt('tape-simulation:/mnt/tape?scale=0') instanceof TapeSimulation);
  });

  it('keeps its scheme: another adapter that registers under it is refused', () => {
    assert.throws(
      () => registerStorage('planted', () => new MemoryShare()),
      /posix, tape-simulation\), found "planted"/,
    );
    assert.throws(() => registerStorage('Not a scheme', () => new MemoryShare()), /found "Not a scheme"/);
  });
});

describe('An item of LTS_ROOTS', () => {
  it('that is a plain path is a POSIX share of that name, with a colon in it too', () => {
    for (const [item, name] of [
      ['/mnt/tape', '/mnt/tape'],
      ['/mnt/a:b', '/mnt/a:b'],
      ['posix:/mnt/tape', '/mnt/tape'],
    ] as const) {
      const share = storageAt(item);
      assert.ok(share instanceof PosixShare);
      assert.equal(share.name, name);
    }
  });

  it('is called by its place in records, without scheme and settings', () => {
    for (const [item, name] of [
      ['/mnt/tape', '/mnt/tape'],
      ['posix:/mnt/tape', '/mnt/tape'],
      ['tape-simulation:/mnt/tape?drives=2&scale=0', '/mnt/tape'],
      ['TAPE-SIMULATION:/mnt/a%20tape', '/mnt/a tape'],
      ['disk', 'disk'],
      ['s4://no/such/scheme', 's4://no/such/scheme'],
    ] as const)
      assert.equal(storageNameOf(item), name);
  });

  it('of an unknown scheme is refused with those that are known', () => {
    assert.throws(() => storageAt('s4://host/bucket'), {
      code: 'kernel.configuration',
      message: /one of the schemes posix, tape-simulation in LTS_ROOTS, found "s4:\/\/host\/bucket"/,
    });
  });

  it('has its scheme in letters of any size, and a whole path where it names posix', () => {
    assert.ok(storageAt('TAPE-SIMULATION:/mnt/tape?scale=0') instanceof TapeSimulation);
    assert.throws(() => storageAt('S3://host/bucket'), { code: 'kernel.configuration' });
    for (const item of ['posix:', 'posix:tape'])
      assert.throws(() => storageAt(item), { message: /Expected posix:<absolute path>/ });
  });

  it('is refused the second time, however it is written: two copies in one place are one', () => {
    assert.deepEqual(
      storagesAt(['/mnt/tape', '/mnt/other']).map(({ name }) => name),
      ['/mnt/tape', '/mnt/other'],
    );
    for (const second of ['/mnt/tape', 'posix:/mnt/tape'])
      assert.throws(() => storagesAt(['/mnt/tape', second]), {
        code: 'kernel.configuration',
        message: /each storage once in LTS_ROOTS, found "\/mnt\/tape" twice/,
      });
  });

  it('of a scheme that was taken back is unknown again', () => {
    registerStorage('passing', () => new MemoryShare())();
    assert.throws(() => storageAt('passing:x'), { code: 'kernel.configuration' });
  });
});
