import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { isDuplicateKey } from '../database-error.js';
import { memoryCollection } from './memory-collection.js';

interface Thing {
  _id: string;
  state?: string;
  count?: number;
  rows?: number[];
}

describe('A collection in memory', () => {
  let things: ReturnType<typeof memoryCollection<Thing>>;
  beforeEach(async () => {
    things = memoryCollection<Thing>();
    await things.insertMany([
      { _id: 'a', state: 'open', count: 2 },
      { _id: 'b', state: 'open', count: 1, rows: [] },
    ]);
  });

  it('gives copies: what a reader does to its own changes nothing', async () => {
    (await things.findOne({ _id: 'b' }))!.rows!.push(1);
    assert.deepEqual((await things.findOne({ _id: 'b' }))?.rows, []);
  });

  it('refuses a second document of an id as the database does', async () => {
    await assert.rejects(things.insertOne({ _id: 'a' }), isDuplicateKey);
    const upsert = things.updateOne({ _id: 'a', state: 'over' }, { $set: { count: 3 } }, { upsert: true });
    await assert.rejects(upsert, isDuplicateKey);
    await assert.rejects(things.replaceOne({ _id: 'a', count: 9 }, {}, { upsert: true }), isDuplicateKey);
    assert.deepEqual(await things.findOne({ _id: 'a' }), { _id: 'a', state: 'open', count: 2 });
  });

  it('inserts by an upsert what the filter and the change say', async () => {
    const change = { $setOnInsert: { state: 'new' }, $inc: { count: 1 } };
    await things.updateOne({ _id: 'c', rows: { $exists: false } }, change, { upsert: true });
    await things.updateOne({ _id: 'c' }, change, { upsert: true });
    assert.deepEqual(await things.findOne({ _id: 'c' }), { _id: 'c', state: 'new', count: 2 });
  });

  it('changes one of several in the order that was asked for, and shows it before or after', async () => {
    const taken = await things.findOneAndUpdate(
      { state: 'open' },
      { $set: { state: 'taken' } },
      { sort: { count: 1 }, returnDocument: 'after', projection: { state: 1 } },
    );
    assert.deepEqual(taken, { _id: 'b', state: 'taken' });
    const before = await things.findOneAndUpdate({ state: 'open' }, { $set: { state: 'taken' } });
    assert.deepEqual([before?._id, before?.state], ['a', 'open']);
    assert.equal(await things.findOneAndUpdate({ state: 'open' }, { $set: { state: 'taken' } }), null);
  });

  it('finds in order, a part, and fields of each', async () => {
    const found = await things
      .find({ count: { $gt: 0 } }, { projection: { count: 1 } })
      .sort({ count: 1 })
      .limit(1)
      .toArray();
    assert.deepEqual(found, [{ _id: 'b', count: 1 }]);
    assert.deepEqual(await things.distinct('state', {}), ['open']);
  });

  it('removes one or all', async () => {
    assert.equal((await things.deleteOne({ state: 'open' })).deletedCount, 1);
    assert.equal((await things.deleteMany({})).deletedCount, 1);
    assert.equal(await things.countDocuments({}), 0);
  });

  it('keeps fields unique that it is told of, of documents that have them all', async () => {
    const told = memoryCollection<Thing>({ unique: [['state', 'count']] });
    await told.insertMany([
      { _id: 'a', state: 'x' },
      { _id: 'b', state: 'x' },
      { _id: 'c', state: 'x', count: 1 },
    ]);
    await assert.rejects(told.insertOne({ _id: 'd', state: 'x', count: 1 }), isDuplicateKey);
    assert.equal(await told.countDocuments({}), 3);
  });

  it('looks up documents beside it, and removes the one that it answers', async () => {
    const beside = memoryCollection<Thing>({ beside: () => things });
    await beside.insertMany([{ _id: 'a' }, { _id: 'z' }]);
    const lookup = { from: 'things', localField: '_id', foreignField: '_id', as: 'found' };
    const alone = beside.aggregate([{ $lookup: lookup }, { $match: { found: { $size: 0 } } }]);
    assert.deepEqual(await alone.toArray(), [{ _id: 'z', found: [] }]);
    assert.deepEqual(await beside.findOneAndDelete({ _id: 'z' }), { _id: 'z' });
    assert.equal(await beside.findOneAndDelete({ _id: 'z' }), null);
  });
});
