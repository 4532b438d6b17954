import { mongo } from 'mongoose';
import { get, post, query, type HttpCall } from './calls.js';
import { administrator, member, pidOf, type Asker } from './datasets.js';

type Condition = Readonly<Record<string, unknown>>;

/** What is asked of catalog-api, and the same of the bare server. */
export interface Operation {
  readonly name: string;
  /** What the issue asks for, printed beside what was found. */
  readonly target: string;
  /** `index` is another one each time. */
  catena(asker: Asker, index: number, size: number): HttpCall;
  bare(asker: Asker, index: number, size: number): HttpCall;
  /** Nothing in it depends on who asks: it is measured once, as this one. */
  readonly forOne?: Asker;
}

/** The same question for the bare server: extended JSON, so that times stay times. */
const bare = (path: string, question: object): HttpCall =>
  get(`${path}?q=${encodeURIComponent(mongo.BSON.EJSON.stringify(question))}`);

/** Numbers of datasets of the first group of the members, all over the collection. */
const ownIndex = (index: number, size: number): number => ((index * 7919) % Math.floor(size / 100)) * 100 + 7;

/** What the web frontend's list of datasets is narrowed to; another one each time. */
function filterOf(index: number): { fields: Condition; where: Condition } {
  const begin = new Date(Date.UTC(2020, index % 12, 1 + (index % 20)));
  const end = new Date(begin.getTime() + 60 * 86_400_000);
  const location = `/SITE/X${index % 30}`;
  const choices: { fields: Condition; where: Condition }[] = [
    { fields: {}, where: {} },
    { fields: { keywords: [`k${index % 50}`] }, where: { keywords: { $in: [`k${index % 50}`] } } },
    { fields: { creationLocation: [location] }, where: { creationLocation: location } },
    {
      fields: { type: ['raw'], ownerGroup: ['group7', `group${index % 100}`] },
      where: { $and: [{ type: 'raw' }, { ownerGroup: { $in: ['group7', `group${index % 100}`] } }] },
    },
    {
      fields: { creationTime: { begin: begin.toISOString(), end: end.toISOString() } },
      where: { creationTime: { $gte: begin, $lte: end } },
    },
    {
      fields: { mode: { 'datasetlifecycle.archivable': true, 'datasetlifecycle.retrievable': false } },
      where: { 'datasetlifecycle.archivable': true, 'datasetlifecycle.retrievable': false },
    },
  ];
  return choices[index % choices.length]!;
}

/** As filters choose, and what the caller may see. */
const seenBy = (visible: Condition | undefined, where: Condition): Condition =>
  visible === undefined ? where : { $and: [where, visible] };

export const facets = ['type', 'creationLocation', 'ownerGroup', 'keywords', 'creationTime'] as const;

/** Rows on a page of the web frontend. */
const rows = 25;

function listAt(page: number): Pick<Operation, 'catena' | 'bare'> {
  const skip = (page - 1) * rows;
  return {
    catena: (_asker, index) =>
      get(
        query('/api/v3/datasets', {
          filter: {
            where: { type: 'raw', creationLocation: `/SITE/X${index % 30}` },
            limits: { limit: rows, skip, order: 'createdAt:desc' },
          },
        }),
      ),
    bare: ({ mayRead }, index) =>
      bare('/find', {
        where: seenBy(mayRead, { $and: [{ type: 'raw' }, { creationLocation: `/SITE/X${index % 30}` }] }),
        ...{ sort: { createdAt: -1, _id: -1 }, skip, limit: rows },
      }),
  };
}

function fullqueryAt(page: number): Pick<Operation, 'catena' | 'bare'> {
  const skip = (page - 1) * rows;
  return {
    catena: (_asker, index) =>
      get(
        query('/api/v3/datasets/fullquery', {
          fields: filterOf(index).fields,
          limits: { limit: rows, skip, order: 'createdAt:desc' },
        }),
      ),
    bare: ({ mayQuery }, index) =>
      bare('/find', {
        where: seenBy(mayQuery, filterOf(index).where),
        ...{ sort: { createdAt: -1, _id: -1 }, skip, limit: rows },
      }),
  };
}

const words = (index: number): string =>
  index % 2 === 0 ? `${(index * 37) % 1000}` : `run ${(index * 7919) % 50_000}`;

const newDataset = {
  type: 'raw',
  owner: 'Ada',
  ownerGroup: 'group7',
  contactEmail: 'ada@example.org',
  principalInvestigator: 'Ada',
  creationLocation: '/x',
  creationTime: '2020-01-02T03:04:05.000Z',
  sourceFolder: '/data/run/7',
  scientificMetadata: { energy: { value: 12, unit: 'm' } },
};

/** Datasets that archive jobs were posted for: a second one of the same dataset would be refused. Every fourth cannot be archived. */
let archived = 0;

