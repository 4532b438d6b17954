import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newId } from '#kernel';
import { until } from '#messaging/testing';
import { datasetInLandingZone, registerFiles, sha256, type TestDataset } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

const late = {
  path: 'late.dat',
  size: 4,
  time: '2020-02-03T04:05:06.789Z',
  chk: sha256(Buffer.from('late')),
};

describe('A dataset whose file list and archive disagree', () => {
  const seen = verdict();
  let installation: Installation;
  let client: ScicatClient;
  let ledger: Ledger;

  before(async () => {
    installation = await Installation.create();
    await installation.start();
    client = await installation.client('demo');
    ledger = new Ledger(installation, client);
  });
  after(() => installation.stop(seen.failed));

  /** Posts a job, lets `meanwhile` happen when it is planned and before anything is packed, and waits for its end. */
  async function archiveWhile({ pid }: TestDataset, meanwhile: (jobId: string) => Promise<void>) {
    const archiver = installation.apps['archiver'];
    await archiver.stop();
    const { status, body } = await client.postJob('archive', [pid]);
    assert.equal(status, 201, JSON.stringify(body));
    const id = String(body['id']);
    await client.whenArchivingStarted(pid);
    await meanwhile(id);
    archiver.start();
    await archiver.whenReady();
    return client.jobEnd(id);
  }
  const nothingIsParked = async (): Promise<void> => {
    const { ports, secrets } = installation.settings;
    for (const app of ['catalog-api', 'job-assembler', 'archiver'] as const) {
      const response = await fetch(`http://127.0.0.1:${ports[app]}/api/v4/operations/parking-lot`, {
        headers: { authorization: `Bearer ${secrets.operationsTokens[app]}` },
      });
      assert.deepEqual(await response.json(), { items: [] }, app);
    }
  };

  it('is refused a further file while it is archived, and is archived as it was', async () => {
    const dataset = await datasetInLandingZone(installation, client);
    const { id } = await archiveWhile(dataset, async () => {
      await assert.rejects(registerFiles(client, dataset.pid, [late]), /its file lists must not change now/);
    });
    await ledger.jobEndedOnce(id, 'finishedSuccessful');
    await ledger.datasetIsArchived(dataset);
    await assert.rejects(registerFiles(client, dataset.pid, [late]), /its files must not change any more/);
  });

  it('is archived without the directories that an ingestor listed among its files, and they can be named in a retrieval', async () => {
    const dataset = await datasetInLandingZone(installation, client);
    const directory = { size: 4096, time: late.time, perm: 'drwxr-xr-x' };
    await registerFiles(
      client,
      dataset.pid,
      ['deep', 'a folder', 'empty folder'].map((path) => ({ path, ...directory })),
    );
    const { id } = await archiveWhile(dataset, () => Promise.resolve());
    await ledger.jobEndedOnce(id, 'finishedSuccessful');
    await ledger.datasetIsArchived(dataset);
    const named = (files: string[]) =>
      client.call('POST', '/api/v4/jobs', {
        type: 'retrieve',
        ownerGroup: 'demo-group',
        jobParams: { datasetList: [{ pid: dataset.pid, files }] },
      });
    assert.equal((await named(['empty folder'])).status, 400);
    const { status, body } = await named(['deep']);
    assert.equal(status, 201, JSON.stringify(body));
    await ledger.jobEndedOnce((await client.jobEnd(String(body['id']))).id, 'finishedSuccessful');
  });

  it('is not called archived when another program has added a file; without that file a retry is enough', async () => {
    const dataset = await datasetInLandingZone(installation, client);
    const block = newId();
    const lists = <Result>(
      use: (list: {
        insertOne: (document: object) => Promise<unknown>;
        deleteOne: (filter: object) => Promise<unknown>;
      }) => Promise<Result>,
    ): Promise<Result> =>
      installation.withDatabase('catalog-api', (database) =>
        use(database.collection<{ _id: string }>('OrigDatablock') as never),
      );
    const { id, statusMessage } = await archiveWhile(dataset, () =>
      lists(async (list) => {
        await list.insertOne({ _id: block, datasetId: dataset.pid, size: 4, dataFileList: [late] });
      }),
    );
    await ledger.jobEndedOnce(id, 'finishedUnsuccessful');
    assert.match(statusMessage, /1 listed and not archived [(]"late.dat"[)]/);
    await ledger.datasetIsUntouched(dataset, 'scheduleArchiveJobFailed');
    assert.equal(await installation.originalsLeft(dataset.pid), dataset.files.length);
    await lists((list) => list.deleteOne({ _id: block }));
    const { status, body } = await client.call('POST', `/api/v4/jobs/${id}/retry`);
    assert.equal(status, 201, JSON.stringify(body));
    await ledger.jobEndedOnce((await client.jobEnd(String(body['id']))).id, 'finishedSuccessful');
    await ledger.datasetIsArchived(dataset);
    await nothingIsParked();
  });

  it('whose hold is gone ends as failed, its datablocks are discarded, and nothing is parked', async () => {
    const dataset = await datasetInLandingZone(installation, client);
    const { id, statusMessage } = await archiveWhile(dataset, (jobId) =>
      installation.withDatabase('catalog-api', async (database) => {
        await database.collection('catena_dataset_claims').deleteMany({ jobId });
        await database.collection<{ _id: string }>('Dataset').updateOne(
          { _id: dataset.pid },
          {
            $set: {
              'datasetlifecycle.archivable': true,
              'datasetlifecycle.archiveStatusMessage': 'datasetCreated',
            },
          },
        );
      }),
    );
    await ledger.jobEndedOnce(id, 'finishedUnsuccessful');
    assert.match(statusMessage, /Expected a hold of job/);
    for (const share of installation.shares)
      await until(async () => (await ledger.tarsOf(share, dataset.pid)).length === 0);
    await nothingIsParked();
    const again = await client.postJob('archive', [dataset.pid]);
    assert.equal(again.status, 201, JSON.stringify(again.body));
    await ledger.jobEndedOnce((await client.jobEnd(String(again.body['id']))).id, 'finishedSuccessful');
    await ledger.datasetIsArchived(dataset);
  });

  it('whose hold is gone is discarded once when job-assembler dies at assembler.after-discard', async () => {
    const dataset = await datasetInLandingZone(installation, client);
    const assembler = installation.apps['job-assembler'];
    const { id } = await archiveWhile(dataset, async (jobId) => {
      await installation.withDatabase('catalog-api', (database) =>
        database.collection('catena_dataset_claims').deleteMany({ jobId }),
      );
      await installation.arm('job-assembler', 'assembler.after-discard');
      void assembler.whenEnded().then(async () => {
        await installation.disarm('job-assembler');
        assembler.start();
      });
    });
    await ledger.jobEndedOnce(id, 'finishedUnsuccessful');
    assert.equal(assembler.running, true);
    for (const share of installation.shares)
      await until(async () => (await ledger.tarsOf(share, dataset.pid)).length === 0);
    await nothingIsParked();
  });
});
