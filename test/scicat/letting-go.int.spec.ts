import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MongoConnection } from '#persistence';
import { DatasetClaims } from '../../apps/catalog-api/src/claims/dataset-claims.js';
import { Catalogue } from '../../apps/catalog-api/src/persistence/catalogue.js';
import { DatasetClaimRecords } from '../../apps/catalog-api/src/persistence/dataset-claim-records.js';
import { nextVersion } from '../../apps/catalog-api/src/records/dataset-version.js';
import { interruptOnce } from '../support/interrupt.js';
import { heldDatasets, holdingEnvironment } from './support/held-datasets.js';
import { ScicatApp } from './support/scicat-app.js';

/** A job may hold ten thousand datasets: it lets go of them with few writes, and still only of what it holds. */
describe('Letting go of the datasets of a job', () => {
  let app: ScicatApp;
  let claims: DatasetClaims;
  let catalogue: Catalogue;

  before(async () => {
    app = await ScicatApp.start(holdingEnvironment);
    claims = app.get(DatasetClaims);
    catalogue = app.get(Catalogue);
  });
  after(() => app.stop());

  const { archive, dataset, lifecycle, read, storing, sweepMuchLater } = heldDatasets(() => app);

  it('happens together, and by itself for each that changed in that moment', async () => {
    const datasets = await Promise.all(Array.from({ length: 12 }, dataset));
    const pids = datasets.map(({ pid }) => pid);
    const { body } = await app.as('admin').post('/api/v3/Jobs', {
      type: 'archive',
      jobParams: {},
      datasetList: pids.map((pid) => ({ pid, files: [] })),
    });
    const jobId = String(body['id']);
    // What is over already stays as it ended.
    await app.get(DatasetClaimRecords).end({ jobId, pid: pids[3]! }, []);
    const gap = interruptOnce(app.get(MongoConnection), 'Dataset', 'updateMany', async () => {
      await catalogue.datasets.updateOne(
        { pid: pids[5]! },
        { $inc: nextVersion, $set: { keywords: ['meanwhile'] } },
      );
    });
    await claims.undo(jobId);
    assert.ok(gap.happened());
    for (const pid of pids)
      assert.deepEqual(
        await lifecycle(pid),
        pid === pids[3] ? [false, false, 'scheduledForArchiving'] : [true, false, 'datasetCreated'],
        pid,
      );
    assert.deepEqual((await read(pids[5]!)).keywords, ['meanwhile']);
    assert.equal(await catalogue.claims.countDocuments({ jobId }), 0);
  });

  it('leaves alone what another took over between the look and the write', async () => {
    const [one, other] = [await dataset(), await dataset()];
    await storing('overtaken');
    await claims.take('overtaken', 'archive', [one, other]);
    let next: unknown;
    const gap = interruptOnce(app.get(MongoConnection), 'Dataset', 'updateMany', async () => {
      await sweepMuchLater();
      next = (await archive(one.pid)).body['id'];
    });
    await claims.abandon('overtaken');
    assert.ok(gap.happened());
    assert.ok(next !== undefined);
    assert.deepEqual(await lifecycle(one.pid), [false, false, 'scheduledForArchiving']);
    assert.equal(await catalogue.claims.countDocuments({ pid: one.pid, jobId: String(next) }), 1);
  });

  it('never happens to a job that was accepted by a write which the driver sent twice', async () => {
    const { pid } = await dataset();
    let sent: readonly unknown[] = [];
    const gap = interruptOnce(
      app.get(MongoConnection),
      'Job',
      'updateOne',
      async () => {
        const [filter, update] = sent as Parameters<typeof catalogue.jobs.updateOne>;
        assert.equal((await catalogue.jobs.updateOne(filter, update)).matchedCount, 1);
      },
      (given) => {
        sent = given;
        return Promise.resolve(JSON.stringify(given).includes('catena.storing'));
      },
    );
    const { status, body, text } = await archive(pid);
    assert.ok(gap.happened());
    assert.equal(status, 201, text);
    assert.equal(await catalogue.claims.countDocuments({ pid, jobId: String(body['id']) }), 1);
    assert.deepEqual(await lifecycle(pid), [false, false, 'scheduledForArchiving']);
  });
});
