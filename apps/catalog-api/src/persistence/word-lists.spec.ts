import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Connection } from 'mongoose';
import type { Logger } from '#observability';
import { wordsForm } from '#scicat-database';
import { fillWordLists } from './word-lists.js';

interface Stored {
  readonly _id: string;
  readonly title: string;
  catenaWords?: string;
}
interface Operation {
  readonly updateOne: {
    readonly filter: { _id: string };
    readonly update: { $set: { catenaWords: string } };
  };
}

/** A collection of which one record takes nothing more, as one that is as large as documents may be. */
function databaseWith(records: Stored[], full: string): { connection: Connection; marks: string[] } {
  const marks: string[] = [];
  const collection = {
    find: (filter: { _id?: { $in: string[] }; catenaWords?: object }) => {
      const found = records.filter(({ _id, catenaWords }) =>
        'catenaWords' in filter ? catenaWords === undefined : (filter._id?.$in.includes(_id) ?? true),
      );
      return {
        toArray: () => Promise.resolve(found.map((record) => ({ ...record }))),
        [Symbol.asyncIterator]: () => found[Symbol.iterator](),
      };
    },
    collectionName: 'Dataset',
    bulkWrite: (operations: Operation[]) => {
      let modifiedCount = 0;
      const writeErrors: { index: number }[] = [];
      for (const [index, { updateOne }] of operations.entries())
        if (updateOne.filter._id === full) writeErrors.push({ index });
        else {
          records.find(({ _id }) => _id === updateOne.filter._id)!.catenaWords =
            updateOne.update.$set.catenaWords;
          modifiedCount += 1;
        }
      if (writeErrors.length === 0) return Promise.resolve({ modifiedCount });
      return Promise.reject(
        Object.assign(new Error('too large'), { writeErrors, result: { modifiedCount } }),
      );
    },
    findOne: () => Promise.resolve(null),
    updateOne: ({ _id }: { _id: string }) => Promise.resolve(marks.push(_id)),
    // The mark of an earlier form, which this one replaces.
    deleteOne: ({ _id }: { _id: string }) => Promise.resolve(marks.push(`no ${_id}`)),
  };
  return { connection: { collection: () => collection } as unknown as Connection, marks };
}

describe('Words for records that have none', () => {
  it('are made for all others when one record takes none, which is named', async () => {
    const records: Stored[] = Array.from({ length: 50 }, (_, index) => ({
      _id: `r${index}`,
      title: `t${index}`,
    }));
    const { connection, marks } = databaseWith(records, 'r7');
    const said: object[] = [];
    const logger = { error: (facts: object) => said.push(facts) } as unknown as Logger;
    await fillWordLists(connection, 'Dataset', new AbortController().signal, logger);
    const without = records.filter(({ catenaWords }) => catenaWords === undefined);
    assert.deepEqual(
      without.map(({ _id }) => _id),
      ['r7'],
    );
    assert.equal(records[8]?.catenaWords, 'r8\nt8');
    assert.deepEqual((said[0] as { ids: string[] }).ids, ['r7']);
    assert.deepEqual(marks, [`catenaWords ${wordsForm} of Dataset`, 'no catenaWords of Dataset']);
  });

  it('are not said to be made when the process stops on the way', async () => {
    const { connection, marks } = databaseWith([{ _id: 'r', title: 't' }], '');
    const stopping = AbortSignal.abort();
    await fillWordLists(connection, 'Dataset', stopping, {} as Logger);
    assert.deepEqual(marks, []);
  });
});
