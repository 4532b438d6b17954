import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { datasetShape } from '../datasets/dataset-shape.js';
import { facetsOf } from '../persistence/facets.js';
import { inOrder } from '../persistence/insertion-order.js';
import type { Catalogue } from '../persistence/catalogue.js';
import { memoryCatalogue } from '../testing/memory-catalogue.js';
import { start } from '../testing/samples.js';
import { IndexedQueries } from './indexed-queries.js';
import { RecordIndex } from './record-index.js';
import { RecordTable } from './record-table.js';
import { RemovedRecords } from './removed-records.js';
import { sortedPage } from './sorted-page.js';

type Fields = Record<string, unknown>;

/** Numbers that look like chance and are the same each time. */
function chance(seed: number) {
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const one = <Item>(items: readonly Item[]): Item => items[next(items.length)]!;
  return { next, one };
}

const groups = ['g1', 'g2', 'g3', 'ä', '€'];
const times = Array.from({ length: 12 }, (_, month) => new Date(Date.UTC(2024, month, 1 + month, month)));

function datasetOf(
  { next, one }: ReturnType<typeof chance>,
  pid: string,
  at: Date,
): Fields & { _id: string } {
  const lifecycle = one<unknown>([
    { archivable: true, retrievable: false, archiveStatusMessage: 'datasetCreated' },
    { archivable: false, retrievable: true },
    { archivable: null },
    undefined,
  ]);
  return {
    ...{ _id: pid, pid, type: one(['raw', 'derived', 'custom']), ownerGroup: one(groups) },
    ...one<object>([{ accessGroups: [] }, { accessGroups: [one(groups), one(groups)] }, {}]),
    ...one<object>([
      { keywords: ['a', 'b', 'a'] },
      { keywords: ['b'] },
      { keywords: [] },
      { keywords: null },
      {},
    ]),
    ...one<object>([
      { creationLocation: '/x' },
      { creationLocation: '/y/1' },
      { creationLocation: null },
      {},
    ]),
    ...one<object>([{ creationTime: one(times) }, { creationTime: one(times) }, {}]),
    ...one<object>([{ isPublished: true }, { isPublished: false }, {}]),
    ...one<object>([{ size: next(50) }, { size: next(1000) * 1e9 }, {}]),
    ...(lifecycle === undefined ? {} : { datasetlifecycle: lifecycle }),
    ...{ createdAt: one(times), updatedAt: at },
  };
}

function conditionOf(random: ReturnType<typeof chance>, depth = 2): Fields {
  const { next, one } = random;
  const several = (): Fields[] => Array.from({ length: 1 + next(3) }, () => conditionOf(random, depth - 1));
  if (depth > 0 && next(3) === 0) return { [one(['$and', '$or', '$nor'])]: several() };
  return one<() => Fields>([
    () => ({}),
    () => ({ type: one(['raw', 'custom', 'none']) }),
    () => ({ ownerGroup: { $in: [one(groups), one(groups)] } }),
    () => ({ ownerGroup: { $nin: [one(groups)] } }),
    () => ({ accessGroups: one(groups) }),
    () => ({ accessGroups: { $ne: one(groups) } }),
    () => ({ keywords: { $in: ['a', 'z'] }, type: 'raw' }),
    () => ({ keywords: null }),
    () => ({ keywords: { $exists: next(2) === 0 } }),
    () => ({ creationLocation: one(['/x', null, '/none']) }),
    () => ({ isPublished: one([true, false, null]) }),
    () => ({ 'datasetlifecycle.archivable': one([true, false, null]) }),
    () => ({ 'datasetlifecycle.archiveStatusMessage': { $ne: 'datasetCreated' } }),
    () => ({ creationTime: { $gte: one(times), $lt: one(times) } }),
    () => ({ creationTime: { $gt: one(times) } }),
    () => ({ createdAt: { $lte: one(times) } }),
    () => ({ createdAt: one(times) }),
    () => ({ creationTime: null }),
    () => ({ size: { $gt: next(60), $lte: 3e11 } }),
    () => ({ size: next(50) }),
  ])();
}

const facets = ['type', 'creationLocation', 'ownerGroup', 'keywords', 'creationTime', 'isPublished', 'size'];
const sorts: readonly Record<string, 1 | -1>[] = [
  { createdAt: -1 },
  { createdAt: 1 },
  { creationTime: -1 },
  { size: 1 },
  { ownerGroup: -1 },
  { type: 1, createdAt: 1 },
  { pid: 1 },
];

