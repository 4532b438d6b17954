import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { EJSON } from 'bson';
import { scicatCollections } from '#scicat-database';
import { describedControllers } from '../../apps/catalog-api/src/catalog-api.module.js';
import { openApiDocument } from '../../apps/catalog-api/src/openapi/document.js';
import { repository } from '../support/repository.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;
type Stored = { _id: string; [field: string]: unknown };

const folder = join(repository, 'test/fixtures/scicat-database');
const fixtures = new Map(
  readdirSync(folder).map((file) => [
    file.replace('.json', ''),
    EJSON.parse(readFileSync(join(folder, file), 'utf8'), { relaxed: false }) as Stored[],
  ]),
);

/** Collections whose documents are served one by one, by the first part of the path. */
const served: Readonly<Record<string, string>> = {
  datasets: 'Dataset',
  origdatablocks: 'OrigDatablock',
  datablocks: 'Datablock',
  attachments: 'Attachment',
  jobs: 'Job',
  publisheddata: 'PublishedData',
  proposals: 'Proposal',
  samples: 'Sample',
  instruments: 'Instrument',
  policies: 'Policy',
  users: 'User',
  history: 'History',
};
/** Streams, which do not end, and addresses of another server. */
const elsewhere = /events|oidc|logout|landing|openapi/i;
/** What the app writes while it starts, by design: accounts of its own and the settings of its frontend. */
const ofTheApp = new Set(['User', 'UserIdentity', 'UserSetting', 'Role', 'UserRole', 'RuntimeConfig']);

const document = openApiDocument(describedControllers, 'test');
const paths = Object.entries(document.paths)
  .filter(([path, methods]) => 'get' in methods && !elsewhere.test(path))
  .map(([path]) => path);

const idText = (id: unknown): string => String(id);

/** Every path with every id that fits into it. */
function addresses(path: string): string[] {
  const [, , , area = ''] = path.split('/');
  const own = fixtures.get(served[area.toLowerCase()] ?? '') ?? [];
  if (!path.includes('{')) return [path];
  const first = own.length === 0 ? ['energy'] : own.map(({ _id }) => idText(_id));
  return first.map((id) =>
    path
      .replace(/\{[^}]+\}/, area === 'history' ? 'Dataset' : encodeURIComponent(id))
      .replace(/\{[^}]+\}/, 'a-1'),
  );
}

/** A block without a dataset has nobody's rights: it is in lists, but is not shown by itself. */
const hidden = new Set(['o-orphan']);
/** Views with a closed list of fields, as SciCat has them: a job's document is not shown as it is stored. */
const reshaped = new Set(['Job', 'PublishedData', 'User', 'Attachment']);

