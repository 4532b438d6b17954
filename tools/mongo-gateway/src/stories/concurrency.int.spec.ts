import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mongo } from 'mongoose';
import { beginStory, failure, type Story } from './story.js';

let story: Story;

before(() => {
  story = beginStory({ maxPoolSize: 50 });
});
after(() => story.end());

describe('concurrent writers', () => {
  it('lose no update of one document', async () => {
    const counters = story.db.collection<{ _id: string; n: number; seen: number[] }>('counters');
    await counters.insertOne({ _id: 'c', n: 0, seen: [] });
    const client = async (): Promise<void> => {
      for (let round = 0; round < 10; round++) {
        await counters.findOneAndUpdate({ _id: 'c', n: { $gte: 0 } }, { $inc: { n: 1 }, $push: { seen: 1 } });
      }
    };
    await Promise.all(Array.from({ length: 50 }, client));
    const counter = await counters.findOne({ _id: 'c' });
    assert.deepEqual([counter?.n, counter?.seen.length], [500, 500]);
  });

  it('let exactly one win a conditional change', async () => {
    const leases = story.db.collection<{ _id: string; owner: number | null }>('leases');
    for (let round = 0; round < 10; round++) {
      await leases.insertOne({ _id: `l${round}`, owner: null });
      const tries = Array.from({ length: 20 }, (_, owner) =>
        leases.findOneAndUpdate({ _id: `l${round}`, owner: null }, { $set: { owner } }),
      );
      assert.equal((await Promise.all(tries)).filter((won) => won !== null).length, 1);
    }
  });

  it('let exactly one insert a unique key', async () => {
    const inbox = story.db.collection<{ key: string }>('inbox');
    await inbox.createIndex({ key: 1 }, { unique: true });
    const tries = await Promise.allSettled(
      Array.from({ length: 30 }, () => inbox.insertOne({ key: 'same' })),
    );
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const attempt of tries) {
      if (attempt.status === 'rejected') assert.equal((attempt.reason as mongo.MongoServerError).code, 11000);
    }
  });

  it('insert the same unique keys in opposite orders and let exactly one insert each', async () => {
    const inbox = story.db.collection<{ key: number }>('crossing');
    await inbox.createIndex({ key: 1 }, { unique: true });
    const keys = Array.from({ length: 40 }, (_, key) => key);
    const client = async (_: unknown, index: number): Promise<number> => {
      const order = index % 2 === 0 ? keys : keys.toReversed();
      try {
        return (
          await inbox.insertMany(
            order.map((key) => ({ key })),
            { ordered: false },
          )
        ).insertedCount;
      } catch (error) {
        assert.ok(error instanceof mongo.MongoBulkWriteError);
        for (const { code } of [error.writeErrors].flat()) assert.equal(code, 11000);
        return error.insertedCount;
      }
    };
    const inserted = await Promise.all(Array.from({ length: 40 }, client));
    assert.equal(
      inserted.reduce((sum, count) => sum + count, 0),
      keys.length,
    );
    assert.equal(await inbox.countDocuments(), keys.length);
  });

  it('upsert one document together', async () => {
    const upserts = story.db.collection<{ _id: string; n: number }>('upserts');
    const upsert = (): Promise<unknown> =>
      upserts.updateOne({ _id: 'x' }, { $inc: { n: 1 } }, { upsert: true });
    await Promise.all(Array.from({ length: 30 }, upsert));
    assert.equal((await upserts.findOne({ _id: 'x' }))?.n, 30);
    assert.equal(await upserts.countDocuments(), 1);
  });
});

