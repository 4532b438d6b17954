import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mongo } from 'mongoose';
import { rowsById, rowsWithIds, wholeListById } from './rows-by-id.js';

type Row = { readonly _id: string };
type Filter = {
  readonly _id?: { readonly $in?: readonly string[]; readonly $gt?: string };
  readonly $and?: readonly Filter[];
};

const idOf = (n: number): string => String(n).padStart(5, '0');

/** Rows that others write while they are read. */
class Rows {
  ids: string[];
  looks = 0;
  counted: number | undefined;
  /** Rows that a look does not see, though they are there. */
  unseen = new Set<string>();

  constructor(count: number) {
    this.ids = Array.from({ length: count }, (_, n) => idOf(n));
  }

  find(filter: object) {
    this.looks += 1;
    const rows = this.ids
      .filter((id) => matches(id, filter as Filter) && !this.unseen.has(id))
      .sort()
      .map((_id) => ({ _id }));
    this.unseen.clear();
    return {
      sort: () => ({ limit: (most: number) => ({ toArray: () => Promise.resolve(rows.slice(0, most)) }) }),
    };
  }

  countDocuments(filter: object): Promise<number> {
    return Promise.resolve(this.counted ?? this.ids.filter((id) => matches(id, filter as Filter)).length);
  }
}

function matches(id: string, { _id, $and = [] }: Filter): boolean {
  return (
    (_id?.$in?.includes(id) ?? true) &&
    (_id?.$gt === undefined || id > _id.$gt) &&
    $and.every((part) => matches(id, part))
  );
}

async function read(rows: AsyncIterable<Row>, meanwhile: (row: Row) => void = () => undefined) {
  const ids: string[] = [];
  for await (const row of rows) {
    ids.push(row._id);
    meanwhile(row);
  }
  return ids;
}

describe('Rows in the order of their ids', () => {
  it('are made one at a time where that is wanted, as the driver makes them', async () => {
    const written = Array.from({ length: 205 }, (_, n) => ({
      ...{ _id: idOf(n), at: new Date(n), count: mongo.Long.fromNumber(n * 2 ** 33), list: ['a', { b: n }] },
      ...{ nothing: null, is: n % 2 === 0, part: n / 8 },
    }));
    const asked: object[] = [];
    const collection = {
      find: (filter: object, options: object) => {
        asked.push(options);
        const bytes = written
          .filter(({ _id }) => matches(_id, filter as Filter))
          .map((row) => mongo.BSON.serialize(row));
        const limit = (most: number) => ({ toArray: () => Promise.resolve(bytes.slice(0, most)) });
        return { sort: () => ({ limit }) };
      },
      countDocuments: () => Promise.resolve(written.length),
    };
    const found: object[] = [];
    for await (const row of rowsById<Row>(collection, {}, { oneAtATime: true })) found.push(row);
    assert.deepEqual(
      found,
      written.map((row, n) => ({ ...row, count: n * 2 ** 33 })),
    );
    assert.deepEqual(
      asked,
      [1, 2, 3].map(() => ({ projection: undefined, raw: true })),
    );
  });

  for (const count of [0, 1, 99, 100, 101, 250])
    it(`come once each: ${count}`, async () => {
      const rows = new Rows(count);
      assert.deepEqual(await read(rowsById(rows, {})), rows.ids);
    });

  it('may be removed as they come', async () => {
    const rows = new Rows(250);
    const all = [...rows.ids];
    const seen = await read(rowsById(rows, {}), ({ _id }) => {
      rows.ids = rows.ids.filter((id) => id !== _id);
    });
    assert.deepEqual(seen, all);
  });

  it('are refused as a list when one came or went meanwhile', async () => {
    const rows = new Rows(150);
    const late = read(wholeListById(rows, {}), ({ _id }) => {
      if (_id === idOf(120)) rows.ids.push(idOf(7).concat('x'));
    });
    await assert.rejects(late, { code: 'persistence.rows-moving', retriable: true });
    assert.equal((await read(wholeListById(rows, {}))).length, 151);
  });

  it('are refused as a list when a look has missed one', async () => {
    const rows = new Rows(150);
    rows.unseen.add(idOf(3));
    await assert.rejects(read(wholeListById(rows, {})), { code: 'persistence.rows-moving' });
  });

  it('are looked for again before they count as missing', async () => {
    const rows = new Rows(250);
    rows.unseen = new Set([idOf(3), idOf(99)]);
    const wanted = [...rows.ids].reverse();
    const found = await rowsWithIds<Row>(rows, [...wanted, ...wanted, 'none']);
    assert.deepEqual(
      found.map(({ _id }) => _id),
      rows.ids,
    );
  });

  it('with few ids are one look', async () => {
    const rows = new Rows(250);
    await rowsWithIds(rows, rows.ids.slice(0, 100));
    assert.equal(rows.looks, 1);
  });
});
