import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isRight, outsideOrderId, removalId, removalOf, stagingId, stagingOf } from './outside-work.js';

const workOrder = fc.tuple(fc.uuid(), fc.nat(99), fc.nat(99)).map((parts) => parts.join('/'));
const target = fc.oneof(
  fc.stringMatching(/^[a-z0-9-]{1,12}$/),
  fc.constantFrom('link', 'take', 'clear', 'remove', 'discard', '7'),
);

describe('The names of orders to workers', () => {
  it('are read as they were made, whatever a target is called', () =>
    fc.assert(
      fc.property(workOrder, target, fc.integer({ min: 1, max: 999 }), (id, name, attempt) => {
        const orderId = outsideOrderId(id, name);
        for (const step of ['link', 'take'] as const)
          assert.deepEqual(stagingOf(stagingId(orderId, step, attempt)), { orderId, step, attempt });
        for (const word of ['clear', 'remove'] as const)
          assert.deepEqual(removalOf(removalId(orderId, word), name), { before: orderId, word });
        assert.equal(removalOf(orderId, name), undefined);
      }),
    ));

  it('are not those of work orders of the archiver', () => {
    for (const id of ['j/0/0', 'j/0/0/release', 'j/0/0/discard', 'j/0/0/removal', 'link/0/1'])
      assert.equal(stagingOf(id), undefined, id);
  });
});

describe('What a worker has read back', () => {
  const outside = { packedSize: 5, sha256: 'a' };
  it('is right with the size and the checksum that our archiver has recorded, and with nothing else', () =>
    assert.deepEqual(
      [{ ...outside }, { ...outside, packedSize: 6 }, { ...outside, sha256: 'b' }].map((said) =>
        isRight(outside, said),
      ),
      [true, false, false],
    ));
});