function notArchived(size: number): number {
  if (archived >= size / 2)
    throw new Error(`Expected at most ${size / 2} archive jobs: take more datasets, or fewer seconds.`);
  archived += 1;
  return archived + Math.floor((archived - 1) / 3);
}

const login = post('/api/v3/auth/login', { username: 'member', password: 'bench' });

export const operations: readonly Operation[] = [
  {
    name: 'get by pid',
    target: '≥ 0.8 of bare',
    catena: (_asker, index, size) =>
      get(`/api/v3/datasets/${encodeURIComponent(pidOf(ownIndex(index, size)))}`),
    bare: (_asker, index, size) => get(`/get/${encodeURIComponent(pidOf(ownIndex(index, size)))}`),
  },
  {
    name: 'findOne',
    target: '≥ 0.8 of bare',
    catena: (_asker, index, size) =>
      get(query('/api/v3/datasets/findOne', { filter: { where: { pid: pidOf(ownIndex(index, size)) } } })),
    bare: ({ mayRead }, index, size) =>
      bare('/find', {
        where: seenBy(mayRead, { pid: pidOf(ownIndex(index, size)) }),
        ...{ sort: { createdAt: 1, _id: 1 }, skip: 0, limit: 1 },
      }),
  },
  { name: 'list, first page', target: '≥ 0.8 of bare, p95 ≤ 100 ms', ...listAt(1) },
  { name: 'list, 100th page', target: '≥ 0.8 of bare, p95 ≤ 100 ms', ...listAt(100) },
  { name: 'fullquery, first page', target: '≥ 0.8 of bare, p95 ≤ 100 ms', ...fullqueryAt(1) },
  { name: 'fullquery, 100th page', target: '≥ 0.8 of bare, p95 ≤ 100 ms', ...fullqueryAt(100) },
  {
    name: 'fullquery with text',
    target: 'p95 ≤ 200 ms',
    catena: (_asker, index) =>
      get(
        query('/api/v3/datasets/fullquery', {
          fields: { text: words(index) },
          limits: { limit: rows, skip: 0, order: 'createdAt:desc' },
        }),
      ),
    bare: ({ mayQuery }, index) =>
      bare('/find', {
        where: seenBy(mayQuery, { $text: { $search: words(index) } }),
        ...{ sort: { createdAt: -1, _id: -1 }, skip: 0, limit: rows },
      }),
  },
  {
    name: 'fullfacet, 5 facets',
    target: 'p95 ≤ 150 ms',
    catena: (_asker, index) =>
      get(query('/api/v3/datasets/fullfacet', { fields: filterOf(index).fields, facets })),
    bare: ({ mayQuery }, index) =>
      bare('/facets', { where: seenBy(mayQuery, filterOf(index).where), facets }),
  },
  {
    name: 'count',
    target: '',
    catena: (_asker, index) =>
      get(query('/api/v3/datasets/count', { filter: { where: filterOf(index).where } })),
    bare: ({ mayRead }, index) => bare('/count', { where: seenBy(mayRead, filterOf(index).where) }),
  },
  {
    name: 'create dataset',
    target: '≥ 0.5 of a bare insert',
    forOne: member,
    catena: () => post('/api/v3/datasets', newDataset),
    bare: () => post('/dataset', newDataset),
  },
  {
    name: 'create job, no datasets',
    target: '≥ 0.5 of a bare insert',
    forOne: member,
    catena: () =>
      post('/api/v4/jobs', { type: 'note', jobParams: {}, ownerGroup: 'group7', ownerUser: 'member' }),
    bare: () => post('/job', { type: 'note', jobParams: {}, ownerGroup: 'group7', ownerUser: 'member' }),
  },
  {
    name: 'create job, one dataset',
    target: '',
    forOne: administrator,
    catena: (_asker, _index, size) =>
      post('/api/v4/jobs', {
        type: 'archive',
        jobParams: { datasetList: [{ pid: pidOf(notArchived(size)), files: [] }] },
        ...{ ownerUser: 'administrator', ownerGroup: 'administrators' },
      }),
    bare: (_asker, index, size) =>
      post('/job', { type: 'archive', jobParams: { datasetList: [{ pid: pidOf((index * 7919) % size) }] } }),
  },
  {
    name: 'health',
    target: '≥ 0.1 of bare',
    forOne: member,
    catena: () => get('/api/v3/health'),
    bare: () => get('/health'),
  },
  {
    name: 'live',
    target: '≥ 0.1 of bare',
    forOne: member,
    catena: () => get('/api/v3/health/live'),
    bare: () => get('/health'),
  },
  {
    name: 'login',
    target: '≥ 0.9 of bare native comparisons',
    forOne: member,
    catena: () => login,
    bare: () => login,
  },
];