describe('On a database that SciCat left', () => {
  let app: ScicatApp;
  let atFirst: Map<string, string>;

  before(async () => {
    app = await ScicatApp.start({ TRACKABLES: 'Dataset,Proposal' }, async ({ connection }) => {
      for (const [name, documents] of fixtures)
        await connection.collection(name).insertMany(documents as never[]);
      atFirst = await rawDocuments((name) => connection.collection(name));
    });
  });
  after(() => app.stop());

  /** Documents byte for byte but for the words Catena adds to what is searched, by collection and id. */
  async function rawDocuments(
    collection: (name: string) => {
      find: (where: object, options: object) => { toArray(): Promise<unknown[]> };
    },
  ): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const name of Object.keys(scicatCollections)) {
      const ids = (await collection(name)
        .find({}, { projection: { _id: 1 } })
        .toArray()) as Stored[];
      for (const { _id } of ids) {
        const [bytes] = (await collection(name)
          .find({ _id }, { raw: true, projection: { catenaWords: 0, catenaKeys: 0 } })
          .toArray()) as [Buffer];
        found.set(`${name} ${idText(_id)}`, Buffer.from(bytes).toString('base64'));
      }
    }
    return found;
  }

  it('has documents of every collection', () =>
    assert.deepEqual([...fixtures.keys()].sort(), Object.keys(scicatCollections).sort()));

  for (const path of paths)
    it(`GET ${path} answers, whatever it finds`, async () => {
      for (const address of addresses(path)) {
        const { status, text } = await app.as('admin').get(address);
        assert.ok(status < 500, `${address}: ${status} ${text}`);
        const { status: anonymous } = await app.anonymous.get(address);
        assert.ok(anonymous < 500, `${address} without a token: ${anonymous}`);
      }
    });

  for (const [area, name] of Object.entries(served)) {
    const path = paths.find((one) => new RegExp(`^/api/v[34]/${area}/\\{[^}]+\\}$`, 'i').test(one));
    if (path === undefined || area === 'history') continue;
    for (const stored of (fixtures.get(name) ?? []).filter(({ _id }) => !hidden.has(_id)))
      it(`${path} shows ${name} ${idText(stored._id)}, fields SciCat does not know included`, async () => {
        const { status, body, text } = await app
          .as('admin')
          .get(path.replace(/\{[^}]+\}/, encodeURIComponent(idText(stored._id))));
        assert.equal(status, 200, text);
        assert.ok(text.includes(JSON.stringify(idText(stored._id)).slice(1, -1)), text);
        if (!('oddExtra' in stored) || reshaped.has(name)) return;
        assert.deepEqual(body['oddExtra'], plain(stored['oddExtra']));
      });
  }

  it('lists old and new datasets side by side, in v3 and in v4', async () => {
    for (const version of ['v3', 'v4']) {
      const { body } = await app.as('admin').get<Fields[]>(`/api/${version}/datasets`, { filter: '{}' });
      assert.equal(body.length, fixtures.get('Dataset')?.length);
    }
  });

  it('finds a dataset by numbers of any type', async () => {
    const { body } = await app.as('admin').get<Fields[]>('/api/v3/datasets/fullquery', {
      fields: { size: { min: 5368709120, max: 5368709120 } },
    });
    assert.deepEqual(
      body.map(({ pid }) => pid),
      ['20.500.12345/numbers'],
    );
  });

  it('makes facets of fields that are a list here and null there', async () => {
    const facets = ['type', 'keywords', 'creationTime', 'ownerGroup', 'proposalIds'];
    const { status, body } = await app
      .as('admin')
      .get<Fields[]>('/api/v3/datasets/fullfacet', { fields: {}, facets });
    assert.equal(status, 200);
    assert.deepEqual(body[0]?.['all'], [{ totalSets: fixtures.get('Dataset')?.length }]);
    assert.deepEqual(body[0]?.['keywords'], [{ _id: 'neutron', count: 1 }]);
  });

  it('shows the history of a dataset in both strategies', async () => {
    const { body } = await app
      .as('admin')
      .get(`/api/v3/datasets/${encodeURIComponent('20.500.12345/plain')}`);
    const history = body['history'] as Fields[];
    assert.equal(history.length, 2);
    assert.deepEqual(history[0]?.['datasetName'], { previousValue: 'run/6', currentValue: 'run/7' });
    assert.deepEqual(
      Object.keys(history[1] ?? {}).sort(),
      ['_id', 'datasetlifecycle', 'updatedAt', 'updatedBy'],
      'of whole documents only what changed',
    );
  });

  it('reads encoded metadata keys as names in v3, and unencoded ones as they are', async () => {
    const metadataOf = async (pid: string): Promise<string[]> => {
      const { body } = await app.as('admin').get(`/api/v3/datasets/${encodeURIComponent(pid)}`);
      return Object.keys(body['scientificMetadata'] as Fields);
    };
    assert.deepEqual(await metadataOf('20.500.12345/plain'), ['energy', 'a.b']);
    assert.deepEqual(await metadataOf('20.500.12345/dates-as-text'), [
      'plain key',
      'un.encoded',
      'deep',
      'list',
    ]);
  });

  it('has changed no byte of any document, its words and the names of its metadata aside, and made none but its own', async () => {
    const now = await rawDocuments((name) => app.collection(name));
    for (const [key, bytes] of atFirst) assert.equal(now.get(key), bytes, `${key} was changed`);
    const added = [...now.keys()].filter((key) => !atFirst.has(key));
    assert.deepEqual(
      added.filter((key) => !ofTheApp.has(key.split(' ')[0] ?? '')),
      [],
    );
  });

  it('has made no collection but its own', async () => {
    const names = (await app.collection('Dataset').conn.db!.listCollections().toArray()).map(
      ({ name }) => name,
    );
    assert.deepEqual(
      names.filter((name) => !fixtures.has(name) && !name.startsWith('catena_')),
      [],
    );
  });
});

/** As JSON shows a value of the database. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(EJSON.deserialize(EJSON.serialize({ value }))['value']));
}
