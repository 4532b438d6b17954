import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '#messaging/testing';
import { datasetInSourceFolder } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

/** Issue 14, item 1: job-assembler is told about a job, and asks nobody back. */
describe('A job-assembler that may not read jobs', () => {
  const seen = verdict();
  let installation: Installation;
  let client: ScicatClient;
  let ledger: Ledger;

  before(async () => {
    installation = await Installation.create({
      environment: { UPDATE_JOB_PRIVILEGED_GROUPS: 'archivemanager' },
    });
    await installation.start();
    client = await installation.client('demo');
    ledger = new Ledger(installation, client);
  });
  after(() => installation.stop(seen.failed));

  const post = async (type: string, pid: string, files: readonly string[] = []): Promise<string> => {
    const job = { type, jobParams: {}, datasetList: [{ pid, files }] };
    const { status, body } = await client.call('POST', '/api/v3/Jobs', job);
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['id']);
  };

  /** Posts a job; job-assembler hears of it after `meanwhile`. */
  async function endedAfter(
    [type, pid, files]: Parameters<typeof post>,
    meanwhile: (jobId: string) => Promise<void>,
  ) {
    const assembler = installation.apps['job-assembler'];
    await assembler.stop();
    const id = await post(type, pid, files);
    await meanwhile(id);
    assembler.start();
    await assembler.whenReady();
    return client.jobEnd(id);
  }

  it('plans archive, verify and retrieve jobs all the same', async () => {
    const dataset = await datasetInSourceFolder(installation, client);
    for (const type of ['archive', 'verify', 'retrieve']) {
      const id = await post(type, dataset.pid);
      const { accounts } = installation.settings.secrets;
      const service = await new ScicatClient(client.base, 'jobAssembler', accounts.jobAssembler).login();
      assert.equal((await service.call('GET', `/api/v4/jobs/${id}`)).status, 403);
      const { statusCode, statusMessage } = await client.jobEnd(id);
      assert.equal(statusCode, 'finishedSuccessful', `${type}: ${statusMessage}`);
      await ledger.jobEndedOnce(id, 'finishedSuccessful');
    }
    await ledger.datasetIsArchived(dataset);
  });

  it('hears that a job was cancelled before it was planned', async () => {
    const dataset = await datasetInSourceFolder(installation, client);
    const { id, statusCode, statusMessage } = await endedAfter(['archive', dataset.pid], async (jobId) => {
      assert.equal((await client.call('POST', `/api/v4/jobs/${jobId}/cancel`)).status, 202);
      const removed = await client.call('DELETE', `/api/v4/jobs/${jobId}`);
      assert.notEqual(removed.status, 200, 'nobody removes a job under its planner');
    });
    assert.equal(statusCode, 'jobCancel', statusMessage);
    await ledger.jobEndedOnce(id, 'jobCancel');
    await ledger.datasetIsUntouched(dataset, 'datasetCreated');
  });

  it('ends a job whose long list was changed, says why, and leaves the dataset free', async () => {
    // Too many bytes of names for a message.
    const paths = Array.from({ length: 45 }, (_, place) => `${'long-name-'.repeat(20)}${place}`);
    const files = paths.map((path) => ({ path, content: Buffer.from(path) }));
    const dataset = await datasetInSourceFolder(installation, client, files);
    assert.equal((await client.jobEnd(await post('archive', dataset.pid))).statusCode, 'finishedSuccessful');
    const bucket = `${installation.settings.prefix}-control`;
    const { id, statusCode, jobResultObject } = await endedAfter(['retrieve', dataset.pid, paths], (jobId) =>
      installation.withObjectStore(async (store) => {
        const key = `job-lists/${jobId}.ndjson`;
        const body = Buffer.from('{"pid":"of/others","files":[]}\n');
        assert.ok((await store.head(bucket, key)) !== undefined, key);
        await store.put(bucket, key, body, { size: body.length });
      }),
    );
    assert.equal(statusCode, 'finishedUnsuccessful', JSON.stringify(jobResultObject));
    assert.match((await client.job(id)).statusMessage, /dataset list of job .* the control bucket/);
    await ledger.jobEndedOnce(id, 'finishedUnsuccessful');
    const isFree = async (): Promise<boolean> =>
      (await client.dataset(dataset.pid)).datasetlifecycle['retrievable'] === true;
    await until(isFree);
    const again = await post('retrieve', dataset.pid, paths);
    assert.equal((await client.jobEnd(again)).statusCode, 'finishedSuccessful');
    await ledger.datasetIsArchived(dataset);
  });
});