describe('transactions', () => {
  it('commit together and are invisible before', async () => {
    const docs = story.db.collection<{ _id: number }>('committed');
    await docs.insertOne({ _id: 0 });
    await story.client.withSession((session) =>
      session.withTransaction(async () => {
        await docs.insertOne({ _id: 1 }, { session });
        await docs.insertOne({ _id: 2 }, { session });
        assert.equal(await docs.countDocuments({}, { session }), 3);
        assert.equal(await docs.countDocuments(), 1);
      }),
    );
    assert.equal(await docs.countDocuments(), 3);
  });

  it('leave nothing when they fail', async () => {
    const docs = story.db.collection<{ _id: number }>('aborted');
    await docs.insertOne({ _id: 0 });
    await assert.rejects(
      story.client.withSession((session) =>
        session.withTransaction(async () => {
          await docs.insertOne({ _id: 1 }, { session });
          await docs.insertOne({ _id: 0 }, { session });
        }),
      ),
      /E11000/,
    );
    assert.deepEqual(await docs.distinct('_id'), [0]);
  });

  it('make collections', async () => {
    await story.client.withSession((session) =>
      session.withTransaction(async () => {
        await story.db.collection('fresh').insertOne({ a: 1 }, { session });
      }),
    );
    assert.equal(await story.db.collection('fresh').countDocuments(), 1);
  });

  it('iterate cursors over their own writes', async () => {
    const docs = story.db.collection<{ _id: number }>('iterated');
    await docs.insertMany(Array.from({ length: 50 }, (_, n) => ({ _id: n })));
    await story.client.withSession((session) =>
      session.withTransaction(async () => {
        await docs.insertOne({ _id: 50 }, { session });
        assert.equal((await docs.find({}, { session }).sort({ _id: 1 }).batchSize(7).toArray()).length, 51);
      }),
    );
  });

  it('repeat themselves after conflicts, and nothing is lost', async () => {
    const accounts = story.db.collection<{ _id: number; n: number }>('accounts');
    await accounts.insertMany([
      { _id: 1, n: 0 },
      { _id: 2, n: 0 },
    ]);
    const transfer = (): Promise<unknown> =>
      story.client.withSession((session) =>
        session.withTransaction(async () => {
          const one = await accounts.findOne({ _id: 1 }, { session });
          await accounts.updateOne({ _id: 1 }, { $set: { n: (one?.n ?? 0) + 1 } }, { session });
          await accounts.updateOne({ _id: 2 }, { $inc: { n: -1 } }, { session });
        }),
      );
    await Promise.all(Array.from({ length: 10 }, transfer));
    assert.deepEqual(await accounts.find().sort({ _id: 1 }).toArray(), [
      { _id: 1, n: 10 },
      { _id: 2, n: -10 },
    ]);
  });

  it('report a conflict with its code and label', async () => {
    const docs = story.db.collection<{ _id: number; n: number }>('conflict');
    await docs.insertOne({ _id: 1, n: 0 });
    const session = story.client.startSession();
    session.startTransaction();
    await docs.findOne({ _id: 1 }, { session });
    await docs.updateOne({ _id: 1 }, { $inc: { n: 1 } });
    const error = await failure(docs.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { session }));
    assert.equal(error.code, 112);
    assert.equal(error.hasErrorLabel('TransientTransactionError'), true);
    await session.abortTransaction();
    await session.endSession();
    assert.equal((await docs.findOne({ _id: 1 }))?.n, 1);
  });
});

describe('retryable writes', () => {
  it('are answered again, not done again', async () => {
    const { db } = story;
    const lsid = { id: new mongo.UUID() };
    const command = {
      update: 'retried',
      updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } }, upsert: true }],
      lsid,
      txnNumber: mongo.Long.fromNumber(1),
    };
    const url = new URL(story.uri);
    url.searchParams.set('retryWrites', 'false');
    const raw = new mongo.MongoClient(url.href);
    const send = (): Promise<mongo.Document> => raw.db(db.databaseName).command(command);
    const replies = [await send(), await send(), await send()];
    await raw.close();
    assert.deepEqual(replies[1], replies[0]);
    assert.deepEqual(replies[2], replies[0]);
    assert.deepEqual(await db.collection<{ n: number }>('retried').findOne({}), { _id: 1, n: 1 });
  });
});
