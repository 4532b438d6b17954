import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import type { Connection } from 'mongoose';
import { newId } from '#kernel';
import { createLogger } from '#observability';
import { MongoConnection } from '#persistence';
import { MongoOutboxStore } from './mongo-outbox-store.js';
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
      const change = { $push: { [`${path}.rows`]: { $each: rows } }, $set: { [`${path}.dueAt`]: dueAt } };
      await documents.updateOne({ _id: id }, change, { upsert: true });
    },
    rowsOf: async (id) => (await documents.findOne({ _id: id }))?.catena.outbox.rows ?? [],
  };
});

it('MongoOutboxStore lets no lane wait behind a document that another lane is about to claim', async () => {
  await mongo.whenReady();
  const name = `lanes-${newId()}`;
  const documents = mongo.connection.collection<{ _id: string; outbox: object }>(name);
  const now = new Date();
  const due = (seconds: number): object => ({ rows: [], dueAt: new Date(now.getTime() - seconds * 1000) });
  await documents.insertMany([
    { _id: 'large', outbox: due(2) },
    { _id: 'small', outbox: due(1) },
  ]);
  let second: string | undefined;
  let isFirst = true;
  // The first claim waits, as for a document that is being written, until another lane has looked.
  const slow = new Proxy(documents, {
    get: (target, property) => {
      if (property !== 'findOneAndUpdate')
        return (Reflect.get(target, property, target) as (...given: unknown[]) => unknown).bind(target);
      return async (...given: Parameters<typeof target.findOneAndUpdate>) => {
        if (isFirst) {
          isFirst = false;
          second = (await store.claimDue(now, 60_000))?.documentId;
        }
        return target.findOneAndUpdate(...given);
      };
    },
  });
  const connection = { collection: () => slow } as unknown as Connection;
  const store = new MongoOutboxStore(connection, [{ collection: name, path: 'outbox' }]);
  const first = await store.claimDue(now, 60_000);
  assert.deepEqual([first?.documentId, second], ['large', 'small']);
  assert.equal(await store.claimDue(now, 60_000), undefined);
});
