import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { TargetNames } from '../domain/target-names.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';
import { TargetIdentities } from './target-identities.js';

describe('The identity of a target that LTS_ROOTS called otherwise', () => {
  const clock = new ManualClock();
  const names = new TargetNames([{ name: 'disk', formerNames: ['/mnt/lts'] }]);
  const adoption = { by: 'me', reason: 'it is' };

  it('is that of then: nobody has to adopt it, and what lies there counts as used', async () => {
    const store = memoryArchiverStore();
    await new TargetIdentities(store, clock).remember('/mnt/lts', 'one');
    await store.datablocks.insertOne({ _id: 'a', copies: [{ share: '/mnt/lts' }] } as never);
    const now = new TargetIdentities(store, clock, names);
    assert.deepEqual([await now.known('disk'), await now.wasUsed('disk')], ['one', true]);
    assert.equal(await now.remember('disk', 'one'), 'one');
    assert.deepEqual([await now.holderOf('one'), await now.wasUsed('tape')], ['disk', false]);
  });

  it('moves to its new name when it is adopted, and counts before an older one', async () => {
    const store = memoryArchiverStore();
    await new TargetIdentities(store, clock).remember('/mnt/lts', 'one');
    const now = new TargetIdentities(store, clock, names);
    assert.equal(await now.adopt('disk', 'two', adoption, undefined), 'adopted');
    assert.equal(await now.known('disk'), 'two');
    assert.equal(await now.adopt('disk', 'one', adoption, 'two'), 'adopted');
    assert.equal(await now.known('disk'), 'one');
    assert.equal(await store.targets.countDocuments({}), 1);
  });
});
