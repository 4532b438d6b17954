import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TargetNames } from './target-names.js';

describe('The name of a target', () => {
  const names = new TargetNames([
    { name: 'disk', formerNames: ['/mnt/a', '/mnt/older'] },
    { name: 'tape', formerNames: [] },
  ]);

  it('is found for what older records call it', () => {
    assert.deepEqual(
      ['/mnt/a', '/mnt/older', 'disk', 'tape', '/elsewhere'].map((one) => names.nameOf(one)),
      [...['disk', 'disk', 'disk', 'tape', '/elsewhere']],
    );
  });

  it('may be written in all these ways', () => {
    assert.deepEqual(names.writtenAs('disk'), ['disk', '/mnt/a', '/mnt/older']);
    assert.deepEqual([names.writtenAs('tape'), new TargetNames().writtenAs('x')], [['tape'], ['x']]);
  });
});
