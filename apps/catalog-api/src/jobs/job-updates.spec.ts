import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { AccessRules, type Caller, type GroupLists } from '../domain/access.js';
import { parseJobConfiguration } from '../domain/job-configuration.js';
import { JobChanges } from '../events/job-changes.js';
import type { Catalogue } from '../persistence/catalogue.js';
import { JobRecords } from '../persistence/job-records.js';
import type { JobRecord } from '../persistence/records.js';
import { memoryCatalogue } from '../testing/memory-catalogue.js';
import { jobOf, silentRelay, start } from '../testing/samples.js';
import type { JobActions } from './job-actions.js';
import { JobUpdates, type JobChange } from './job-updates.js';
import { jobWaits } from './job-waiting.js';

const me: Caller = { _id: '1', username: 'me', email: '', currentGroups: ['g'], authStrategy: 'local' };
const stranger: Caller = { ...me, username: 'stranger', currentGroups: [] };
const update = { auth: '#jobOwnerUser', actions: [] };
const configuration = parseJobConfiguration(
  { configVersion: 'v1', jobs: [{ jobType: 'archive', create: { actions: [] }, update }] },
  'jobs.yaml',
);
const noGroups = { admin: [], operator: [], updateJobPrivileged: [] } as unknown as GroupLists;

const config = {
  jobMails: { archiveManagers: [], templates: undefined, lifetime: 1 },
} as unknown as CatalogApiConfig;

describe('A change of a job', () => {
  let catalogue: Catalogue;
  let records: JobRecords;
  let updates: JobUpdates;
  let told: string[];
  let performed: number;
  let messages: number;

  beforeEach(() => {
    catalogue = memoryCatalogue();
    records = new JobRecords(catalogue, silentRelay);
    [told, performed, messages] = [[], 0, 0];
    const news = new JobChanges();
    news.listen((jobId) => told.push(jobId));
    const actions = {
      validate: () => undefined,
      legacyMessages: () => Array.from({ length: messages }, () => ({ exchange: 'x', key: 'k', body: '{}' })),
      perform: () => Promise.resolve((performed += 1)),
    } as unknown as JobActions;
    const rules = new AccessRules(noGroups);
    updates = new JobUpdates(records, rules, actions, configuration, news, new ManualClock(start), config);
  });

  const put = async (catena: Partial<JobRecord['catena']> = {}, more: Partial<JobRecord> = {}) => {
    await catalogue.jobs.insertOne({ ...jobOf('j', catena), ...more });
  };
  const elsewhere = { workflow: 'none' } as const;
  const patch = (change: JobChange, { by = me, merges = false } = {}): Promise<JobRecord> =>
    updates.patch(by, 'j', change, { request: change, merges });
  const found = async (): Promise<JobRecord> => (await records.find('j'))!;
  const lastOf = (job: JobRecord): unknown[] => {
    const { by, statusCode, event } = job.catena!.history.at(-1)!;
    return [by, statusCode, event];
  };

  it('is written with its message, told to listeners, and followed by the actions of its type', async () => {
    await put(elsewhere);
    messages = 1;
    const job = await patch({ statusCode: 'inProgress', jobResultObject: { a: 1, executionTime: 9 } });
    assert.deepEqual([job.statusCode, job.statusMessage, job.updatedBy], ['inProgress', 'Submitted.', 'me']);
    assert.deepEqual([job.jobResultObject, job.jobParams], [{ a: 1 }, { executionTime: 9 }]);
    assert.deepEqual([lastOf(job), job.catena?.outbox.rows.length], [['me', 'inProgress', undefined], 1]);
    assert.deepEqual([told, performed], [['j'], 1]);
  });

  it('is refused to who may not make it, of a job that is being stored, and of one that is not there', async () => {
    await put(elsewhere);
    await assert.rejects(patch({ statusCode: 'x' }, { by: stranger }), { status: 403 });
    await assert.rejects(updates.patch(me, 'k', {}, { request: {} }), { status: 400 });
    await catalogue.jobs.updateOne({ _id: 'j' }, { $set: { 'catena.storing': true } });
    await assert.rejects(patch({ statusCode: 'x' }), { status: 400 });
    assert.equal((await found()).statusCode, 'jobSubmitted');
  });

  it('that merges keeps what another merged at the same moment', async () => {
    await put(elsewhere);
    await Promise.all(
      ['a', 'b', 'c'].map((name) => patch({ jobResultObject: { [name]: 1 } }, { merges: true })),
    );
    assert.deepEqual((await found()).jobResultObject, { a: 1, b: 1, c: 1 });
    assert.equal((await found()).catena?.history.length, 3);
  });

  it('is left to Catena where Catena runs the job, but for a request to cancel', async () => {
    await put();
    await assert.rejects(patch({ statusCode: 'finishedSuccessful' }), { status: 409 });
    const job = await patch({ statusCode: 'jobCancel' });
    assert.deepEqual([job.statusCode, job.catena?.cancelRequested], ['jobSubmitted', true]);
    const [row, ...others] = job.catena!.outbox.rows;
    assert.deepEqual([row?.envelope?.type, others], ['catalog.job-cancel-requested.v1', []]);
    await updates.cancel(me, 'j');
    assert.equal((await found()).catena?.history.length, 1, 'once is enough');
  });

  it('is made again and again of a job that SciCat had stored, which waits for nothing', async () => {
    const { catena: _, ...job } = jobOf('j');
    await catalogue.jobs.insertOne(job);
    await patch({ statusCode: 'one' });
    const again = await patch({ statusCode: 'two' });
    assert.deepEqual([again.statusCode, jobWaits(again, start.getTime()).waitsFor], ['two', []]);
    await assert.rejects(updates.cancel(me, 'j'), { status: 409 });
  });

  it('by a request to cancel what is over is noted once a person, and changes nothing', async () => {
    await put({ finished: true });
    for (let times = 0; times < 2; times += 1) await updates.cancel(me, 'j');
    const { catena, statusCode } = await found();
    assert.deepEqual(
      [catena?.history.length, catena?.cancelRequested, statusCode],
      [1, undefined, 'jobSubmitted'],
    );
    await assert.rejects(updates.cancel(stranger, 'j'), { status: 403 });
  });

  it('by a report of Catena is made once, the newest last, and says when a request to cancel came too late', async () => {
    await put({ cancelRequested: true });
    await updates.report('j', 2, { statusCode: 'inProgress', statusMessage: 'm' }, false);
    for (const sequence of [1, 2])
      assert.equal(await updates.report('j', sequence, { statusCode: 'late' }, true), undefined);
    const over = await updates.report('j', 3, { statusCode: 'finishedSuccessful' }, true);
    assert.equal(over?.catena?.finished, true);
    assert.deepEqual(
      over?.catena?.history.map(({ statusCode, event }) => [statusCode, event]),
      [
        ['inProgress', undefined],
        ['inProgress', 'cancel-too-late'],
        ['finishedSuccessful', undefined],
      ],
    );
    assert.equal(await updates.report('nobody', 1, {}, true), undefined);
  });
});
