import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { mongo } from 'mongoose';
import { beginStory, failure, type Story } from './story.js';

interface Item extends mongo.Document {
  _id?: number;
  n?: number;
  tags?: string[];
}

let story: Story;
const items = (name: string): mongo.Collection<Item> => story.db.collection<Item>(name);

before(() => {
  story = beginStory();
});
after(() => story.end());

describe('single documents', () => {
  it('are inserted, found, changed and deleted', async () => {
    const crud = items('crud');
    assert.deepEqual(await crud.insertOne({ _id: 1, n: 1 }), { acknowledged: true, insertedId: 1 });
    assert.deepEqual(await crud.findOne({ _id: 1 }), { _id: 1, n: 1 });
    assert.equal((await crud.updateOne({ _id: 1 }, { $inc: { n: 4 } })).modifiedCount, 1);
    assert.equal((await crud.replaceOne({ _id: 1, n: 5 }, { n: 9 })).modifiedCount, 1);
    assert.deepEqual(await crud.findOneAndDelete({ n: 9 }), { _id: 1, n: 9 });
    assert.equal((await crud.deleteOne({ _id: 1 })).deletedCount, 0);
  });

  it('may be almost 16 MB large, not larger', async () => {
    const large = story.db.collection<{ _id: number; text: string }>('large');
    const text = 'x'.repeat(15_900_000);
    await large.insertOne({ _id: 1, text });
    assert.equal((await large.findOne({ _id: 1 }))?.text.length, text.length);
    await assert.rejects(large.insertOne({ _id: 2, text: 'x'.repeat(17_000_000) }));
  });

  it('are written without an answer where none is wanted', async () => {
    const quiet = story.db.collection<Item>('quiet', { writeConcern: { w: 0 } });
    await quiet.insertOne({ _id: 1 });
    await items('quiet').insertOne({ _id: 2 });
    assert.equal(await items('quiet').countDocuments(), 2);
  });
});

describe('findOneAndUpdate', () => {
  it('changes what its conditions select and returns it', async () => {
    const jobs = story.db.collection<{ _id: string; state: string; seq: number; log: number[] }>('jobs');
    await jobs.insertOne({ _id: 'j', state: 'new', seq: 0, log: [] });
    for (let n = 1; n <= 5; n++) {
      const changed = await jobs.findOneAndUpdate(
        { _id: 'j', seq: n - 1 },
        { $set: { state: 'on' }, $inc: { seq: 1 }, $push: { log: { $each: [n], $slice: -3 } } },
        { returnDocument: 'after' },
      );
      assert.equal(changed?.seq, n);
    }
    assert.deepEqual((await jobs.findOne({ _id: 'j' }))?.log, [3, 4, 5]);
    assert.equal(await jobs.findOneAndUpdate({ _id: 'j', seq: 77 }, { $set: { state: 'never' } }), null);
  });

  it('changes selected array elements', async () => {
    const orders = story.db.collection<{ _id: number; rows: { id: number; done: boolean }[] }>('orders');
    await orders.insertOne({ _id: 1, rows: [1, 2, 3].map((id) => ({ id, done: false })) });
    await orders.updateOne(
      { _id: 1 },
      { $set: { 'rows.$[row].done': true } },
      { arrayFilters: [{ 'row.id': 2 }] },
    );
    await orders.updateOne({ _id: 1, 'rows.id': 3 }, { $set: { 'rows.$.done': true } });
    await orders.updateOne({ _id: 1 }, { $pull: { rows: { id: 1 } } });
    const found = await orders.findOne({ _id: 1 });
    assert.deepEqual(found?.rows, [
      { id: 2, done: true },
      { id: 3, done: true },
    ]);
  });

  it('inserts what it does not find when asked to', async () => {
    const upserts = items('upserts');
    const options = { upsert: true, returnDocument: 'after', includeResultMetadata: true } as const;
    const first = await upserts.findOneAndUpdate({ _id: 5 }, { $setOnInsert: { n: 1 } }, options);
    assert.deepEqual([first.value, first.lastErrorObject?.['upserted']], [{ _id: 5, n: 1 }, 5]);
    const second = await upserts.updateOne({ _id: 6 }, { $set: { n: 2 } }, { upsert: true });
    assert.deepEqual([second.upsertedCount, second.upsertedId], [1, 6]);
  });

  it('updates by pipeline', async () => {
    const piped = items('piped');
    await piped.insertOne({ _id: 1, n: 2 });
    await piped.updateOne({ _id: 1 }, [{ $set: { n: { $multiply: ['$n', 21] } } }]);
    assert.equal((await piped.findOne({ _id: 1 }))?.n, 42);
  });
});

