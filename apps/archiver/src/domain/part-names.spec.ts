import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileNameOf, partFileName } from './part-names.js';

const selection = 'f'.repeat(64);

describe('The name of what is downloaded', () => {
  it('is the end of the archive id, and says of a part that it is one', () => {
    assert.equal(fileNameOf('pid=/job/00001.tar'), 'job_00001.tar');
    assert.equal(partFileName('pid=/job/00001.tar', selection), 'job_00001.part-ffffffffffffffff.tar');
  });

  it('is no longer than messages take, whatever the archive id, and tells long ones apart', () => {
    const [one, other] = ['a', 'b'].map((first) => `${first}/${'x'.repeat(400)}/${'y'.repeat(400)}.tar`);
    for (const name of [fileNameOf(one!), partFileName(one!, selection)]) {
      assert.ok(name.length <= 300, `${name.length}`);
      assert.match(name, /\.tar$/);
    }
    assert.notEqual(fileNameOf(one!), fileNameOf(other!));
  });
});
