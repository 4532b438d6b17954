import { accessTable, type Rule } from '../../../apps/catalog-api/src/domain/access-table.js';

type Fields = Record<string, unknown>;

/** What a caller is answered who is not admitted at all. */
export type GateStatus = 401 | 403;

/** An endpoint of one record. */
export interface SingleRead {
  readonly path: (id: string) => string;
  readonly rule: Rule;
  /** Status for a record that the rule does not cover; `empty` is a 200 without a body. */
  readonly refused: number | 'empty';
  /** Callers without a token get this, whatever the rule says. */
  readonly anonymous?: GateStatus;
  /** The endpoint looks at nobody's rights: it is the public twin. */
  readonly asAnybody?: true;
}

/** An endpoint of many records. */
export interface ManyRead {
  readonly path: string;
  /** Narrows the answer to the records of the matrix. */
  readonly query: (ids: readonly string[]) => Fields;
  readonly rule: Rule;
  readonly anonymous?: GateStatus;
  readonly asAnybody?: true;
}

/** One resource: how its records look in the database and where they can be read. */
export interface Surface {
  readonly collection: string;
  /** Name of the business id in answers. */
  readonly id: string;
  readonly record: Fields;
  /** States beside, or instead of, those of every resource. */
  readonly states?: Readonly<Record<string, Fields>>;
  readonly singles: readonly SingleRead[];
  readonly lists: readonly ManyRead[];
  /** `{count}`. */
  readonly counts: readonly ManyRead[];
  /** `[{all: [{totalSets}]}]`. */
  readonly facets: readonly ManyRead[];
}

const { dataset, origDatablock, datablock, attachment, job, proposal, sample, publishedData, metadataKey } =
  accessTable;
const at =
  (path: string) =>
  (id: string): string =>
    `${path}/${encodeURIComponent(id)}`;
/** The same narrowing in each of the API's dialects. */
const where = (id: string) => (ids: readonly string[]) => ({
  filter: { where: { [id]: { $in: ids } }, limits: { limit: 100 } },
});
const condition = (id: string) => (ids: readonly string[]) => ({ filter: { where: { [id]: { $in: ids } } } });
const fields = (id: string) => (ids: readonly string[]) => ({ fields: { [id]: ids } });
const withLimits = (id: string) => (ids: readonly string[]) => ({
  fields: { [id]: ids },
  limits: { limit: 100 },
});
const published = (id: string) => (ids: readonly string[]) => ({ fields: { [id]: ids, isPublished: true } });
const mode = (ids: readonly string[]) => ({ fields: { mode: { _id: { $in: ids } } } });
const block = { size: 1, dataFileList: [{ path: 'a', size: 1, time: new Date(0) }] };
const signedIn = { anonymous: 403 } as const;

