import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDuplicateKey } from '#persistence';
import { memoryCatalogue } from '../testing/memory-catalogue.js';
import { foundTogether } from './found-together.js';
import { StoredTogether } from './stored-together.js';

describe('Records that are stored at one time', () => {
  it('are acknowledged, or refused, each for itself', async () => {
    const records = memoryCatalogue().records('Sample');
    await records.insertOne({ _id: 'taken' });
    const together = new StoredTogether(() => records);
    const outcomes = await Promise.allSettled(
      ['a', 'b', 'taken', 'c', 'b'].map((_id, number) => together.store({ _id, number })),
    );
    assert.deepEqual(
      outcomes.map((outcome) =>
        outcome.status === 'fulfilled' ? 'stored' : isDuplicateKey(outcome.reason) ? 'taken' : outcome.reason,
      ),
      ['stored', 'stored', 'taken', 'stored', 'taken'],
    );
    assert.deepEqual(
      (await records.find({}).sort({ _id: 1 }).toArray()).map(({ _id, number }) => [_id, number]),
      [
        ['a', 0],
        ['b', 1],
        ['c', 3],
        ['taken', undefined],
      ],
    );
  });

  it('are all refused where nothing is known of any of them', async () => {
    const away = new Error('connection lost');
    const records = {
      insertOne: () => Promise.reject(away),
      insertMany: () => Promise.reject(away),
    };
    const together = new StoredTogether(() => records);
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((_id) => together.store({ _id })));
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason === away),
      [true, true, true],
    );
  });

  it('travel alone where they are large', async () => {
    const calls: string[] = [];
    const records = {
      insertOne: () => Promise.resolve(calls.push('one')),
      insertMany: () => Promise.resolve(calls.push('many')),
    };
    const together = new StoredTogether(() => records);
    const text = 'x'.repeat(200_000);
    await Promise.all(['a', 'b', 'c'].map((_id) => together.store({ _id, text })));
    assert.deepEqual(calls, ['one', 'one', 'one']);
  });
});

describe('Records that are looked for at one time', () => {
  it('are found by few queries, each caller with a record of its own', async () => {
    const records = memoryCatalogue().records('Sample');
    await records.insertOne({ _id: 'a', list: [new Date(0)] });
    let queries = 0;
    const counted = {
      find: (...asked: Parameters<typeof records.find>) => {
        queries += 1;
        return records.find(...asked);
      },
    };
    const together = foundTogether<{ _id: string; list?: unknown[] }>(() => counted, {});
    const [first, second, third, none] = await Promise.all(
      ['a', 'a', 'a', 'none'].map((id) => together.of(id)),
    );
    assert.equal(queries, 2);
    assert.deepEqual([first, second, third, none], [second, third, first, undefined]);
    second!.list!.push('changed');
    assert.deepEqual(third!.list, [new Date(0)]);
  });
});