describe('many documents', () => {
  it('are changed by one updateMany', async () => {
    const many = items('many');
    await many.insertMany(Array.from({ length: 10_000 }, (_, n) => ({ _id: n, n })));
    assert.equal((await many.updateMany({ n: { $gte: 0 } }, { $inc: { n: 1 } })).modifiedCount, 10_000);
    assert.equal(await many.countDocuments({ n: 10_000 }), 1);
    assert.equal(await many.estimatedDocumentCount(), 10_000);
    assert.equal((await many.deleteMany({ n: { $lte: 9_000 } })).deletedCount, 9_000);
  });

  it('are written by a mixed bulkWrite', async () => {
    const bulk = items('bulk');
    const result = await bulk.bulkWrite([
      { insertOne: { document: { _id: 1, n: 1 } } },
      { insertOne: { document: { _id: 2, n: 2 } } },
      { updateOne: { filter: { _id: 1 }, update: { $set: { n: 10 } } } },
      { replaceOne: { filter: { _id: 3 }, replacement: { n: 3 }, upsert: true } },
      { deleteOne: { filter: { _id: 2 } } },
    ]);
    const counts = [result.insertedCount, result.modifiedCount, result.upsertedCount, result.deletedCount];
    assert.deepEqual(counts, [2, 1, 1, 1]);
    assert.deepEqual(await bulk.distinct('n'), [3, 10]);
  });

  it('report every duplicate of an unordered insert, by index', async () => {
    const unordered = items('unordered');
    await unordered.createIndex({ n: 1 }, { unique: true });
    await unordered.insertOne({ _id: 1, n: 1 });
    const documents = [
      { _id: 1, n: 5 },
      { _id: 2, n: 1 },
      { _id: 3, n: 3 },
      { _id: 4, n: 3 },
      { _id: 5, n: 6 },
    ];
    const error = await failure(unordered.insertMany(documents, { ordered: false }));
    const writeErrors = (error as mongo.MongoBulkWriteError).writeErrors as mongo.WriteError[];
    assert.equal(error.code, 11000);
    assert.deepEqual(
      writeErrors.map(({ index, code }) => [index, code]),
      [
        [0, 11000],
        [1, 11000],
        [3, 11000],
      ],
    );
    assert.match(writeErrors[1]?.errmsg ?? '', /^E11000 duplicate key error .* index: n_1 dup key: { n: 1 }/);
    assert.deepEqual(await unordered.distinct('_id'), [1, 3, 5]);
  });
});

describe('unique indexes', () => {
  it('tell which key collided, whatever wrote it', async () => {
    const unique = story.db.collection<{ _id: number; a?: number; b?: string }>('unique');
    await unique.createIndex({ a: 1, b: 1 }, { unique: true, name: 'both' });
    await unique.insertMany([
      { _id: 1, a: 1, b: 'x' },
      { _id: 2, a: 2, b: 'x' },
    ]);
    const set = { $set: { a: 1, b: 'x' } };
    const errors = [
      await failure(unique.insertOne({ _id: 3, a: 1, b: 'x' })),
      await failure(unique.updateOne({ _id: 2 }, set)),
      await failure(unique.findOneAndUpdate({ _id: 2 }, set)),
      await failure(unique.updateOne({ _id: 9 }, set, { upsert: true })),
    ];
    for (const error of errors) {
      assert.equal(error.code, 11000);
      assert.deepEqual(
        [error['keyPattern'], error['keyValue']],
        [
          { a: 1, b: 1 },
          { a: 1, b: 'x' },
        ],
      );
      assert.match(error.message, /^E11000 .* index: both /);
    }
    const byId = await failure(unique.insertOne({ _id: 1 }));
    assert.deepEqual([byId['keyPattern'], byId['keyValue']], [{ _id: 1 }, { _id: 1 }]);
  });

  it('may cover only some documents', async () => {
    const partial = story.db.collection<{ key?: string; active: boolean }>('partial');
    await partial.createIndex({ key: 1 }, { unique: true, partialFilterExpression: { active: true } });
    await partial.insertMany([
      { key: 'k', active: false },
      { key: 'k', active: false },
      { key: 'k', active: true },
    ]);
    assert.equal((await failure(partial.insertOne({ key: 'k', active: true }))).code, 11000);
  });
});
