import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AccessRules, type Caller } from '../../apps/catalog-api/src/domain/access.js';
import { accessTable, type Rule } from '../../apps/catalog-api/src/domain/access-table.js';
import {
  publishedSearches,
  surfaces,
  type ManyRead,
  type SingleRead,
  type Surface,
} from './support/access-surface.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

/** `undefined`: without a token. */
const readers = [
  undefined,
  'user1',
  'user2',
  'admin',
  'archiveManager',
  'ingestor',
  'proposalIngestor',
] as const satisfies readonly (AccountName | undefined)[];
const writers = [...readers, 'pidmaker', 'sampleIngestor', 'policyKeeper'] as const;

/** How records stand to user1. */
const commonStates: Readonly<Record<string, Fields>> = {
  own: { ownerGroup: 'group1' },
  access: { accessGroups: ['group1'] },
  published: { isPublished: true },
  shared: { sharedWith: ['user1@example.org'] },
  foreign: {},
};
const foreign = {
  ownerGroup: 'nobody',
  accessGroups: [],
  isPublished: false,
  sharedWith: [],
  userGroups: [],
  createdBy: 'nobody',
  updatedBy: 'nobody',
  createdAt: new Date(0),
  updatedAt: new Date(0),
  __v: 0,
};

/** Who may do what: asked of the table of rules, and of every endpoint that must keep to it. */
describe('Access', () => {
  let app: ScicatApp;
  let rules: AccessRules;
  const callers = new Map<AccountName | undefined, Caller | undefined>();
  /** What was put into the database, by resource. */
  const stored = new Map<string, Map<string, Fields & { _id: string }>>();

  before(async () => {
    app = await ScicatApp.start({
      CREATE_JOB_PRIVILEGED_GROUPS: 'ingestor',
      UPDATE_JOB_PRIVILEGED_GROUPS: 'proposalingestor',
    });
    rules = app.get(AccessRules);
    for (const account of writers) callers.set(account, await callerOf(account));
    for (const [resource, surface] of Object.entries<Surface>(surfaces)) {
      const records = recordsOf(resource, surface);
      stored.set(resource, records);
      await app.collection(surface.collection).insertMany([...records.values()]);
    }
  });
  after(() => app.stop());

  const user = (account: AccountName | undefined) =>
    account === undefined ? app.anonymous : app.as(account);

  async function callerOf(account: AccountName | undefined): Promise<Caller | undefined> {
    if (account === undefined) return undefined;
    return (await app.as(account).get<Caller>('/api/v3/auth/whoami')).body;
  }

  function recordsOf(resource: string, surface: Surface): Map<string, Fields & { _id: string }> {
    const states = { ...commonStates, ...surface.states };
    return new Map(
      Object.entries(states).map(([state, fields]) => {
        const _id = `${resource.replace(' ', '-')}/${state}`;
        // Blocks belong to the dataset in the same state: both have a say.
        return [state, { ...recordOf(_id, surface, fields), datasetId: `dataset-v3/${state}` }];
      }),
    );
  }

  /** The status that refuses this caller before any record is looked at. */
  function gateOf(endpoint: SingleRead | ManyRead, caller: Caller | undefined): number | undefined {
    if (endpoint.asAnybody) return undefined;
    if (caller === undefined && endpoint.anonymous !== undefined) return endpoint.anonymous;
    return rules.admits(endpoint.rule, caller) ? undefined : 403;
  }

  /** Ids of the records that the table lets this caller see there. */
  function expectedIds(resource: string, endpoint: ManyRead, caller: Caller | undefined): string[] {
    const seenBy = endpoint.asAnybody ? undefined : caller;
    return [...stored.get(resource)!.values()]
      .filter((record) => rules.allows(endpoint.rule, seenBy, record))
      .map(({ _id }) => _id)
      .sort();
  }

  /** Asks an endpoint of many records as every reader; `look` gets the answer and the ids it must be made of. */
  async function eachReader(
    resource: string,
    endpoint: ManyRead,
    look: (body: Fields[] & Fields, expected: readonly string[], label: string) => void,
  ): Promise<void> {
    const ids = [...stored.get(resource)!.values()].map(({ _id }) => _id);
    for (const account of readers) {
      const caller = callers.get(account);
      const label = `${account ?? 'anonymous'} at ${endpoint.path}`;
      const { status, body, text } = await user(account).get<Fields[] & Fields>(
        endpoint.path,
        endpoint.query(ids),
      );
      const gate = gateOf(endpoint, caller);
      assert.equal(status, gate ?? 200, `${label}: ${text}`);
      if (gate === undefined) look(body, expectedIds(resource, endpoint, caller), label);
    }
  }

  for (const [resource, surface] of Object.entries<Surface>(surfaces))
    describe(`to ${resource}`, () => {
      for (const endpoint of surface.singles)
        it(`${decodeURIComponent(endpoint.path(':id'))} answers the records the table allows, and refuses the others`, async () => {
          for (const account of readers)
            for (const [state, record] of stored.get(resource)!) {
              const caller = endpoint.asAnybody ? undefined : callers.get(account);
              const { status, text } = await user(account).get(endpoint.path(record._id));
              const allowed = rules.allows(endpoint.rule, caller, record);
              const label = `${account ?? 'anonymous'}, ${state}: ${text}`;
              const refused = endpoint.refused === 'empty' ? 200 : endpoint.refused;
              const gate = endpoint.asAnybody ? undefined : gateOf(endpoint, callers.get(account));
              assert.equal(status, gate ?? (allowed ? 200 : refused), label);
              if (endpoint.refused === 'empty') assert.equal(text === '', !allowed, label);
            }
        });
      for (const endpoint of surface.lists)
        it(`${endpoint.path} lists the records the table allows`, () =>
          eachReader(resource, endpoint, (rows, expected, label) => {
            const found = rows.map((row) => String(row[surface.id] ?? row['_id'])).sort();
            assert.deepEqual(found, expected, label);
          }));
      for (const endpoint of surface.counts)
        it(`${endpoint.path} counts the records the table allows`, () =>
          eachReader(resource, endpoint, (body, expected, label) => {
            assert.deepEqual(body, { count: expected.length }, label);
          }));
      for (const endpoint of surface.facets)
        it(`${endpoint.path} counts the records the table allows`, () =>
          eachReader(resource, endpoint, (body, expected, label) => {
            const all = expected.length === 0 ? [] : [{ totalSets: expected.length }];
            assert.deepEqual(body[0]?.['all'], all, label);
          }));
    });

  for (const endpoint of publishedSearches)
    it(`to published records of others is given by ${endpoint.path} on request`, () =>
      eachReader(endpoint.resource, endpoint, (rows, expected, label) => {
        const { id } = surfaces[endpoint.resource];
        const published = stored.get(endpoint.resource)!.get('published')!._id;
        assert.deepEqual(
          rows.map((row) => row[id]),
          expected.filter((one) => one === published),
          label,
        );
      }));

  const { dataset, proposal, sample, instrument, policy } = accessTable;
  const writing: readonly Writing[] = [
    {
      name: 'dataset v3',
      path: '/api/v3/datasets',
      rules: [dataset.update, dataset.delete],
      change: { description: 'changed' },
    },
    {
      name: 'dataset v4',
      path: '/api/v4/datasets',
      rules: [dataset.update, dataset.delete],
      change: { description: 'changed' },
    },
    {
      name: 'proposal',
      path: '/api/v3/proposals',
      rules: [proposal.update, proposal.delete],
      change: { title: 'y' },
    },
    {
      name: 'sample',
      path: '/api/v3/samples',
      rules: [sample.update, sample.delete],
      change: { description: 'y' },
      anonymous: { PATCH: 401 },
    },
    {
      name: 'instrument',
      path: '/api/v3/instruments',
      rules: [instrument.write, instrument.delete],
      change: { name: 'y' },
      records: { collection: 'Instrument', id: 'pid', record: { name: 'x', customMetadata: {} } },
    },
    {
      name: 'policy',
      path: '/api/v3/policies',
      rules: [policy.write, policy.delete],
      change: { autoArchive: false },
      records: { collection: 'Policy', id: '_id', record: { manager: [], autoArchive: true } },
    },
  ];

  for (const {
    name,
    path,
    rules: [update, removal],
    change,
    anonymous,
    records,
  } of writing)
    it(`to change and delete: ${name}`, async () => {
      const surface: RecordKind = records ?? surfaces[name as keyof typeof surfaces];
      const collection = app.collection(surface.collection);
      for (const account of writers)
        for (const [state, fields] of Object.entries(commonStates)) {
          const caller = callers.get(account);
          const _id = `written-${name}-${account ?? 'anonymous'}-${state}`;
          await collection.insertOne(recordOf(_id, surface, fields));
          const record = { ...foreign, ...fields };
          for (const [method, rule] of [
            ['PATCH', update],
            ['DELETE', removal],
          ] as const) {
            const label = `${method} ${state} as ${account ?? 'anonymous'}`;
            const body = method === 'PATCH' ? change : undefined;
            const { status, text } = await user(account).send(
              method,
              `${path}/${encodeURIComponent(_id)}`,
              body,
            );
            const gate = caller === undefined ? anonymous?.[method] : undefined;
            const allowed = rules.allows(rule, caller, record);
            assert.equal(status, gate ?? (allowed ? 200 : 403), `${label}: ${text}`);
            const left = await collection.findOne({ _id });
            if (method === 'DELETE') assert.equal(left === null, allowed, label);
            else
              assert.equal(
                Object.entries(change).every(([key, value]) => left?.[key] === value),
                allowed,
                label,
              );
          }
        }
    });
});

function recordOf(_id: string, { id, record }: RecordKind, fields: Fields): Fields & { _id: string } {
  // Two collections have a unique field beside the id.
  return { ...foreign, ...record, ...fields, uniqueName: _id, archiveId: _id, _id, [id]: _id };
}

type RecordKind = Pick<Surface, 'collection' | 'id' | 'record'>;

interface Writing {
  readonly name: string;
  readonly path: string;
  /** Of changing, of deleting. */
  readonly rules: readonly [Rule, Rule];
  readonly change: Fields;
  readonly anonymous?: Readonly<Partial<Record<'PATCH' | 'DELETE', number>>>;
  /** Of resources that the matrix of reads does not have. */
  readonly records?: RecordKind;
}
