import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createConnection, Schema, type Connection, type Model } from 'mongoose';
import { beginStory, type Story } from './story.js';

interface Dataset {
  pid: string;
  owner: string;
  size: number;
  files: { path: string; size: number }[];
  meta: Record<string, unknown>;
  createdAt: Date;
}

let story: Story;
let connection: Connection;
let model: Model<Dataset>;

before(async () => {
  story = beginStory();
  connection = await createConnection(story.uri, { dbName: story.db.databaseName }).asPromise();
  const schema = new Schema<Dataset>(
    {
      pid: { type: String, unique: true, required: true },
      owner: { type: String, index: true },
      size: { type: Number, default: 0 },
      files: [{ path: String, size: Number }],
      meta: Schema.Types.Mixed,
    },
    { timestamps: true },
  );
  schema.index({ owner: 1, size: -1 });
  schema.index({ pid: 'text', owner: 'text' });
  model = connection.model<Dataset>('Dataset', schema);
  await model.init();
});
after(async () => {
  await connection.close();
  await story.end();
});

describe('mongoose', () => {
  it('makes its indexes', async () => {
    const names = Object.keys(await model.collection.indexInformation());
    assert.deepEqual(names.sort(), ['_id_', 'owner_1', 'owner_1_size_-1', 'pid_1', 'pid_text_owner_text']);
    await model.syncIndexes();
  });

  it('saves, loads and changes documents', async () => {
    const saved = await model.create({
      pid: 'p1',
      owner: 'o',
      files: [{ path: 'a', size: 1 }],
      meta: { k: { v: 1 } },
    });
    saved.files.push({ path: 'b', size: 2 });
    saved.set('meta', { k: { v: 2 } });
    await saved.save();
    const loaded = await model.findOne({ 'files.path': 'b' }).lean();
    assert.deepEqual([loaded?.pid, loaded?.meta, loaded?.files.length], ['p1', { k: { v: 2 } }, 2]);
    await assert.rejects(model.create({ pid: 'p1' }), { code: 11000 });
  });

  it('answers the queries an application makes', async () => {
    await model.insertMany(
      Array.from({ length: 40 }, (_, n) => ({ pid: `q${n}`, owner: `o${n % 4}`, size: n })),
    );
    const page = await model.find({ owner: 'o1' }).sort({ size: -1 }).skip(2).limit(3).select('size').lean();
    assert.deepEqual(
      page.map(({ size }) => size),
      [29, 25, 21],
    );
    assert.equal(await model.countDocuments({ pid: /^q1/ }), 11);
    assert.equal((await model.find({ owner: { $in: ['o1', 'o2'] }, size: { $mod: [2, 0] } })).length, 10);
    const [sum] = await model.aggregate([{ $group: { _id: null, total: { $sum: '$size' } } }]);
    assert.equal((sum as { total: number }).total, 780);
    let streamed = 0;
    for await (const one of model.find({ owner: 'o3' }).cursor({ batchSize: 2 }))
      streamed += one.size >= 0 ? 1 : 0;
    assert.equal(streamed, 10);
  });

  it('runs transactions', async () => {
    await connection.transaction(async (session) => {
      await model.create([{ pid: 't1' }, { pid: 't2' }], { session, ordered: true });
    });
    await assert.rejects(
      connection.transaction(async (session) => {
        await model.create([{ pid: 't3' }], { session });
        throw new Error('changed my mind');
      }),
      /changed my mind/,
    );
    assert.equal(await model.countDocuments({ pid: /^t/ }), 2);
  });
});
