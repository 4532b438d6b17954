import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { UploadRefused } from '#ingestor-uploads';
import { MongoConnection } from '#persistence';
import { UploadableDatasets } from '../../apps/catalog-api/src/ingestor/uploadable-datasets.js';
import { interruptOnce } from '../support/interrupt.js';
import { rawDataset } from './support/datasets.js';
import { heldDatasets, holdingEnvironment } from './support/held-datasets.js';
import { ScicatApp } from './support/scicat-app.js';

describe('A dataset whose upload ends', () => {
  let app: ScicatApp;
  let datasets: UploadableDatasets;
  before(async () => {
    app = await ScicatApp.start({
      ...holdingEnvironment,
      INGESTOR_TOKEN_SECRET: 'a secret of the test, long enough for a signature',
      INGESTOR_GROUPS: '#all',
    });
    datasets = app.get(UploadableDatasets);
  });
  after(() => app.stop());

  const { archive, dataset, lifecycle } = heldDatasets(() => app);
  const refused = (error: unknown): boolean => error instanceof UploadRefused && error.status === 409;

  it('becomes archivable, again and again', async () => {
    const { pid } = await dataset();
    await app.collection('Dataset').updateOne({ pid }, { $set: { 'datasetlifecycle.archivable': false } });
    await datasets.markArchivable(pid);
    await datasets.markArchivable(pid);
    assert.deepEqual(await lifecycle(pid), [true, false, 'datasetCreated']);
  });

  it('stays as it is when a job takes it between the look and the write', async () => {
    const { pid } = await dataset();
    const gap = interruptOnce(app.get(MongoConnection), 'Dataset', 'findOneAndUpdate', async () => {
      const { status, body } = await archive(pid);
      assert.equal(status, 201, JSON.stringify(body));
    });
    await assert.rejects(datasets.markArchivable(pid), refused);
    assert.ok(gap.happened());
    const [archivable, , message] = await lifecycle(pid);
    assert.deepEqual([archivable, message], [false, 'scheduledForArchiving']);
  });

  it('keeps its folder, too, when its owner gives it another one just as a job takes it', async () => {
    const owner = app.as('user1');
    const { body } = await owner.post('/api/v3/datasets', rawDataset({ ownerGroup: 'group1' }));
    const pid = String(body['pid']);
    const gap = interruptOnce(app.get(MongoConnection), 'Dataset', 'findOneAndUpdate', async () => {
      const { status, body: job } = await archive(pid);
      assert.equal(status, 201, JSON.stringify(job));
    });
    const { status } = await owner.patch(`/api/v3/datasets/${encodeURIComponent(pid)}`, {
      sourceFolder: '/other',
    });
    assert.ok(gap.happened());
    assert.equal(status, 409);
  });

  it('is nothing when there is none', () => assert.rejects(datasets.markArchivable('none'), { status: 404 }));
});
