import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { SharedReads } from './shared-reads.js';

interface Query {
  readonly keys: readonly string[];
  answer(rows: Readonly<Record<string, string>>): void;
  fail(error: Error): void;
}

/** Queries that end when the test says so. */
function reads(): { readonly queries: Query[]; readonly shared: SharedReads<string> } {
  const queries: Query[] = [];
  const shared = new SharedReads<string>(
    (keys) =>
      new Promise((resolve, reject) =>
        queries.push({ keys, answer: (rows) => resolve(new Map(Object.entries(rows))), fail: reject }),
      ),
  );
  return { queries, shared };
}

describe('Shared reads', () => {
  it('ask for the same things once, and for different ones in one query', async () => {
    const { queries, shared } = reads();
    const found = Promise.all(['a', 'b', 'a', 'c'].map((key) => shared.get(key)));
    await turn();
    assert.deepEqual(
      queries.map(({ keys }) => keys),
      [['a', 'b', 'c']],
    );
    queries[0]!.answer({ a: 'A', b: 'B' });
    assert.deepEqual(await found, ['A', 'B', 'A', undefined]);
  });

  it('read again what is asked for while it is being read: it may have changed since', async () => {
    const { queries, shared } = reads();
    const before = shared.get('a');
    await turn();
    const [after, beside] = [shared.get('a'), shared.get('b')];
    await turn();
    assert.equal(queries.length, 1);
    queries[0]!.answer({ a: 'old' });
    assert.equal(await before, 'old');
    await turn();
    assert.deepEqual(queries[1]!.keys, ['a', 'b']);
    queries[1]!.answer({ a: 'new', b: 'B' });
    assert.deepEqual(await Promise.all([after, beside]), ['new', 'B']);
    const later = shared.get('a');
    await turn();
    queries[2]!.answer({ a: 'newer' });
    assert.equal(await later, 'newer', 'nothing is kept');
  });

  it('do not wait for a query that takes long', async () => {
    const { queries, shared } = reads();
    const slow = shared.get('a');
    await turn();
    const quick = shared.get('b');
    while (queries.length < 2) await turn();
    queries[1]!.answer({ b: 'B' });
    assert.equal(await quick, 'B');
    queries[0]!.answer({ a: 'A' });
    assert.equal(await slow, 'A');
  });

  it('ask for a few at a time: rows may be large', async () => {
    const { queries, shared } = reads();
    const found = Promise.all(Array.from({ length: 40 }, (_, key) => shared.get(String(key))));
    for (let answered = 0; answered < 3; answered += 1) {
      while (queries.length <= answered) await turn();
      queries[answered]!.answer({});
    }
    await found;
    assert.deepEqual(
      queries.map(({ keys }) => keys.length),
      [16, 16, 8],
    );
  });

  it('fail for the one that cannot be read, not for those who asked with it', async () => {
    const { queries, shared } = reads();
    const found = Promise.allSettled([shared.get('bad'), shared.get('good')]);
    await turn();
    queries[0]!.fail(new Error('refused'));
    while (queries.length < 3) await turn();
    queries[1]!.fail(new Error('refused'));
    queries[2]!.answer({ good: 'G' });
    assert.deepEqual(
      (await found).map(({ status }) => status),
      ['rejected', 'fulfilled'],
    );
  });

  it('fail at once for all when the database is away', async () => {
    const { queries, shared } = reads();
    const found = Promise.allSettled([shared.get('a'), shared.get('b')]);
    await turn();
    queries[0]!.fail(new mongo.MongoNetworkError('gone'));
    assert.deepEqual(
      (await found).map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.equal(queries.length, 1);
    const again = shared.get('a');
    await turn();
    queries[1]!.answer({ a: 'A' });
    assert.equal(await again, 'A', 'and begin anew');
  });
});