describe('Records in memory', () => {
  let catalogue: Catalogue;
  let clock: ManualClock;
  let removed: RemovedRecords;
  let index: RecordIndex;
  let queries: IndexedQueries;

  const indexOf = (): RecordIndex => {
    const recordIndex = { from: 1, upTo: 10_000, comparedEvery: 3_600_000 };
    const config = { recordIndex } as CatalogApiConfig;
    return new RecordIndex(catalogue, removed, clock, config, createLogger('record-index', 'silent'));
  };

  beforeEach(() => {
    catalogue = memoryCatalogue();
    clock = new ManualClock(start);
    removed = new RemovedRecords(catalogue, clock);
    index = indexOf();
    queries = new IndexedQueries(catalogue, index, removed);
  });

  const records = () => catalogue.records('Dataset');
  const later = (milliseconds = 1): Date => {
    clock.advance(milliseconds);
    return clock.now();
  };

  it('are found, counted and put in order as the database does it, whatever is asked and changed', async () => {
    const random = chance(7);
    for (let number = 0; number < 150; number += 1)
      await records().insertOne(datasetOf(random, `p${String(number).padStart(3, '0')}`, later()));
    await index.round();
    const told = { counts: 0, pages: 0 };
    for (let turn = 0; turn < 250; turn += 1) {
      const pid = `p${String(random.next(170)).padStart(3, '0')}`;
      if (random.next(4) === 0) {
        await removed.announce('Dataset', pid);
        await records().deleteOne({ _id: pid });
      } else {
        const { _id, ...fields } = datasetOf(random, pid, later(random.next(2000)));
        await records().replaceOne({ _id: pid }, fields, { upsert: true });
      }
      const condition = conditionOf(random);
      const said = JSON.stringify(condition);
      const expected = await facetsOf(records(), condition, facets, datasetShape);
      const counted = await index.count('Dataset', condition, facets, datasetShape);
      if (counted !== undefined) told.counts += 1;
      assert.deepEqual(await queries.facets('Dataset', condition, facets, datasetShape), expected, said);
      assert.equal(
        await queries.count('Dataset', condition),
        await records().countDocuments(condition),
        said,
      );
      const sort = inOrder(random.one(sorts));
      const page = { sort, skip: random.next(3) * 7, limit: 1 + random.next(20) };
      if ((await index.page('Dataset', condition, page)) !== undefined) told.pages += 1;
      const rows = await queries.list('Dataset', { condition, projection: { pid: 1 }, ...page });
      const wanted = await records()
        .find(condition, { projection: { pid: 1 } })
        .sort(sort)
        .skip(page.skip)
        .limit(page.limit)
        .toArray();
      assert.deepEqual(rows, wanted, `${said} ${JSON.stringify(page)}`);
    }
    // What it proves is nothing where the database was asked each time.
    assert.ok(told.counts > 220 && told.pages > 120, JSON.stringify(told));
  });

  it('leave to the database what they cannot tell', async () => {
    const odd = { keywords: [['a']], creationTime: 'yesterday', ownerGroup: { a: 1 } };
    await records().insertOne({ _id: 'odd', pid: 'odd', type: 'raw', ...odd });
    await index.round();
    const unknown: Fields[] = [
      { keywords: 'a' },
      { creationTime: { $gte: new Date(0) } },
      { ownerGroup: 'g1' },
      { description: 'x' },
      { type: { $regex: 'r' } },
      { type: /r/ },
      { type: { $gt: 'a' } },
      { $and: [{ type: 'raw' }, { $where: '1' }] },
      { createdAt: { $ne: null } },
      { _id: { $gt: 'a' } },
    ];
    for (const condition of unknown)
      assert.equal(await index.count('Dataset', condition), undefined, JSON.stringify(condition));
    assert.equal((await index.count('Dataset', { type: 'raw' }))?.total, 1);
    // Of the others it still can.
    const [answer] = await queries.facets('Dataset', {}, ['type', 'keywords'], datasetShape);
    assert.deepEqual(answer['type'], [{ _id: 'raw', count: 1 }]);
  });

  it('know what another process wrote, changed and removed before the question', async () => {
    const other = indexOf();
    await records().insertOne({ _id: 'a', pid: 'a', type: 'raw', updatedAt: later() });
    await index.round();
    await other.round();
    const count = async (type: string): Promise<unknown[]> => {
      const found = await Promise.all([index, other].map((one) => one.count('Dataset', { type })));
      return found.map((counted) => counted?.total);
    };
    await records().insertOne({ _id: 'b', pid: 'b', type: 'raw', updatedAt: later(60_000) });
    assert.deepEqual(await count('raw'), [2, 2]);
    await records().updateOne({ _id: 'a' }, { $set: { type: 'derived', updatedAt: later() } });
    assert.deepEqual(
      [await count('raw'), await count('derived')],
      [
        [1, 1],
        [1, 1],
      ],
    );
    await removed.announce('Dataset', 'b');
    // Announced, and not yet done: it is looked at again.
    assert.deepEqual(await count('raw'), [1, 1]);
    await records().deleteOne({ _id: 'b' });
    assert.deepEqual(await count('raw'), [0, 0]);
  });

  it('find what a slow write, or a clock that is late, wrote with a time gone by', async () => {
    await records().insertOne({ _id: 'a', pid: 'a', type: 'raw', updatedAt: later() });
    await index.round();
    const at = clock.now();
    for (let look = 0; look < 20; look += 1) {
      later(1000);
      await index.count('Dataset', {});
    }
    await records().insertOne({ _id: 'late', pid: 'late', type: 'raw', updatedAt: at });
    later(1000);
    assert.equal((await index.count('Dataset', { type: 'raw' }))?.total, 2);
  });

  it('show nobody a record that was hidden, or went, between the look and the answer', async () => {
    for (const _id of ['a', 'b', 'c'])
      await records().insertOne({
        _id,
        pid: _id,
        ownerGroup: 'mine',
        createdAt: later(),
        updatedAt: later(),
      });
    await index.round();
    const page = { sort: { createdAt: -1, _id: -1 } as const, skip: 0, limit: 2 };
    let interrupted = false;
    const { page: look } = index;
    index.page = async (...asked) => {
      const ids = await look.apply(index, asked);
      if (!interrupted)
        await records().updateOne({ _id: 'c' }, { $set: { ownerGroup: 'theirs', updatedAt: later() } });
      interrupted = true;
      return ids;
    };
    const rows = await queries.list('Dataset', {
      condition: { ownerGroup: 'mine' },
      projection: { pid: 1 },
      ...page,
    });
    // A page is full while there are more: its reader takes a short one for the last.
    assert.deepEqual(
      rows.map(({ _id }) => _id),
      ['b', 'a'],
    );
  });

  it('are compared with the database after a while, which finds what was changed without a word', async () => {
    for (const _id of ['a', 'b', 'c'])
      await records().insertOne({ _id, pid: _id, type: 'raw', updatedAt: later() });
    await index.round();
    later(60_000);
    await index.count('Dataset', {});
    later(600_000);
    await records().updateOne({ _id: 'a' }, { $set: { type: 'derived' } });
    await records().deleteOne({ _id: 'b' });
    assert.equal((await index.count('Dataset', { type: 'raw' }))?.total, 3);
    later(3_600_000 - 660_000);
    await index.round();
    assert.equal((await index.count('Dataset', { type: 'raw' }))?.total, 1);
  });

  it('leave small collections to the database, and collections that became too large', async () => {
    assert.equal(await index.count('Dataset', {}), undefined);
    await index.round();
    assert.equal(await index.count('Dataset', {}), undefined);
    await records().insertOne({ _id: 'a', pid: 'a', updatedAt: later() });
    await index.round();
    assert.equal((await index.count('Dataset', {}))?.total, 1);
    await records().deleteMany({});
    await index.round();
    assert.equal(await index.count('Dataset', {}), undefined);
  });

  it('have pages as a sort of all of them has, however many there are, are equal, or come before the page', () => {
    const random = chance(11);
    const table = new RecordTable({ time: 'date', size: 'number' }, 20_000);
    const rows = Array.from({ length: 20_000 }, (_, number) => ({
      _id: `r${number}`,
      time: random.next(3) === 0 ? random.next(20) : random.next(1e9),
      // Nearly all are equal, and few lie far away; some have none.
      size: random.one([undefined, 0, 0, 0, random.next(50) === 0 ? random.next(1e9) * 1e6 : 0]),
    }));
    for (const { _id, time, size } of rows) table.put(_id, { time: new Date(time), size });
    const keyOf = (row: (typeof rows)[number], field: 'time' | 'size') => row[field] ?? -Infinity;
    for (const part of [1, 7, 300]) {
      const slots = table.none();
      const some = rows.filter((_row, number) => number % part === 0);
      for (const { _id } of some) slots.add(table.ids.slotOf(_id)!);
      for (const field of ['time', 'size'] as const)
        for (const direction of [1, -1] as const) {
          const sorted = some.toSorted((one, other) => {
            const [left, right] = [keyOf(one, field), keyOf(other, field)];
            const byId = one._id < other._id ? -1 : 1;
            return direction * (left === right ? byId : left < right ? -1 : 1);
          });
          for (const [skip, limit] of [
            ...[0, 1, 240, 2475, 19_990, 25_000].map((before) => [before, 25] as const),
            ...([3, 1000, 5000] as const).map((most) => [0, most] as const),
          ]) {
            const order = { sort: { [field]: direction, _id: direction }, skip, limit };
            const wanted = sorted.slice(skip, skip + limit).map(({ _id }) => _id);
            assert.deepEqual(sortedPage(table, slots, order), wanted, JSON.stringify([part, order]));
          }
        }
    }
  });
});
