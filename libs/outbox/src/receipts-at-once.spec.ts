import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Connection } from 'mongoose';
import { memoryCollection } from '#persistence/testing';
import { MongoOutboxStore } from './mongo-outbox-store.js';

interface Stored {
  readonly _id: string;
  readonly outbox: { readonly rows: readonly { readonly id: string; readonly awaits: readonly string[] }[] };
}

/** Writes of one call one by one, as a database takes them: those of another relay come in between. */
function oneByOne(): ReturnType<typeof memoryCollection<Stored>> {
  const collection = memoryCollection<Stored>();
  const together = collection.bulkWrite.bind(collection);
  collection.bulkWrite = (async (operations: readonly unknown[]) => {
    for (const operation of operations) await together([operation] as never);
  }) as never;
  return collection;
}

describe('Receipts of two consumers', () => {
  it('that two relays record at the same moment take the row away, and no other one', async () => {
    const collection = oneByOne();
    const connection = { collection: () => collection } as unknown as Connection;
    const places = [{ collection: 'tasks', path: 'outbox' }];
    await collection.insertOne({
      _id: 'd',
      outbox: {
        rows: [
          { id: 'both', awaits: ['archiver', 'publisher'] },
          { id: 'other', awaits: ['archiver', 'publisher'] },
        ],
      },
    });
    const receiptOf = (consumer: 'archiver' | 'publisher') => ({
      ...{ address: 'tasks/d', messageId: 'both', consumer },
    });
    await Promise.all([
      new MongoOutboxStore(connection, places).accept([receiptOf('archiver')]),
      new MongoOutboxStore(connection, places).accept([receiptOf('publisher')]),
    ]);
    const rows = (await collection.findOne({ _id: 'd' }))?.outbox.rows.map(({ id }) => id);
    assert.deepEqual(rows, ['other']);
  });
});
