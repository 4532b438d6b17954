import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newId } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { MongoInbox } from './mongo-inbox.js';

describe('The inbox in MongoDB', () => {
  let mongo: MongoConnection;
  let inbox: MongoInbox;

  before(async () => {
    const uri = new URL(process.env['MONGODB_URI'] ?? '');
    uri.pathname = `/inbox-${newId().slice(0, 8)}`;
    const logger = createLogger('mongo-inbox.int.spec', 'silent');
    mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, logger);
    await mongo.whenReady();
    inbox = new MongoInbox(mongo.connection);
    await inbox.createIndexes();
  });
  after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
  });

  it('knows what was handled, and with which content', async () => {
    const id = newId();
    assert.equal(await inbox.check(id, 'a'), 'new');
    await inbox.record(id, 't', 'a');
    await inbox.record(id, 't', 'a');
    assert.equal(await inbox.check(id, 'a'), 'duplicate');
    assert.equal(await inbox.check(id, 'b'), 'conflict');
  });

  it('knows that a copy waits, for as long as it was told', async () => {
    const id = newId();
    await inbox.wait(id, 't', 60_000);
    assert.equal(await inbox.check(id, 'a'), 'waiting');
    await inbox.wait(id, 't', -1);
    assert.equal(await inbox.check(id, 'a'), 'new', 'the copy that waited is lost');
  });

  it('takes what was handled for handled, whatever waits', async () => {
    const id = newId();
    await inbox.wait(id, 't', 60_000);
    await inbox.record(id, 't', 'a');
    assert.equal(await inbox.check(id, 'a'), 'duplicate');
    await inbox.wait(id, 't', 60_000);
    assert.equal(await inbox.check(id, 'a'), 'duplicate');
  });
});
