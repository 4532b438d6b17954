import assert from 'node:assert/strict';
import { until } from '#messaging/testing';
import type { BesideScicat } from './beside-scicat.js';
import { datasetInSourceFolder, sampleFiles, type TestDataset, type TestFile } from '../datasets.js';
import { Ledger } from '../ledger.js';
import type { Job, ScicatClient } from '../scicat-client.js';

/** Milliseconds for whatever a story waits for. */
export const patience = 240_000;

/** A job as operators of the bridge see it. */
export interface ShownJob {
  readonly state: string;
  readonly seenBy: readonly string[];
  readonly attempts: number;
  readonly dueAt?: string;
  readonly outcome?: string;
  /** job-assembler was asked to stop. */
  readonly cancelled?: boolean;
  readonly why?: { readonly code: string; readonly message: string };
  readonly leftAlone?: readonly {
    readonly pid?: string;
    readonly field: string;
    readonly expected: string;
    readonly found: string;
    readonly wanted: string;
  }[];
  readonly parts: { readonly open: number; readonly ended: number };
  readonly untold: readonly object[];
}

const outcomes: Readonly<Record<string, string>> = {
  finishedSuccessful: 'succeeded',
  finishedWithDatasetErrors: 'partial',
  finishedUnsuccessful: 'failed',
  jobCancel: 'cancelled',
};

/** What scientists do at the SciCat, and what has to be true of both sides at the end. */
export class BesideStory {
  readonly ledger: Ledger;

  private constructor(
    readonly beside: BesideScicat,
    readonly client: ScicatClient,
    readonly manager: ScicatClient,
  ) {
    this.ledger = new Ledger(beside.catena, client);
  }

  static async of(beside: BesideScicat): Promise<BesideStory> {
    return new BesideStory(beside, await beside.client(), await beside.client('archiveManager'));
  }

  dataset(files: readonly TestFile[] = sampleFiles(200_000)): Promise<TestDataset> {
    return datasetInSourceFolder(this.beside.catena, this.client, [...files]);
  }

  datasets(count: number): Promise<TestDataset[]> {
    return Promise.all(Array.from({ length: count }, () => this.dataset()));
  }

  async post(type: string, pids: readonly string[]): Promise<string> {
    const { status, body } = await this.client.postJob(type, pids);
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['id']);
  }

  /** While SciCat may be away: a client that repeats its call with a key gets the same job. */
  async postPatiently(type: string, pids: readonly string[]): Promise<string> {
    const body = { type, jobParams: {}, datasetList: pids.map((pid) => ({ pid, files: [] })) };
    const key = { 'idempotency-key': `${type} ${pids.join(' ')} ${Math.random()}` };
    const { status, body: job } = await this.client.patiently('POST', '/api/v3/Jobs', body, key);
    assert.equal(status, 201, JSON.stringify(job));
    return String(job['id']);
  }

  async archived(set: TestDataset): Promise<string> {
    const id = await this.post('archive', [set.pid]);
    await this.ends(id, 'finishedSuccessful');
    return id;
  }

  /** The job ends so, once, and both sides agree that nothing of it is left to do. */
  async ends(id: string, statusCode: string): Promise<Job> {
    const end = await this.client.jobEnd(id);
    assert.equal(end.statusCode, statusCode, `job ${id}: ${end.statusMessage}`);
    const { outcome } = await this.isOver(id);
    assert.equal(outcome, outcomes[statusCode]);
    await this.ledger.jobEndedOnce(id, statusCode);
    const { state } = await this.planned(id);
    assert.equal(state, 'finished');
    return end;
  }

  /** Catena does not do the job, says so once, and holds nothing of it. */
  async isRefused(id: string, code: string, message: RegExp): Promise<void> {
    const end = await this.client.jobEnd(id);
    assert.equal(end.statusCode, 'finishedUnsuccessful');
    assert.match(end.statusMessage, message);
    const { outcome, why, parts } = await this.isOver(id);
    assert.deepEqual([outcome, why?.code, parts], ['refused', code, { open: 0, ended: 0 }]);
    await this.ledger.jobEndedOnce(id, 'finishedUnsuccessful');
  }

  /** The bridge has nothing left to do for the job. */
  async isOver(id: string): Promise<ShownJob> {
    // The errand of its end is closed a moment after the job is over.
    const shown = await this.when(id, ({ state, untold }) => state === 'over' && untold.length === 0);
    assert.deepEqual([shown.parts.open, shown.attempts], [0, 0]);
    return shown;
  }

  /** Waits until the bridge shows the job so. */
  async when(id: string, isSo: (shown: ShownJob) => boolean): Promise<ShownJob> {
    let last: ShownJob | undefined;
    await until(async () => (last = await this.shown(id)) !== undefined && isSo(last), patience).catch(() =>
      assert.fail(`the bridge shows of job ${id}: ${JSON.stringify(last)}`),
    );
    return last!;
  }

  /** The job of this id at job-assembler. */
  async planned(id: string): Promise<{ readonly state: string }> {
    const { ports, secrets } = this.beside.catena.settings;
    const url = `http://127.0.0.1:${ports['job-assembler']}/api/v4/operations/jobs/${id}`;
    const headers = { authorization: `Bearer ${secrets.operationsTokens['job-assembler']}` };
    return (await (await fetch(url, { headers })).json()) as { state: string };
  }

  /** Ids of the jobs that the bridge tries again and again. */
  async waiting(): Promise<string[]> {
    const { items } = (await this.beside.shown('?waiting=true')) as { items?: { jobId: string }[] };
    return items!.map(({ jobId }) => jobId);
  }

  /** Undefined while the bridge is away, or does not know the job. */
  private async shown(id: string): Promise<ShownJob | undefined> {
    const found = (await this.beside.shown(id).catch(() => ({}))) as unknown as Partial<ShownJob>;
    return found.parts === undefined ? undefined : (found as ShownJob);
  }

  /** As an archive manager does it. */
  async changeLifecycle(pid: string, change: Readonly<Record<string, unknown>>): Promise<void> {
    const path = `/api/v3/datasets/${encodeURIComponent(pid)}/datasetlifecycle`;
    const { status, body } = await this.manager.call('PATCH', path, change);
    assert.equal(status, 200, JSON.stringify(body));
  }

  async deleteJob(id: string): Promise<void> {
    const { status, body } = await this.manager.patiently('DELETE', `/api/v4/jobs/${id}`);
    assert.equal(status, 200, JSON.stringify(body));
  }
}
