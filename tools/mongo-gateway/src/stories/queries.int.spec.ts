import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mongo } from 'mongoose';
import { beginStory, failure, type Story } from './story.js';

interface Reading extends mongo.Document {
  _id: number;
  group: number;
  text: string;
}

let story: Story;
let readings: mongo.Collection<Reading>;
const COUNT = 3000;

before(async () => {
  story = beginStory({ maxPoolSize: 20 });
  readings = story.db.collection<Reading>('readings');
  const documents = Array.from({ length: COUNT }, (_, n) => ({ _id: n, group: n % 7, text: `sample ${n}` }));
  await readings.insertMany(documents);
  await readings.createIndex({ group: 1, _id: 1 });
});
after(() => story.end());

describe('cursors', () => {
  it('deliver everything in batches of any size, in order', async () => {
    for (const batchSize of [1, 7, 500, 5000]) {
      const limit = batchSize === 1 ? 30 : COUNT;
      const found = await readings.find().sort({ _id: -1 }).limit(limit).batchSize(batchSize).toArray();
      assert.deepEqual(
        found.map(({ _id }) => _id),
        Array.from({ length: limit }, (_, n) => COUNT - 1 - n),
      );
    }
  });

  it('page by key', async () => {
    const seen: number[] = [];
    let last = -1;
    for (;;) {
      const page = await readings
        .find({ group: 3, _id: { $gt: last } })
        .sort({ _id: 1 })
        .limit(50)
        .toArray();
      if (page.length === 0) break;
      seen.push(...page.map(({ _id }) => _id));
      last = seen.at(-1) as number;
    }
    assert.equal(seen.length, Math.ceil((COUNT - 3) / 7));
    assert.equal(new Set(seen).size, seen.length);
  });

  it('are ended by their client, and unknown afterwards', async () => {
    const cursor = readings.find().batchSize(5);
    await cursor.next();
    const id = cursor.id as mongo.Long;
    await cursor.close();
    const error = await failure(story.db.command({ getMore: id, collection: 'readings' }));
    assert.equal(error.code, 43);
  });

  it('may be open by the hundred without occupying connections', async () => {
    const cursors = Array.from({ length: 600 }, () => readings.find().sort({ text: 1 }).batchSize(2));
    for (let from = 0; from < cursors.length; from += 50) {
      await Promise.all(cursors.slice(from, from + 50).map((cursor) => cursor.next()));
    }
    const status = await story.db.admin().serverStatus();
    assert.ok((status['metrics'] as { cursor: { open: { total: number } } }).cursor.open.total >= 600);
    assert.equal((await cursors[599]?.toArray())?.length, COUNT - 1);
    await Promise.all(cursors.map((cursor) => cursor.close()));
    const after = await story.db.admin().serverStatus();
    assert.ok((after['metrics'] as { cursor: { open: { total: number } } }).cursor.open.total < 50);
  });

  it('never put more than 16 MB into one reply', async () => {
    const large = story.db.collection<{ _id: number; text: string }>('large');
    const text = 'x'.repeat(3_000_000);
    for (let n = 0; n < 12; n++) await large.insertOne({ _id: n, text });
    assert.equal((await large.find().toArray()).length, 12);
    assert.equal((await large.find().sort({ text: 1 }).toArray()).length, 12);
    assert.equal((await large.aggregate([{ $match: {} }], { batchSize: 1000 }).toArray()).length, 12);
  });
});

describe('aggregation', () => {
  it('groups, joins and counts in facets', async () => {
    const groups = story.db.collection<{ _id: number; name: string }>('groups');
    await groups.insertMany(Array.from({ length: 7 }, (_, n) => ({ _id: n, name: `group ${n}` })));
    const joined = await readings
      .aggregate([
        { $match: { _id: { $lt: 14 } } },
        { $group: { _id: '$group', total: { $sum: 1 } } },
        { $lookup: { from: 'groups', localField: '_id', foreignField: '_id', as: 'info' } },
        { $unwind: '$info' },
        { $project: { _id: 0, name: '$info.name', total: 1 } },
        { $sort: { name: 1 } },
        { $limit: 2 },
      ])
      .toArray();
    assert.deepEqual(joined, [
      { total: 2, name: 'group 0' },
      { total: 2, name: 'group 1' },
    ]);
    const [facets] = await readings
      .aggregate([{ $facet: { all: [{ $count: 'n' }], first: [{ $sort: { _id: 1 } }, { $limit: 1 }] } }])
      .toArray();
    assert.deepEqual(facets, { all: [{ n: COUNT }], first: [{ _id: 0, group: 0, text: 'sample 0' }] });
  });

  it('joins by pipeline with variables', async () => {
    const [found] = await readings
      .aggregate([
        { $match: { _id: 8 } },
        {
          $lookup: {
            from: 'readings',
            let: { group: '$group' },
            pipeline: [
              { $match: { $expr: { $eq: ['$group', '$$group'] } } },
              { $sort: { _id: 1 } },
              { $limit: 1 },
            ],
            as: 'first',
          },
        },
      ])
      .toArray();
    assert.equal((found?.['first'] as Reading[])[0]?._id, 1);
  });

  it('writes into a collection', async () => {
    await readings.aggregate([{ $match: { _id: { $lt: 5 } } }, { $merge: { into: 'few' } }]).toArray();
    await readings.aggregate([{ $match: { _id: { $lt: 4 } } }, { $out: 'fewer' }]).toArray();
    assert.equal(await story.db.collection('few').countDocuments(), 5);
    assert.equal(await story.db.collection('fewer').countDocuments(), 4);
  });

  it('counts and finds distinct values', async () => {
    assert.equal(await readings.countDocuments({ group: 0 }), Math.ceil(COUNT / 7));
    assert.equal(await readings.estimatedDocumentCount(), COUNT);
    assert.deepEqual(await readings.distinct('group'), [0, 1, 2, 3, 4, 5, 6]);
  });
});

describe('text search', () => {
  it('finds words', async () => {
    const texts = story.db.collection<{ _id: number; title: string; body: string }>('texts');
    await texts.createIndex({ title: 'text', body: 'text' }, { weights: { title: 10 } });
    await texts.insertMany([
      { _id: 1, title: 'Protein crystals', body: 'diffraction' },
      { _id: 2, title: 'Neutron scattering', body: 'protein in solution' },
      { _id: 3, title: 'Magnets', body: 'nothing else' },
    ]);
    const found = await texts.find({ $text: { $search: 'protein' } }).toArray();
    assert.deepEqual(found.map(({ _id }) => _id).sort(), [1, 2]);
  });
});

describe('errors', () => {
  it('carry the codes of MongoDB', async () => {
    const { db } = story;
    assert.equal((await failure(readings.find({ $nonsense: 1 }).toArray())).code, 2);
    assert.equal((await failure(readings.updateOne({ _id: 1 }, { $set: { _id: 2 } }))).code, 66);
    assert.equal((await failure(readings.aggregate([{ $nonsense: {} }]).toArray())).code, 40324);
    assert.equal((await failure(db.command({ nonsense: 1 }))).code, 59);
    assert.equal(
      (await failure(db.command({ getMore: mongo.Long.fromNumber(1), collection: 'x' }))).code,
      43,
    );
  });
});
