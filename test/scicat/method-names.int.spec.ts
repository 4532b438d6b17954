import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pathOf, rawDataset, v4Dataset } from './support/datasets.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

/** Names of what every object of the language can do, which are words like others to those who measure. */
const names = ['toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', 'toLocaleString', 'toJSON', 'then'];
const entries: Fields = Object.fromEntries(
  names.map((name, index) => [name, index % 2 === 0 ? { value: 7, unit: 'mm' } : 'text']),
);

/** Issue 12: keys keep their name. These were left out of what was stored, and 201 was answered. */
describe('Metadata that are called like methods', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start({ DOI_PREFIX: '10.5072/' });
  });
  after(() => app.stop());

  const sent = async (method: 'post' | 'patch' | 'put', path: string, body: Fields): Promise<Fields> => {
    const { status, text, body: answer } = await app.as('admin')[method](path, body);
    assert.equal(status, method === 'post' ? 201 : 200, `${method} ${path}: ${text}`);
    return answer;
  };
  const namesIn = (value: unknown): string[] => Object.keys(value as Fields).sort();
  const all = [...names].sort();

  for (const [version, bodyOf] of [
    ['v3', rawDataset],
    ['v4', v4Dataset],
  ] as const)
    it(`${version}: come back as they went in, and are found`, async () => {
      const metadata = { ...entries, inner: entries };
      const keywords = [`methods ${version}`];
      const body = bodyOf({ keywords, scientificMetadata: metadata, jobParameters: entries });
      const { pid } = await sent('post', `/api/${version}/datasets`, body);
      const path = pathOf(String(pid), version);
      const { body: read } = await app.as('admin').get(path);
      const shown = read['scientificMetadata'] as Fields;
      assert.deepEqual(namesIn(shown), [...all, 'inner'].sort());
      assert.deepEqual(namesIn(shown['inner']), all);
      assert.deepEqual(namesIn(read['jobParameters']), all);
      assert.equal((shown['toString'] as Fields)['valueSI'], 0.007);
      for (const lhs of ['toString', 'inner.toString']) {
        const fields = {
          keywords,
          scientific: [{ lhs, relation: 'EQUAL_TO_NUMERIC', rhs: 7000, unit: 'um' }],
        };
        const found = await app.as('admin').get<Fields[]>('/api/v3/datasets/fullquery', { fields });
        assert.equal(found.body.length, 1, `${lhs}: ${found.text}`);
      }
      const changed = await sent('patch', path, { scientificMetadata: { toString: 1 } });
      assert.deepEqual(namesIn(changed['scientificMetadata']), ['toString']);
    });

  it('come back from samples, proposals, instruments, and publications', async () => {
    const sample = { ownerGroup: 'group1', owner: 'Ada', sampleCharacteristics: entries };
    assert.deepEqual(namesIn((await sent('post', '/api/v3/samples', sample))['sampleCharacteristics']), all);
    const proposal = { proposalId: 'p', title: 'T', email: 'a@example.org', ownerGroup: 'group1' };
    const made = await sent('post', '/api/v3/proposals', { ...proposal, metadata: entries });
    assert.deepEqual(namesIn(made['metadata']), all);
    const instrument = { uniqueName: 'i', name: 'I', customMetadata: entries };
    assert.deepEqual(namesIn((await sent('post', '/api/v3/instruments', instrument))['customMetadata']), all);
    const publication = { title: 'T', abstract: 'A', datasetPids: [], metadata: { landing: entries } };
    const { metadata } = await sent('post', '/api/v4/publisheddata', publication);
    assert.deepEqual(namesIn((metadata as Fields)['landing']), all);
  });

  it('are refused where a body has no place for them', async () => {
    const { status, text } = await app.as('admin').post('/api/v4/datasets', v4Dataset({ toString: 'x' }));
    assert.equal(status, 400);
    assert.match(text, /property toString should not exist/);
  });

  it('are refused where text or a number belongs, wherever it is', async () => {
    const object = { toString: 1, valueOf: 2 };
    for (const [path, query] of [
      ['v3/datasets', { filter: { limits: { limit: object } } }],
      ['v4/datasets', { filter: { limits: { skip: object } } }],
      ['v4/datasets', { filter: { fields: [object] } }],
      ['v4/jobs', { filter: { limits: { limit: object } } }],
      ['v3/datasets/fullquery', { fields: { creationTime: { begin: object } } }],
      ['v3/datasets/fullquery', { fields: { size: { min: object } } }],
      ['v3/datasets/fullfacet', { facets: [object] }],
      ['v4/metadatakeys', { filter: { limits: { limit: object } } }],
      ['v4/origdatablocks/files', { filter: { fields: [object] } }],
    ] as const) {
      const { status, text, body } = await app.as('admin').get(`/api/${path}`, query);
      assert.deepEqual([status, body['statusCode']], [400, 400], `${path} ${JSON.stringify(query)}: ${text}`);
    }
    for (const more of [{ type: object }, { type: 'archive', executionTime: object }]) {
      const { status, text } = await app.as('admin').post('/api/v3/jobs', { datasetList: [], ...more });
      assert.equal(status, 400, text);
    }
  });
});
