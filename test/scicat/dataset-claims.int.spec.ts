import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { JobRefusal } from '../../apps/catalog-api/src/domain/errors.js';
import { DatasetClaims } from '../../apps/catalog-api/src/jobs/dataset-claims.js';
import { Catalogue } from '../../apps/catalog-api/src/persistence/catalogue.js';
import type { DatasetRecord } from '../../apps/catalog-api/src/persistence/records.js';
import { rawDataset } from './support/datasets.js';
import { ScicatApp } from './support/scicat-app.js';

const orphanAge = 60_000;

/** A job holds its datasets before it is stored. What a crash leaves between the two must neither block nor confuse. */
describe('Holding datasets for a job', () => {
  let app: ScicatApp;
  let claims: DatasetClaims;
  let catalogue: Catalogue;

  before(async () => {
    app = await ScicatApp.start({
      JOB_CONFIGURATION_FILE: 'examples/job-configuration.yaml',
      ORPHAN_CLAIM_AGE: `${orphanAge}ms`,
    });
    claims = app.get(DatasetClaims);
    catalogue = app.get(Catalogue);
  });
  after(() => app.stop());

  async function dataset(): Promise<DatasetRecord> {
    const { body } = await app.as('admin').post('/api/v3/datasets', rawDataset({}));
    return read(String(body['pid']));
  }
  async function read(pid: string): Promise<DatasetRecord> {
    const found = await catalogue.datasets.findOne({ pid });
    assert.ok(found !== null);
    return found;
  }
  /** What a process leaves that died between holding the dataset and storing the job. */
  async function heldByNobody(pid: string, milliseconds: number): Promise<void> {
    const jobId = `lost-${pid}`;
    await claims.take(jobId, 'archive', [await read(pid)]);
    await catalogue.claims.updateMany({ jobId }, { $set: { at: new Date(Date.now() - milliseconds) } });
  }
  const archive = (pid: string) =>
    app
      .as('admin')
      .send('POST', '/api/v3/Jobs', { type: 'archive', jobParams: {}, datasetList: [{ pid, files: [] }] });
  const lifecycle = async (pid: string): Promise<unknown[]> => {
    const { archivable, retrievable, archiveStatusMessage } = (await read(pid)).datasetlifecycle;
    return [archivable, retrievable, archiveStatusMessage];
  };
  const refusal =
    (status: number) =>
    (error: unknown): boolean =>
      error instanceof JobRefusal && error.status === status;

  it('asks to post again, and says when, while nobody can tell a crash from a slow moment', async () => {
    const { pid } = await dataset();
    await heldByNobody(pid, 20_000);
    const { status, body, headers } = await archive(pid);
    assert.equal(status, 503, JSON.stringify(body));
    assert.match(String(body['message']), /Nothing was stored[.] Post again in 2\d s/);
    assert.match(headers.get('retry-after') ?? '', /^2\d$/);
    assert.equal(await catalogue.jobs.countDocuments({ 'jobParams.datasetList.pid': pid }), 0);
  });

  it('takes over what a crash left, and knows the flags from before it', async () => {
    const { pid } = await dataset();
    await heldByNobody(pid, orphanAge + 1000);
    const { status, body } = await archive(pid);
    assert.equal(status, 201, JSON.stringify(body));
    assert.deepEqual(await lifecycle(pid), [false, false, 'scheduledForArchiving']);
    await claims.undo(String(body['id']));
    assert.deepEqual(await lifecycle(pid), [true, false, 'datasetCreated']);
  });

  it('takes over a hold whose flags were never written', async () => {
    const { pid } = await dataset();
    await heldByNobody(pid, orphanAge + 1000);
    await catalogue.datasets.updateOne(
      { pid },
      {
        $set: {
          'datasetlifecycle.archivable': true,
          'datasetlifecycle.archiveStatusMessage': 'datasetCreated',
        },
      },
    );
    assert.equal((await archive(pid)).status, 201);
  });

  it('heals one crash once, though several look at the same moment', async () => {
    const { pid } = await dataset();
    await heldByNobody(pid, orphanAge + 1000);
    await Promise.all(Array.from({ length: 8 }, () => claims.releaseOrphans()));
    assert.deepEqual(await lifecycle(pid), [true, false, 'datasetCreated']);
    assert.equal(await catalogue.claims.countDocuments({ pid }), 0);
  });

  it('refuses what another job archived after the flags were read, and leaves its words alone', async () => {
    const [stale, other] = [await dataset(), await dataset()];
    const { pid } = stale;
    await catalogue.datasets.updateOne(
      { pid },
      {
        $set: {
          'datasetlifecycle.archivable': false,
          'datasetlifecycle.retrievable': true,
          'datasetlifecycle.archiveStatusMessage': 'datasetOnArchiveDisk',
        },
      },
    );
    await assert.rejects(claims.take('late', 'archive', [other, stale]), refusal(409));
    assert.deepEqual(await lifecycle(pid), [false, true, 'datasetOnArchiveDisk']);
    assert.deepEqual(await lifecycle(other.pid), [true, false, 'datasetCreated']);
    assert.equal(await catalogue.claims.countDocuments({ jobId: 'late' }), 0);
  });

  it('names the job that holds a dataset', async () => {
    const { pid } = await dataset();
    const { body: first } = await archive(pid);
    const { status, body } = await archive(pid);
    assert.equal(status, 409, JSON.stringify(body));
    assert.equal(body['jobId'], first['id']);
  });

  it('keeps a dataset from being deleted under its job', async () => {
    const { pid } = await dataset();
    const { body: job } = await archive(pid);
    const remove = () => app.as('archiveManager').delete(`/api/v3/Datasets/${encodeURIComponent(pid)}`);
    const refused = await remove();
    assert.equal(refused.status, 409, refused.text);
    assert.match(refused.text, new RegExp(String(job['id'])));
    await claims.undo(String(job['id']));
    assert.equal((await remove()).status, 200);
  });

  it('refuses a job whose hold was taken for an orphan while it was stored', async () => {
    const { pid } = await dataset();
    // As the sweep of another process does when this one sleeps at the wrong moment.
    const { insertOne } = catalogue.jobs;
    const proto = Object.getPrototypeOf(catalogue.jobs) as { insertOne: typeof insertOne };
    proto.insertOne = async function (this: typeof catalogue.jobs, ...given) {
      proto.insertOne = insertOne;
      await catalogue.claims.deleteMany({ pid });
      return insertOne.apply(this, given);
    };
    const { status, body } = await archive(pid);
    assert.equal(status, 503, JSON.stringify(body));
    assert.equal(await catalogue.jobs.countDocuments({ 'jobParams.datasetList.pid': pid }), 0);
    await catalogue.datasets.updateOne({ pid }, { $set: { 'datasetlifecycle.archivable': true } });
    assert.equal((await archive(pid)).status, 201);
  });

  it('gives a dataset to one of many jobs that are posted at once', async () => {
    const { pid } = await dataset();
    const answers = await Promise.all(Array.from({ length: 6 }, () => archive(pid)));
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    for (const { status, body } of answers)
      assert.ok([201, 409, 503].includes(status), `${status} ${JSON.stringify(body)}`);
    assert.deepEqual(await lifecycle(pid), [false, false, 'scheduledForArchiving']);
  });
});