export const surfaces = {
  'dataset v3': {
    collection: 'Dataset',
    id: 'pid',
    record: { type: 'raw', datasetName: 'x', datasetlifecycle: {}, scientificMetadata: {} },
    singles: [
      { path: at('/api/v3/datasets'), rule: dataset.read, refused: 403 },
      { path: (id) => `${at('/api/v3/datasets')(id)}/thumbnail`, rule: dataset.readUnshared, refused: 403 },
      {
        path: (id) => `${at('/api/v3/datasets')(id)}/datasetlifecycle`,
        rule: dataset.readUnshared,
        refused: 403,
      },
      {
        path: (id) => `${at('/api/v3/datasets')(id)}/origdatablocks`,
        rule: dataset.readUnshared,
        refused: 403,
      },
      { path: (id) => `${at('/api/v3/datasets')(id)}/datablocks`, rule: dataset.readUnshared, refused: 403 },
      { path: (id) => `${at('/api/v3/datasets')(id)}/attachments`, rule: dataset.readUnshared, refused: 403 },
    ],
    lists: [
      { path: '/api/v3/datasets', query: where('pid'), rule: dataset.read },
      { path: '/api/v3/datasets/fullquery', query: withLimits('pid'), rule: dataset.query },
    ],
    counts: [{ path: '/api/v3/datasets/count', query: condition('pid'), rule: dataset.read }],
    facets: [{ path: '/api/v3/datasets/fullfacet', query: fields('pid'), rule: dataset.query }],
  },
  'dataset v4': {
    collection: 'Dataset',
    id: 'pid',
    record: { type: 'raw', datasetName: 'x', datasetlifecycle: {}, scientificMetadata: {} },
    singles: [
      { path: at('/api/v4/datasets'), rule: dataset.readUnshared, refused: 403, ...signedIn },
      {
        path: (id) => `${at('/api/v4/datasets')(id)}/datasetlifecycle`,
        rule: dataset.readUnshared,
        refused: 403,
        ...signedIn,
      },
      { path: at('/api/v4/datasets/public'), rule: dataset.public, refused: 'empty', asAnybody: true },
    ],
    lists: [
      { path: '/api/v4/datasets', query: where('pid'), rule: dataset.read, ...signedIn },
      { path: '/api/v4/datasets/public', query: where('pid'), rule: dataset.public, asAnybody: true },
    ],
    counts: [
      { path: '/api/v4/datasets/count', query: condition('pid'), rule: dataset.read, ...signedIn },
      {
        path: '/api/v4/datasets/public/count',
        query: condition('pid'),
        rule: dataset.public,
        asAnybody: true,
      },
    ],
    facets: [
      { path: '/api/v4/datasets/fullfacet', query: fields('pid'), rule: dataset.query, ...signedIn },
      {
        path: '/api/v4/datasets/public/fullfacet',
        query: fields('pid'),
        rule: dataset.public,
        asAnybody: true,
      },
    ],
  },
  origDatablock: {
    collection: 'OrigDatablock',
    id: '_id',
    record: block,
    singles: [
      { path: at('/api/v3/origdatablocks'), rule: dataset.readUnshared, refused: 403, ...signedIn },
      { path: at('/api/v4/origdatablocks'), rule: origDatablock.read, refused: 403 },
    ],
    lists: [
      { path: '/api/v4/origdatablocks', query: where('_id'), rule: origDatablock.read },
      { path: '/api/v4/origdatablocks/files', query: where('_id'), rule: origDatablock.read },
      { path: '/api/v3/origdatablocks/fullquery', query: withLimits('_id'), rule: origDatablock.query },
      { path: '/api/v3/origdatablocks/fullquery/files', query: withLimits('_id'), rule: origDatablock.query },
      {
        path: '/api/v4/origdatablocks/public',
        query: where('_id'),
        rule: origDatablock.public,
        asAnybody: true,
      },
    ],
    counts: [
      { path: '/api/v4/origdatablocks/files/count', query: condition('_id'), rule: origDatablock.read },
    ],
    facets: [
      { path: '/api/v3/origdatablocks/fullfacet', query: fields('_id'), rule: origDatablock.query },
      { path: '/api/v3/origdatablocks/fullfacet/files', query: fields('_id'), rule: origDatablock.query },
      { path: '/api/v4/origdatablocks/fullfacet', query: fields('_id'), rule: origDatablock.query },
    ],
  },
  datablock: {
    collection: 'Datablock',
    id: '_id',
    record: { ...block, packedSize: 1, chkAlg: 'x', version: '1' },
    singles: [{ path: at('/api/v3/datablocks'), rule: datablock.read, refused: 401 }],
    lists: [{ path: '/api/v3/datablocks', query: where('_id'), rule: datablock.read }],
    counts: [{ path: '/api/v3/datablocks/count', query: condition('_id'), rule: datablock.read }],
    facets: [],
  },
  'attachment v4': {
    collection: 'Attachment',
    id: 'aid',
    record: { caption: 'x', relationships: [] },
    singles: [{ path: at('/api/v4/attachments'), rule: attachment.read, refused: 403 }],
    lists: [
      { path: '/api/v4/attachments', query: where('aid'), rule: attachment.read },
      { path: '/api/v4/attachments/public', query: where('aid'), rule: attachment.public, asAnybody: true },
    ],
    counts: [],
    facets: [],
  },
  proposal: {
    collection: 'Proposal',
    id: 'proposalId',
    record: { title: 'x', email: 'x@example.org', instrumentIds: [] },
    singles: [{ path: at('/api/v3/proposals'), rule: proposal.read, refused: 403 }],
    lists: [
      {
        path: '/api/v3/proposals',
        query: (ids) => ({ filters: where('proposalId')(ids).filter }),
        rule: proposal.query,
      },
      { path: '/api/v3/proposals/fullquery', query: withLimits('proposalId'), rule: proposal.query },
    ],
    counts: [{ path: '/api/v3/proposals/count', query: fields('proposalId'), rule: proposal.query }],
    facets: [{ path: '/api/v3/proposals/fullfacet', query: fields('proposalId'), rule: proposal.query }],
  },
  sample: {
    collection: 'Sample',
    id: 'sampleId',
    record: { description: 'x', sampleCharacteristics: {} },
    singles: [{ path: at('/api/v3/samples'), rule: sample.read, refused: 403 }],
    lists: [
      { path: '/api/v3/samples', query: where('sampleId'), rule: sample.read },
      {
        path: '/api/v3/samples/fullquery',
        query: withLimits('sampleId'),
        rule: sample.query,
        anonymous: 401,
      },
    ],
    counts: [
      { path: '/api/v3/samples/count', query: fields('sampleId'), rule: sample.query, anonymous: 401 },
    ],
    facets: [],
  },
  job: {
    collection: 'Job',
    id: 'id',
    record: { type: 'archive', jobParams: {}, statusCode: 'a', statusMessage: 'b', jobResultObject: {} },
    states: { ofTheUser: { ownerUser: 'user1' } },
    singles: [
      { path: at('/api/v3/Jobs'), rule: job.read, refused: 403 },
      { path: at('/api/v4/jobs'), rule: job.read, refused: 403 },
    ],
    lists: [
      { path: '/api/v4/jobs', query: where('id'), rule: job.read },
      { path: '/api/v3/Jobs/fullquery', query: mode, rule: job.read },
    ],
    counts: [],
    facets: [
      { path: '/api/v3/Jobs/fullfacet', query: mode, rule: job.read },
      { path: '/api/v4/jobs/fullfacet', query: mode, rule: job.read },
    ],
  },
  publishedData: {
    collection: 'PublishedData',
    id: 'doi',
    record: { title: 'x', abstract: 'x', datasetPids: [], metadata: {}, status: 'private' },
    states: {
      created: { createdBy: 'user1' },
      public: { status: 'public' },
      registered: { status: 'registered' },
      amended: { status: 'amended' },
    },
    singles: [
      { path: at('/api/v4/publisheddata'), rule: publishedData.readOne, refused: 404 },
      { path: at('/api/v3/publisheddata'), rule: publishedData.read, refused: 404 },
    ],
    lists: [
      { path: '/api/v4/publisheddata', query: where('doi'), rule: publishedData.read },
      { path: '/api/v3/publisheddata', query: where('doi'), rule: publishedData.read },
    ],
    counts: [
      { path: '/api/v4/publisheddata/count', query: condition('doi'), rule: publishedData.read },
      { path: '/api/v3/publisheddata/count', query: condition('doi'), rule: publishedData.read },
    ],
    facets: [],
  },
  metadataKey: {
    collection: 'MetadataKeys',
    id: '_id',
    record: { key: 'x', sourceType: 'dataset', sourceId: 'x' },
    states: { ofTheGroup: { userGroups: ['group1'] } },
    singles: [],
    lists: [{ path: '/api/v4/metadatakeys', query: where('_id'), rule: metadataKey.read }],
    counts: [],
    facets: [],
  },
} as const satisfies Readonly<Record<string, Surface>>;

/** Searches that ask for published records find those of others too, and no other record more. */
export const publishedSearches = [
  {
    resource: 'dataset v3',
    path: '/api/v3/datasets/fullquery',
    query: published('pid'),
    rule: dataset.readUnshared,
  },
  {
    resource: 'proposal',
    path: '/api/v3/proposals/fullquery',
    query: published('proposalId'),
    rule: proposal.read,
  },
  {
    resource: 'sample',
    path: '/api/v3/samples/fullquery',
    query: published('sampleId'),
    rule: sample.read,
    anonymous: 401,
  },
  {
    resource: 'origDatablock',
    path: '/api/v3/origdatablocks/fullquery',
    query: published('_id'),
    rule: origDatablock.read,
  },
] as const satisfies readonly (ManyRead & { readonly resource: keyof typeof surfaces })[];
