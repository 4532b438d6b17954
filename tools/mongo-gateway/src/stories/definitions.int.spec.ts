import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { beginStory, failure, type Story } from './story.js';

let story: Story;

before(() => {
  story = beginStory();
});
after(() => story.end());

describe('collections', () => {
  it('are made, listed, renamed and dropped', async () => {
    const { db } = story;
    await db.createCollection('first');
    await db.collection('second').insertOne({});
    const names = async (): Promise<string[]> =>
      (await db.listCollections().toArray()).map(({ name }) => name).sort();
    assert.deepEqual(await names(), ['first', 'second']);
    await db.renameCollection('first', 'third');
    assert.deepEqual(await names(), ['second', 'third']);
    assert.equal((await failure(db.renameCollection('third', 'second'))).code, 48);
    await db.dropCollection('third');
    await db.collection('never').drop();
    assert.deepEqual(await names(), ['second']);
    assert.deepEqual(await db.listCollections({ name: 'second' }, { nameOnly: true }).toArray(), [
      { name: 'second', type: 'collection' },
    ]);
  });

  it('check their documents where a validator is given', async () => {
    const validator = { $jsonSchema: { required: ['name'] } };
    const strict = await story.db.createCollection('strict', { validator });
    assert.equal((await failure(strict.insertOne({ other: 1 }))).code, 121);
    await story.db.command({ collMod: 'strict', validator: {} });
    await strict.insertOne({ other: 1 });
  });

  it('are described', async () => {
    const { db } = story;
    await db.collection('described').insertOne({ x: 1 });
    assert.equal((await db.command({ collStats: 'described' }))['count'], 1);
    assert.equal((await db.stats())['db'], db.databaseName);
    const { databases } = await db.admin().listDatabases();
    assert.ok(databases.some(({ name }) => name === db.databaseName));
  });
});

describe('indexes', () => {
  it('are made with their collection, listed and dropped', async () => {
    const indexed = story.db.collection('indexed');
    const names = await indexed.createIndexes([
      { key: { a: 1 }, unique: true, sparse: true },
      { key: { b: 1, c: -1 }, name: 'custom' },
      { key: { at: 1 }, expireAfterSeconds: 3600 },
      { key: { d: 'hashed' } },
      { key: { '$**': 1 }, name: 'wild' },
    ]);
    assert.deepEqual(names, ['a_1', 'custom', 'at_1', 'd_hashed', 'wild']);
    const found = new Map((await indexed.indexes()).map((index) => [index.name, index]));
    assert.deepEqual([...found.keys()].sort(), ['_id_', 'a_1', 'at_1', 'custom', 'd_hashed', 'wild']);
    assert.deepEqual([found.get('a_1')?.unique, found.get('a_1')?.sparse], [true, true]);
    assert.equal(found.get('at_1')?.expireAfterSeconds, 3600);
    assert.deepEqual(found.get('custom')?.key, { b: 1, c: -1 });
    await indexed.createIndex({ a: 1 }, { unique: true, sparse: true });
    await indexed.dropIndex('custom');
    assert.equal(await indexed.indexExists('custom'), false);
    await indexed.dropIndexes();
    assert.deepEqual(
      (await indexed.indexes()).map(({ name }) => name),
      ['_id_'],
    );
  });

  it('conflict as they do in MongoDB', async () => {
    const conflicting = story.db.collection('conflicting');
    await conflicting.createIndex({ a: 1 });
    assert.equal((await failure(conflicting.createIndex({ a: 1 }, { unique: true }))).code, 86);
    assert.equal((await failure(conflicting.createIndex({ b: 1 }, { name: 'a_1' }))).code, 86);
    assert.equal((await failure(conflicting.dropIndex('never'))).code, 27);
    await conflicting.insertMany([{ u: 1 }, { u: 1 }]);
    assert.equal((await failure(conflicting.createIndex({ u: 1 }, { unique: true }))).code, 11000);
  });

  it('may be made by many clients at once', async () => {
    const make = (): Promise<string[]> =>
      story.db.collection('together').createIndexes([{ key: { a: 1 }, unique: true }, { key: { b: 1 } }]);
    await Promise.all(Array.from({ length: 10 }, make));
    assert.equal((await story.db.collection('together').indexes()).length, 3);
  });
});

describe('the server', () => {
  it('describes itself', async () => {
    const admin = story.db.admin();
    assert.equal((await admin.buildInfo())['version'], '7.0.0');
    assert.equal((await admin.serverStatus())['ok'], 1);
    assert.equal((await admin.ping())['ok'], 1);
    const hello = await admin.command({ hello: 1 });
    assert.deepEqual(
      [hello['setName'], hello['isWritablePrimary'], hello['maxWireVersion']],
      ['rs0', true, 21],
    );
    const parameter = await admin.command({ getParameter: 1, featureCompatibilityVersion: 1 });
    assert.deepEqual(parameter['featureCompatibilityVersion'], { version: '7.0' });
  });
});
