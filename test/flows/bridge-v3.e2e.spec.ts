import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '#messaging/testing';
import { BesideScicat } from '../support/beside/beside-scicat.js';
import { datasetInSourceFolder, type TestDataset } from '../support/datasets.js';
import { Ledger } from '../support/ledger.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

/** A job as clients of v3 read it. */
interface JobV3 {
  readonly jobStatusMessage: string;
  readonly jobResultObject?: {
    readonly result?: readonly { readonly url: string; readonly datasetId: string }[];
    readonly code?: string;
    readonly message?: string;
  };
}

/** More than a page of the poll. */
const crowd = 105;

describe('Beside a SciCat that has jobs in v3 only', () => {
  const seen = verdict();
  let beside: BesideScicat;
  let client: ScicatClient;
  let ledger: Ledger;

  before(async () => {
    beside = await BesideScicat.create({ bridge: { SCICAT_JOBS_API: 'v3' }, tells: [] });
    await beside.start();
    client = await beside.client();
    ledger = new Ledger(beside.catena, client);
  });
  after(() => beside.stop(seen.failed));

  const dataset = (): Promise<TestDataset> => datasetInSourceFolder(beside.catena, client);
  const post = async (type: string, pids: readonly string[]): Promise<string> => {
    const { status, body } = await client.postJob(type, pids);
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['id']);
  };
  const job = async (id: string): Promise<JobV3> => {
    const { status, body } = await client.patiently<JobV3>('GET', `/api/v3/Jobs/${id}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  const end = async (id: string): Promise<JobV3> => {
    let found: JobV3 | undefined;
    await until(async () => /^finished/.test((found = await job(id)).jobStatusMessage));
    return found!;
  };

  it('a dataset is archived and retrieved, and clients of v3 read the words they know', async () => {
    const one = await dataset();
    const archived = await post('archive', [one.pid]);
    assert.equal((await end(archived)).jobStatusMessage, 'finishedSuccessful');
    await ledger.jobEndedOnce(archived, 'finishedSuccessful');
    await ledger.datasetIsArchived(one);
    assert.deepEqual(((await beside.shown(archived)) as { seenBy: string[] }).seenBy, ['poll']);

    const retrieved = await end(await post('retrieve', [one.pid]));
    assert.equal(retrieved.jobStatusMessage, 'finishedSuccessful');
    const [link] = retrieved.jobResultObject?.result ?? [];
    assert.equal(link?.datasetId, one.pid);
    assert.equal((await fetch(link.url)).status, 200);
  });

  it('a job that is not done ends unsuccessful, and its result says why', async () => {
    const one = await dataset();
    const refused = await end(await post('retrieve', [one.pid]));
    assert.equal(refused.jobStatusMessage, 'finishedUnsuccessful');
    assert.equal(refused.jobResultObject?.code, 'bridge.dataset-unfit');
    assert.match(String(refused.jobResultObject?.message), /retrievable/);
    const { datasetlifecycle } = await client.dataset(one.pid);
    assert.deepEqual([datasetlifecycle['archivable'], datasetlifecycle['retrievable']], [true, false]);
  });

  it('every job is found that waits, however many pages of jobs wait before it', async () => {
    const one = await dataset();
    await end(await post('archive', [one.pid]));
    // Jobs that are taken stay in their first status while nobody begins them.
    await beside.apps['job-assembler'].stop();
    const ids: string[] = [];
    for (let count = 0; count < crowd; count += 1) ids.push(await post('retrieve', [one.pid]));
    for (const id of ids) {
      await until(async () => (await beside.shown(id))['state'] === 'accepted');
      assert.equal((await job(id)).jobStatusMessage, 'jobSubmitted');
    }
  });
});
