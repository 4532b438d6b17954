import { pidOf } from './datasets.js';

export interface HttpCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
}

export interface Operation {
  readonly name: string;
  /** As Catena's clients ask. `index` is another one each time. */
  catena(index: number, size: number): HttpCall;
  /** Its path at the bare server. */
  readonly bare: (index: number, size: number) => HttpCall;
}

const query = (path: string, parameters: Readonly<Record<string, unknown>>): string =>
  `${path}?${Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(JSON.stringify(value))}`)
    .join('&')}`;
const get = (path: string): HttpCall => ({ method: 'GET', path });
/** Numbers of datasets of the asker's own group, all over the collection. */
const ownIndex = (index: number, size: number): number => ((index * 7919) % Math.floor(size / 100)) * 100 + 7;

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

/** Facets of the frontend's list of datasets. */
export const facets = ['type', 'creationLocation', 'ownerGroup', 'keywords', 'creationTime'] as const;

export const operations: readonly Operation[] = [
  {
    name: 'get by pid',
    catena: (index, size) => get(`/api/v3/datasets/${encodeURIComponent(pidOf(ownIndex(index, size)))}`),
    bare: (index, size) => get(`/get/${encodeURIComponent(pidOf(ownIndex(index, size)))}`),
  },
  {
    name: 'filtered list of 20',
    catena: () =>
      get(
        query('/api/v3/datasets', {
          filter: { where: { type: 'raw' }, limits: { limit: 20, order: 'createdAt:desc' } },
        }),
      ),
    bare: () => get('/list'),
  },
  {
    name: 'fullquery of 25',
    catena: () =>
      get(
        query('/api/v3/datasets/fullquery', {
          fields: { keywords: ['neutron'] },
          limits: { limit: 25, order: 'createdAt:desc' },
        }),
      ),
    bare: () => get('/fullquery'),
  },
  {
    name: 'fullfacet, 5 facets',
    catena: () => get(query('/api/v3/datasets/fullfacet', { fields: {}, facets })),
    bare: () => get('/fullfacet'),
  },
  {
    name: 'create dataset',
    catena: () => ({ method: 'POST', path: '/api/v3/datasets', body: newDataset }),
    bare: () => ({ method: 'POST', path: '/dataset', body: newDataset }),
  },
  {
    name: 'create job',
    catena: (index, size) => ({
      method: 'POST',
      path: '/api/v3/jobs',
      body: { type: 'reset', jobParams: {}, datasetList: [{ pid: pidOf(ownIndex(index, size)), files: [] }] },
    }),
    bare: (index, size) => ({ method: 'POST', path: '/job', body: { pid: pidOf(ownIndex(index, size)) } }),
  },
  {
    name: 'login',
    catena: () => ({
      method: 'POST',
      path: '/api/v3/auth/login',
      body: { username: 'bench', password: 'bench' },
    }),
    bare: () => ({ method: 'POST', path: '/login', body: { username: 'bench', password: 'bench' } }),
  },
];
