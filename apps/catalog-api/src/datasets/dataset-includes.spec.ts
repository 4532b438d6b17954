import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AccessRules } from '../domain/access.js';
import { BadRequest } from '../domain/errors.js';
import type { Catalogue, CollectionName } from '../persistence/catalogue.js';
import type { DatasetRecord } from '../persistence/records.js';
import { DatasetIncludes } from './dataset-includes.js';

type Fields = Record<string, unknown>;

/** A catalogue that counts: queries, and the records that were read. */
function counting(records: Partial<Record<CollectionName, Fields[]>>) {
  const counts = { queries: 0, read: 0 };
  const cursorOf = (name: CollectionName) => {
    let most = Infinity;
    const cursor = {
      sort: () => cursor,
      limit: (limit: number) => {
        most = limit;
        return cursor;
      },
      async *[Symbol.asyncIterator]() {
        for (const record of (records[name] ?? []).slice(0, most)) {
          counts.read += 1;
          yield await Promise.resolve(record);
        }
      },
    };
    return cursor;
  };
  const catalogue = {
    records: (name: CollectionName) => ({
      find: () => {
        counts.queries += 1;
        return cursorOf(name);
      },
    }),
  } as unknown as Catalogue;
  const none = { admin: [], delete: [], proposal: [], sample: [], samplePrivileged: [] };
  const rules = new AccessRules(none as unknown as ConstructorParameters<typeof AccessRules>[0]);
  return { counts, includes: new DatasetIncludes(catalogue, rules) };
}

const datasets = (count: number): DatasetRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    _id: `d${index}`,
    pid: `d${index}`,
    sampleIds: ['s2', 's1', 's2', null],
  })) as unknown as DatasetRecord[];

describe('Includes of datasets', () => {
  it('read each relation once for the page, and give each dataset its own in their order', async () => {
    const page = datasets(200);
    const { counts, includes } = counting({
      Sample: [{ _id: 's1' }, { _id: 's2' }, { _id: 's3' }],
      OrigDatablock: Array.from({ length: 2000 }, (_, index) => ({
        _id: `o${index}`,
        datasetId: `d${index % 200}`,
      })),
      Attachment: [
        {
          _id: 'a',
          relationships: [
            { targetId: 'd0', targetType: 'dataset' },
            { targetId: 'd1', targetType: 'dataset' },
            { targetId: 'd2', targetType: 'sample' },
          ],
        },
      ],
    });
    await includes.add(undefined, page, ['samples', 'origdatablocks', 'attachments']);
    assert.deepEqual(counts, { queries: 3, read: 2004 });
    const idsOf = (index: number, name: string): unknown[] =>
      (page[index]![name] as Fields[]).map(({ _id }) => _id);
    assert.deepEqual(idsOf(7, 'samples'), ['s1', 's2']);
    assert.deepEqual(idsOf(7, 'origdatablocks').slice(0, 3), ['o7', 'o207', 'o407']);
    assert.deepEqual(
      [0, 1, 2].map((index) => idsOf(index, 'attachments')),
      [['a'], ['a'], []],
    );
  });

  it('are refused when they bring more records than one answer holds, and are not read to the end', async () => {
    const many = (name: string): Fields[] =>
      Array.from({ length: 30_000 }, (_, index) => ({ _id: `${name}${index}`, datasetId: 'd0' }));
    const { counts, includes } = counting({ OrigDatablock: many('o'), Datablock: many('b') });
    await assert.rejects(includes.add(undefined, datasets(2), ['origdatablocks', 'datablocks']), BadRequest);
    assert.ok(counts.read <= 20_002, `${counts.read} records were read`);
  });

  it('are refused when the blocks of a list hold too many files, not those of one dataset', async () => {
    const dataFileList = Array.from({ length: 50_000 }, () => ({}));
    const blocks = [1, 2, 3, 4, 5].map((index) => ({ _id: `o${index}`, datasetId: 'd0', dataFileList }));
    const { includes } = counting({ OrigDatablock: blocks });
    await assert.rejects(includes.add(undefined, datasets(2), ['origdatablocks']), /200000 files/);
    const [one] = datasets(1);
    await includes.add(undefined, [one!], ['origdatablocks']);
    assert.equal((one!['origdatablocks'] as unknown[]).length, 5);
  });

  it('are refused when one is named twice', async () => {
    const { counts, includes } = counting({});
    await assert.rejects(includes.add(undefined, datasets(1), ['samples', 'samples']), /"samples".*twice/);
    assert.equal(counts.queries, 0);
  });
});
