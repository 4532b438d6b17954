import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { rawDataset } from './support/datasets.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

/** What a publication shows beside its own words. */
describe('Pictures of a publication', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start({ DOI_PREFIX: '10.5072' });
  });
  after(() => app.stop());

  it('are those of its datasets, never of a sample that is named like one', async () => {
    const { body: dataset } = await app.as('admin').post('/api/v3/datasets', rawDataset());
    const pid = String(dataset['pid']);
    const publication = await app.as('user1').post('/api/v4/publisheddata', {
      ...{ title: 'T', abstract: 'A', datasetPids: [pid] },
      metadata: {
        ...{ creators: [{ name: 'Lovelace, Ada' }], publisher: { name: 'The facility' } },
        ...{ publicationYear: 2026, resourceType: 'raw' },
      },
    });
    assert.equal(publication.status, 201, publication.text);
    const doi = String(publication.body['doi']);
    const sample = { sampleId: pid, ownerGroup: 'group2', sampleName: 's' };
    assert.equal((await app.as('user2').post('/api/v3/samples', sample)).status, 201);
    const hang = async (account: AccountName, targetType: string, caption: string): Promise<void> => {
      const answer = await app.as(account).post('/api/v4/attachments', {
        ...{ caption, isPublished: true, ownerGroup: account === 'user2' ? 'group2' : 'group1' },
        thumbnail: `data:image/png;base64,${'A'.repeat(40)}`,
        relationships: [{ targetType, targetId: pid }],
      });
      assert.equal(answer.status, 201, answer.text);
    };
    await hang('user2', 'sample', 'of somebody else');
    await hang('admin', 'dataset', 'of the dataset');
    const form = await app.as('admin').get('/api/v4/publisheddata/formpopulate', { pid });
    assert.ok(String(form.body['thumbnail']).startsWith('data:image/png'));
    const { body } = await app.as('archiveManager').get(`/api/v4/publications/${encodeURIComponent(doi)}`);
    assert.deepEqual(
      (body['pictures'] as Fields[]).map(({ caption }) => caption),
      ['of the dataset'],
    );
  });
});
