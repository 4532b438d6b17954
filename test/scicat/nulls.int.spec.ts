import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pathOf, rawDataset, v4Dataset } from './support/datasets.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

const totals = ['size', 'packedSize', 'numberOfFiles', 'numberOfFilesArchived'];
const asked = ['ownerGroup', 'owner', 'contactEmail', 'sourceFolder', 'creationTime', 'isPublished'];
const lists = ['keywords', 'techniques', 'sharedWith', 'relationships', 'accessGroups', 'usedSoftware'];
const lifecycle = [
  ...['archivable', 'retrievable', 'publishable', 'isOnCentralDisk', 'retrieveIntegrityCheck'],
  ...['archiveStatusMessage', 'retrieveStatusMessage'],
];
const nulls = (names: readonly string[]): Fields => Object.fromEntries(names.map((name) => [name, null]));
const picked = (record: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(names.map((name) => [name, record[name]]));

/** Issue 12, by schemathesis: programs that fill in every field send `null` for what they have not got. */
describe('A null in a request', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start({ DOI_PREFIX: '10.5072/' });
  });
  after(() => app.stop());

  const sent = async (method: 'post' | 'patch' | 'put', path: string, body: Fields): Promise<Fields> => {
    const { status, text, body: answer } = await app.as('admin')[method](path, body);
    assert.equal(status, method === 'post' ? 201 : 200, `${method} ${path} ${JSON.stringify(body)}: ${text}`);
    return answer;
  };
  const stored = async (collection: string, id: unknown): Promise<Fields> =>
    (await app.collection(collection).findOne({ _id: String(id) })) ??
    assert.fail(`no ${collection} ${String(id)}`);
  const bodies: Readonly<Record<string, (more: Fields) => Fields>> = { v3: rawDataset, v4: v4Dataset };

  for (const [version, bodyOf] of Object.entries(bodies)) {
    it(`${version}: leaves totals, owner and archive state of a dataset as they are, and takes file lists after it`, async () => {
      const { pid } = await sent('post', `/api/${version}/datasets`, bodyOf(nulls([...totals, ...lists])));
      const made = await stored('Dataset', pid);
      assert.deepEqual(picked(made, totals), Object.fromEntries(totals.map((name) => [name, 0])));
      assert.deepEqual(picked(made, lists), Object.fromEntries(lists.map((name) => [name, []])));

      await sent('patch', pathOf(String(pid), version), {
        ...nulls([...totals, ...asked, ...lists, 'scientificMetadata']),
        datasetlifecycle: nulls(lifecycle),
      });
      if (version === 'v3')
        await sent('patch', `${pathOf(String(pid), version)}/datasetlifecycle`, nulls(lifecycle));
      const after = await stored('Dataset', pid);
      const same = [...totals, ...asked, ...lists, 'scientificMetadata'];
      assert.deepEqual(picked(after, same), picked(made, same));
      assert.deepEqual(
        picked(after['datasetlifecycle'] as Fields, lifecycle),
        picked(made['datasetlifecycle'] as Fields, lifecycle),
      );

      const dataFileList = [{ path: 'a', size: 3, time: '2024-05-01T10:15:00Z' }];
      await sent('post', `${pathOf(String(pid))}/origdatablocks`, { size: 3, dataFileList });
      assert.equal((await stored('Dataset', pid))['size'], 3);
    });

    it(`${version}: empties the lists of a dataset, and its metadata`, async () => {
      const filled = { keywords: ['a'], accessGroups: ['g'], scientificMetadata: { a: 1 } };
      const { pid } = await sent('post', `/api/${version}/datasets`, bodyOf(filled));
      await sent('patch', pathOf(String(pid), version), nulls(Object.keys(filled)));
      assert.deepEqual(picked(await stored('Dataset', pid), Object.keys(filled)), {
        keywords: [],
        accessGroups: [],
        scientificMetadata: {},
      });
    });
  }

  it('as the id of a new attachment is none: the service gives one', async () => {
    const { pid } = await sent('post', '/api/v3/datasets', rawDataset());
    const { sampleId } = await sent('post', '/api/v3/samples', { ownerGroup: 'group1', owner: 'Ada' });
    const proposal = { proposalId: 'p-null', title: 'T', email: 'a@example.org', ownerGroup: 'group1' };
    await sent('post', '/api/v3/proposals', proposal);
    const body = { ownerGroup: 'group1', caption: 'c', thumbnail: 'data:x', id: null };
    const ids = new Set<unknown>();
    for (const parent of [
      pathOf(String(pid)),
      `/api/v3/samples/${String(sampleId)}`,
      '/api/v3/proposals/p-null',
    ])
      for (let time = 0; time < 2; time += 1) {
        const { id, aid, _id } = await sent('post', `${parent}/attachments`, body);
        assert.deepEqual([typeof id, aid, _id], ['string', id, id]);
        ids.add(id);
      }
    assert.equal(ids.size, 6);
  });

  it('as the relationships of an attachment is none', async () => {
    const { pid } = await sent('post', '/api/v3/datasets', rawDataset());
    const tie = [{ targetId: pid, targetType: 'dataset', relationType: 'is attached to' }];
    const body = { ownerGroup: 'group1', caption: 'c', isPublished: false };
    const path = '/api/v4/attachments';
    const alone = await sent('post', path, { ...body, aid: null, relationships: null, accessGroups: null });
    assert.deepEqual(picked(alone, ['relationships', 'accessGroups']), {
      relationships: [],
      accessGroups: [],
    });
    const { aid } = await sent('post', path, { ...body, relationships: tie });
    const patched = await sent('patch', `${path}/${String(aid)}`, { relationships: null, caption: 'new' });
    assert.deepEqual(picked(patched, ['relationships', 'caption']), { relationships: tie, caption: 'new' });
    const replaced = await sent('put', `${path}/${String(aid)}`, {
      ...body,
      relationships: null,
      accessGroups: null,
    });
    assert.deepEqual(picked(replaced, ['relationships', 'accessGroups']), {
      relationships: [],
      accessGroups: [],
    });
  });

  it('leaves a publication as it is, in both forms', async () => {
    const { pid } = await sent('post', '/api/v3/datasets', rawDataset());
    const flat = {
      creator: ['Ada'],
      publisher: 'P',
      publicationYear: 2024,
      title: 'T',
      abstract: 'A',
      dataDescription: 'D',
      resourceType: 'raw',
      pidArray: [pid],
    };
    const lists = { authors: null, relatedPublications: null };
    const { doi } = await sent('post', '/api/v3/publisheddata', { ...flat, ...lists, doi: null });
    const path = (version: string): string =>
      `/api/${version}/publisheddata/${encodeURIComponent(String(doi))}`;
    const nothing = { ...nulls(Object.keys(flat)), ...lists };
    const patched = await sent('patch', path('v3'), nothing);
    assert.deepEqual(picked(patched, Object.keys(flat)), flat);
    const { status } = await app.as('admin').post(`${path('v3')}/resync`, nothing);
    assert.equal(status, 201);
    const v4 = await sent('patch', path('v4'), nulls(['title', 'abstract', 'datasetPids', 'metadata']));
    assert.deepEqual(picked(v4, ['title', 'abstract', 'datasetPids']), {
      title: 'T',
      abstract: 'A',
      datasetPids: [pid],
    });
    assert.equal((v4['metadata'] as Fields)['publicationYear'], 2024);
  });
});
