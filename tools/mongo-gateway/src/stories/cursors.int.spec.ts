import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import { beginStory, type Story } from './story.js';

const rows = 5000;

interface Row {
  readonly _id: string;
  readonly group: number;
  readonly n: number;
  readonly pad: string;
}

describe('A cursor over rows that are being changed', () => {
  let story: Story;
  let collection: mongo.Collection<Row>;

  before(async () => {
    story = beginStory({ maxPoolSize: 20 });
    collection = story.db.collection<Row>('rows');
    await collection.createIndex({ group: 1, n: 1 });
    const row = (index: number): Row => ({
      _id: idOf(index),
      group: 1,
      n: 0,
      pad: 'x'.repeat(300),
    });
    await collection.insertMany(Array.from({ length: rows }, (_, index) => row(index)));
  });
  after(() => story.end());

  const idOf = (index: number): string => `row ${String(index).padStart(6, '0')}`;

  /** Changes rows at random, index keys and sizes too, until it is stopped. */
  function disturbed(): () => Promise<void> {
    let stopped = false;
    const writer = async (): Promise<void> => {
      while (!stopped) {
        const change = { $inc: { n: 1 }, $set: { pad: 'y'.repeat(300 + Math.floor(Math.random() * 200)) } };
        await collection.updateOne({ _id: idOf(Math.floor(Math.random() * rows)) }, change);
      }
    };
    const writers = Promise.all([writer(), writer(), writer(), writer()]);
    return async () => {
      stopped = true;
      await writers;
    };
  }

  const shapes: Record<string, () => AsyncIterable<{ _id: string }>> = {
    'a find': () => collection.find({}).batchSize(100),
    'a find by an index that changes': () => collection.find({ n: { $gte: 0 } }).batchSize(100),
    'a find with a projection': () =>
      collection.find({ group: 1 }, { projection: { _id: 1 } }).batchSize(100),
    'a sorted find': () => collection.find({}).sort({ _id: 1 }).batchSize(100),
    'an aggregation': () =>
      collection.aggregate<{ _id: string }>([{ $match: { n: { $gte: 0 } } }], { batchSize: 100 }),
    'an aggregation that shapes rows': () =>
      collection.aggregate<{ _id: string }>([{ $match: { group: 1 } }, { $project: { pad: 1 } }], {
        batchSize: 100,
      }),
  };
  for (const [shape, open] of Object.entries(shapes))
    it(`shows each row once: ${shape}`, async () => {
      const stop = disturbed();
      const seen = new Map<string, number>();
      try {
        for await (const { _id } of open()) {
          seen.set(_id, (seen.get(_id) ?? 0) + 1);
          if (seen.size % 100 === 0) await sleep(5);
        }
      } finally {
        await stop();
      }
      assert.equal(seen.size, rows, 'rows that never came');
      assert.equal([...seen.values()].filter((times) => times > 1).length, 0, 'rows that came twice');
    });

  it('still honours limits, skips and single batches, and writes where a pipeline says', async () => {
    assert.equal((await collection.find({}).limit(7).toArray()).length, 7);
    assert.equal((await collection.find({}).limit(-7).toArray()).length, 7);
    assert.equal(
      (
        await collection
          .find({})
          .skip(rows - 3)
          .toArray()
      ).length,
      3,
    );
    assert.equal((await collection.find({}, { limit: 0 }).toArray()).length, rows);
    assert.equal((await collection.aggregate([{ $limit: 9 }]).toArray()).length, 9);
    assert.equal((await collection.aggregate([]).toArray()).length, rows);
    await collection.aggregate([{ $match: { _id: idOf(1) } }, { $out: 'copied' }]).toArray();
    assert.equal(await story.db.collection('copied').countDocuments(), 1);
  });
});
