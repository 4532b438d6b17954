import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  PosixShare,
  problemsOfTarget,
  registerTarget,
  storageForTarget,
  storageKinds,
  TapeSimulation,
} from './index.js';
import { MemoryShare } from './testing/memory-share.js';

describe('A target of ROUTES_FILE', () => {
  it('becomes the storage of its kind, under its own name', () => {
    const share = storageForTarget({
      name: 'disk',
      kind: 'share',
      options: { place: '/mnt/a/', marker: '.m' },
    });
    assert.ok(share instanceof PosixShare);
    assert.equal(share.name, 'disk');
    const tape = storageForTarget({
      ...{ name: 'lib', kind: 'tape' },
      options: { place: '/mnt/tape', drives: 3, scale: 0.1, cartridge: '18TiB' },
    });
    assert.ok(tape instanceof TapeSimulation);
    assert.equal(tape.name, 'lib');
  });

  it('is told all that is wrong with its options at once, each with its key', () => {
    const options = { plaze: '/mnt', drives: 1.5, scale: 'fast', cartridge: 'big' };
    const problems = problemsOfTarget({ name: 'lib', kind: 'tape', options });
    assert.deepEqual(problems.map(({ key }) => key).sort(), [
      ...['cartridge', 'drives', 'place', 'plaze', 'scale'],
    ]);
    assert.throws(() => storageForTarget({ name: 'lib', kind: 'tape', options }), {
      code: 'kernel.configuration',
      message: /^Target lib of kind tape: Expected an absolute path as place, found nothing\./,
    });
  });

  it('of a kind that no adapter has is refused with those that are known', () => {
    assert.deepEqual(
      problemsOfTarget({ name: 'x', kind: 'punched-cards', options: {} }).map(({ key }) => key),
      ['kind'],
    );
    assert.throws(() => storageForTarget({ name: 'x', kind: 'punched-cards', options: {} }), {
      message: /one of the kinds .*share, tape.*found "punched-cards"/,
    });
  });

  it('can be of a kind that another adapter adds, and each kind has one adapter', () => {
    const takeBack = registerTarget('planted', () => () => new MemoryShare());
    assert.ok(storageKinds().includes('planted'));
    assert.ok(storageForTarget({ name: 'x', kind: 'planted', options: {} }) instanceof MemoryShare);
    assert.throws(() => registerTarget('planted', () => () => new MemoryShare()), /found "planted"/);
    takeBack();
    assert.throws(() => storageForTarget({ name: 'x', kind: 'planted', options: {} }));
  });
});
