import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { realArchiverStore, type OpenStore } from '../testing/real-archiver-store.js';
import { ShareModes } from './share-modes.js';
import { TargetIdentities } from './target-identities.js';

describe('What a database remembers of shares', () => {
  const clock = new ManualClock();
  let open: OpenStore;
  let identities: TargetIdentities;
  before(async () => {
    open = await realArchiverStore(process.env['MONGODB_URI']);
    identities = new TargetIdentities(open.store, clock);
    await open.store.targets.createIndex({ identity: 1 }, { unique: true });
  });
  after(() => open.close());

  it('is the first identity of each, whoever else begins in the same moment', async () => {
    const ids = ['a', 'b', 'c', 'd'];
    const known = await Promise.all(ids.map((id) => identities.remember('disk', id)));
    assert.equal(new Set(known).size, 1);
    assert.equal(await identities.known('disk'), known[0]);
  });

  it('is never one identity for two shares', async () => {
    await identities.remember('one', 'of-one');
    assert.equal(await identities.remember('two', 'of-one'), '');
    const word = { by: 'Ada', reason: 'x' };
    assert.equal(await identities.adopt('two', 'of-one', word, undefined), 'twice');
    assert.equal(await identities.holderOf('of-one'), 'one');
    await identities.forget('one', 'of-one');
    assert.equal(await identities.adopt('two', 'of-one', word, undefined), 'adopted');
    assert.equal(await identities.known('two'), 'of-one');
  });

  it('is what one operator said of two who said something in the same moment', async () => {
    const word = { by: 'Ada', reason: 'x' };
    await identities.remember('four', 'before');
    const said = await Promise.all(
      ['here', 'there'].map((id) => identities.adopt('four', id, word, 'before')),
    );
    assert.deepEqual(said.sort(), ['adopted', 'overtaken']);
    assert.equal(await identities.adopt('four', 'late', word, undefined), 'overtaken');
    const first = await Promise.all(['p', 'q'].map((id) => identities.adopt('five', id, word, undefined)));
    assert.deepEqual(first.sort(), ['adopted', 'overtaken']);
  });

  it('is whether anything was archived there', async () => {
    assert.equal(await identities.wasUsed('disk'), false);
    await open.store.datablocks.insertOne({
      ...{ _id: 'x', pid: 'p', jobId: 'j', filesSha256: 'f', fileCount: 1, size: 1, packedSize: 1 },
      ...{ sha256: 's', manifest: { bucket: 'c', key: 'm', size: 1, sha256: 'x' }, state: 'verified' },
      copies: [{ share: 'disk', verifiedAt: clock.now() }],
    });
    assert.equal(await identities.wasUsed('disk'), true);
    assert.equal(await identities.wasUsed('other'), false);
  });

  it('is what operators said of them last', async () => {
    const modes = new ShareModes(open.store, clock);
    await modes.set('disk', 'pause', { by: 'Ada', reason: 'x', until: new Date(clock.now().getTime() + 5) });
    await assert.rejects(modes.assertOpen('disk', 'read'), { code: 'archiver.share-paused', away: true });
    await modes.set('disk', 'drain', { by: 'Ada', reason: 'x' });
    clock.advance(10);
    await modes.assertOpen('disk', 'read');
    await assert.rejects(modes.assertOpen('disk', 'write'), { code: 'archiver.share-paused' });
    await modes.set('disk', 'run', { by: 'Ada', reason: 'x' });
    await modes.assertOpen('disk', 'write');
  });
});
