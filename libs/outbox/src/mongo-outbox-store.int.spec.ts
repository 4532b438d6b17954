import assert from 'node:assert/strict';
import { after } from 'node:test';
import { newId } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { MongoOutboxStore, pushRows } from './mongo-outbox-store.js';
import type { OutboxPart } from './outbox-row.js';
import { outboxStoreConformance } from './testing/outbox-store.conformance.js';

const uri = process.env['MONGODB_URI'];
assert.ok(
  uri,
  'MONGODB_URI must name a database server: run `npm test`, or start one with `npm run stack -- up`.',
);
const url = new URL(uri);
url.pathname = `/outbox-${newId().slice(0, 8)}`;
const mongo = new MongoConnection(
  { uri: url.toString(), appName: 'outbox.int.spec' },
  createLogger('outbox.int.spec', 'silent'),
);
after(async () => {
  await mongo.connection.dropDatabase();
  await mongo.close();
});

outboxStoreConformance('MongoOutboxStore', async () => {
  await mongo.whenReady();
  const collection = `documents-${newId()}`;
  const path = 'catena.outbox';
  const store = new MongoOutboxStore(mongo.connection, [{ collection, path }]);
  await store.createIndexes();
  const documents = mongo.connection.collection<{ _id: string; catena: { outbox: OutboxPart } }>(collection);
  return {
    store,
    collection,
    push: async (id, { rows, dueAt }) => {
      const { $push, $set } = pushRows(path, rows, dueAt!);
      await documents.updateOne({ _id: id }, { $push, $set }, { upsert: true });
    },
    rowsOf: async (id) => (await documents.findOne({ _id: id }))?.catena.outbox.rows ?? [],
  };
});
