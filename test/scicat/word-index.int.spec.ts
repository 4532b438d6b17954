import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { supersededTextIndex } from '#scicat-database';
import { createDataset, createSample } from './support/records.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;
type Stored = { _id: string; [field: string]: unknown };

const odd: readonly unknown[] = ['ja', 'de-CH', 7, { value: 3, unit: 'mm' }, ['en'], null];
const collections = ['Dataset', 'PublishedData', 'Job', 'Proposal', 'Sample'];

describe('A field named language', () => {
  let app: ScicatApp;

  before(async () => {
    app = await ScicatApp.start({}, async ({ connection }) => {
      // As an earlier version, and SciCat, made it.
      for (const name of collections) {
        await connection.collection<Stored>(name).insertOne({ _id: 'first', title: 'before' });
        await connection.collection(name).createIndex({ '$**': 'text' }, { name: 'catena_text' });
      }
    });
  });
  after(() => app.stop());

  it('is stored in datasets and samples, whatever it holds and however deep', async () => {
    for (const language of odd) {
      const scientificMetadata = { language, inner: { language } };
      await createDataset(app.as('user1'), { ownerGroup: 'group1', scientificMetadata });
      await createSample(app.as('user1'), { sampleCharacteristics: { language, inner: { language } } });
    }
  });

  it('switches word search off for nobody', async () => {
    const datasetName = 'needle';
    const scientificMetadata = { language: 'ja' };
    await createDataset(app.as('user1'), { ownerGroup: 'group1', datasetName, scientificMetadata });
    const fields = encodeURIComponent(JSON.stringify({ text: 'needle' }));
    const { status, body } = await app.as('user1').get(`/api/v3/datasets/fullquery?fields=${fields}`);
    assert.equal(status, 200);
    assert.equal((body as unknown as Fields[]).length, 1);
  });

  it('finds no word index left that minds it', async () => {
    for (const name of collections) {
      const indexes = await app.collection(name).indexes();
      assert.equal(supersededTextIndex(indexes), undefined, name);
      assert.ok(!indexes.some((index) => index.name === 'catena_text'), name);
      assert.ok(
        indexes.some((index) => index.name === 'catena_words'),
        `${name}: ${JSON.stringify(indexes)}`,
      );
    }
  });
});
