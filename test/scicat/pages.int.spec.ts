import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;
type Query = (page: { skip: number; limit: number }) => Fields;

const rows = 40;
const pageSize = 7;
/** Equal in all that lists are sorted by here. */
const same = {
  ...{ ownerGroup: 'pages', accessGroups: [], isPublished: false, type: 'raw', createdBy: 'admin' },
  ...{ createdAt: new Date(0), updatedAt: new Date(0), __v: 0 },
};

const collections: Readonly<Record<string, (id: string) => Fields>> = {
  Dataset: (pid) => ({ pid, datasetName: 'x', datasetlifecycle: {}, scientificMetadata: {} }),
  Job: (id) => ({ id, ownerUser: 'admin', jobParams: {}, jobResultObject: {}, statusCode: 'x' }),
  PublishedData: (doi) => ({
    doi,
    title: 'x',
    abstract: 'x',
    datasetPids: [],
    metadata: {},
    status: 'private',
  }),
  Sample: (sampleId) => ({ sampleId, sampleCharacteristics: {} }),
  Proposal: (proposalId) => ({ proposalId, title: 'x' }),
  Instrument: (pid) => ({ pid, uniqueName: pid, name: 'pages' }),
  Policy: () => ({ manager: [] }),
  Attachment: (aid) => ({ aid, caption: 'x', relationships: [] }),
  OrigDatablock: (id) => ({
    ...{ datasetId: 'x', size: 2 },
    dataFileList: ['a', 'b'].map((name) => ({ path: `${id}/${name}`, size: 1, time: new Date(0) })),
  }),
  Datablock: (id) => ({ datasetId: 'x', size: 0, archiveId: id, dataFileList: [] }),
};

const v3 =
  (order: string): Query =>
  (page) => ({ filter: { where: { ownerGroup: 'pages' }, limits: { ...page, order } } });
const v4 =
  (sort: Fields): Query =>
  (page) => ({ filter: { where: { ownerGroup: 'pages' }, limits: { ...page, sort } } });
const full =
  (order: string): Query =>
  (page) => ({ fields: { ownerGroup: ['pages'] }, limits: { ...page, order } });

const lists: readonly (readonly [path: string, query: Query, total?: number])[] = [
  ['/api/v3/datasets', v3('type:asc')],
  ['/api/v3/datasets', v3('type:desc')],
  ['/api/v3/datasets/fullquery', full('type:desc')],
  ['/api/v4/datasets', v4({ type: 'desc' })],
  ['/api/v4/datasets', v4({ createdAt: 'desc' })],
  ['/api/v3/jobs/fullquery', full('type:asc')],
  ['/api/v4/jobs', v4({ type: 'asc' })],
  ['/api/v3/publisheddata', (page) => ({ filter: { limits: { ...page, order: 'status:asc' } } })],
  ['/api/v4/publisheddata', (page) => ({ limits: { ...page, order: 'title:desc' } })],
  ['/api/v3/samples', v3('type:asc')],
  ['/api/v3/samples/fullquery', full('type:asc')],
  ['/api/v3/proposals', (page) => ({ filters: v3('title:asc')(page)['filter'] })],
  ['/api/v3/proposals/fullquery', full('title:desc')],
  ['/api/v3/instruments', (page) => ({ filter: { limits: { ...page, order: 'name:asc' } } })],
  [
    '/api/v3/policies',
    (page) => ({ filter: { where: { ownerGroup: 'pages' }, ...page, order: 'ownerGroup:asc' } }),
  ],
  ['/api/v4/attachments', v4({ caption: 'asc' })],
  ['/api/v4/origdatablocks', v4({ datasetId: 'asc' })],
  ['/api/v3/origdatablocks/fullquery', full('datasetId:asc')],
  ['/api/v3/origdatablocks/fullquery/files', full('dataFileList.size:desc'), 2 * rows],
  ['/api/v3/origdatablocks/fullquery/files', full('dataFileList.path:desc'), 2 * rows],
  ['/api/v3/origdatablocks/fullquery/files', full('createdAt:desc'), 2 * rows],
  ['/api/v4/origdatablocks/files', v4({ datasetId: 'asc' }), 2 * rows],
  ['/api/v3/datablocks', v3('datasetId:asc')],
];

/** T1: records that are equal in what a list is sorted by have one place each, so that no page leaves one out. */
describe('Pages of a list', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start();
    for (const [name, record] of Object.entries(collections))
      await app.collection(name).insertMany(
        Array.from({ length: rows }, (_, index) => {
          // In another order than that of their ids.
          const _id = `${name}-${String((index * 17) % rows).padStart(3, '0')}`;
          return { ...same, ...record(_id), _id };
        }),
      );
  });
  after(() => app.stop());

  for (const [path, query, total = rows] of lists)
    it(`${path} hold every record once: ${JSON.stringify(query({ skip: 0, limit: 1 }))}`, async () => {
      const seen: string[] = [];
      for (let skip = 0; ; skip += pageSize) {
        const { status, body } = await app.as('admin').get<Fields[]>(path, query({ skip, limit: pageSize }));
        assert.equal(status, 200, JSON.stringify(body));
        seen.push(...body.map(idOf));
        if (body.length < pageSize) break;
      }
      assert.equal(seen.length, total);
      assert.equal(new Set(seen).size, total, 'each once');
    });

  it('of files come in the order that was asked for, in both directions', async () => {
    for (const [direction, sign] of [
      ['asc', 1],
      ['desc', -1],
    ] as const) {
      const paths: string[] = [];
      for (let skip = 0; skip < 2 * rows; skip += 10) {
        const { body } = await app
          .as('admin')
          .get<Fields[]>(
            '/api/v3/origdatablocks/fullquery/files',
            full(`dataFileList.path:${direction}`)({ skip, limit: 10 }),
          );
        paths.push(...body.map((row) => String((row['dataFileList'] as Fields)['path'])));
      }
      const sorted = [...paths].sort((one, other) => sign * (one < other ? -1 : 1));
      assert.deepEqual(paths, sorted, direction);
    }
  });
});

/** Lists of files have a row for each file of a block. */
function idOf(row: Fields): string {
  const file = row['dataFileList'];
  const path = Array.isArray(file) ? '' : ((file as Fields | undefined)?.['path'] ?? '');
  return `${String(row['_id'] ?? row['id'] ?? row['doi'])} ${String(path)}`;
}
