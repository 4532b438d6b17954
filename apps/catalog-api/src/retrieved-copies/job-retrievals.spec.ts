import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { ClaimChecks } from '#claim-check';
import type { ChangePinsV1, Envelope, PinLine, PinsChangedV1 } from '#contracts';
import { ManualClock, TransientError } from '#kernel';
import { PinReportsConsumer } from './pin-reports.consumer.js';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { AccessRules, type Caller, type GroupLists } from '../domain/access.js';
import { parseJobConfiguration } from '../domain/job-configuration.js';
import { JobChanges } from '../events/job-changes.js';
import type { Catalogue } from '../persistence/catalogue.js';
import { JobRecords } from '../persistence/job-records.js';
import type { JobRecord } from '../persistence/records.js';
import { memoryCatalogue } from '../testing/memory-catalogue.js';
import { jobOf, silentRelay, start } from '../testing/samples.js';
import type { JobActions } from '../jobs/job-actions.js';
import { JobRetrievals } from './job-retrievals.js';
import { JobUpdates } from '../jobs/job-updates.js';

const me: Caller = { _id: '1', username: 'me', email: '', currentGroups: ['g'], authStrategy: 'local' };
const stranger: Caller = { ...me, username: 'stranger', currentGroups: [] };
const update = { auth: '#jobOwnerUser', actions: [] };
const configuration = parseJobConfiguration(
  { configVersion: 'v1', jobs: [{ jobType: 'retrieve', create: { actions: [] }, update }] },
  'jobs.yaml',
);
const noGroups = { admin: [], operator: [], updateJobPrivileged: [] } as unknown as GroupLists;
const over = { workflow: 'retrieve', finished: true } as const;
const result = ['a', 'b'].map((archiveId) => ({ archiveId, url: `old ${archiveId}`, expiresAt: 'old' }));

describe('What a job has retrieved', () => {
  let clock: ManualClock;
  let catalogue: Catalogue;
  let records: JobRecords;
  let retrievals: JobRetrievals;
  let consumer: PinReportsConsumer;
  let lines: PinLine[];
  let told: string[];

  beforeEach(async () => {
    clock = new ManualClock(start);
    catalogue = memoryCatalogue();
    records = new JobRecords(catalogue, silentRelay);
    [lines, told] = [[], []];
    const news = new JobChanges();
    news.listen((jobId) => told.push(jobId));
    const rules = new AccessRules(noGroups);
    const none = [] as unknown as JobActions;
    const config = {} as unknown as CatalogApiConfig;
    const updates = new JobUpdates(records, rules, none, configuration, news, clock, config);
    retrievals = new JobRetrievals(updates, records, news, clock);
    const checks = { readLines: () => Promise.resolve(lines) } as unknown as ClaimChecks;
    consumer = new PinReportsConsumer(retrievals, checks);
    await put('j');
  });

  const put = (id: string, catena: Partial<JobRecord['catena']> = over, more: Partial<JobRecord> = {}) =>
    catalogue.jobs.insertOne({
      ...jobOf(id, catena),
      ...{ type: 'retrieve', statusCode: 'finishedSuccessful', jobResultObject: { good: ['p'], result } },
      ...more,
    });
  const found = async (): Promise<JobRecord> => (await records.find('j'))!;
  const commands = async (): Promise<ChangePinsV1[]> =>
    (await found()).catena!.outbox.rows.map(({ envelope }) => envelope!.data as ChangePinsV1);
  const answer = (number: number, more: Partial<PinsChangedV1> = {}) =>
    consumer.changed({
      data: {
        ...{ workOrderId: `j/pins/${number}`, jobId: 'j', number, change: 'extend', changed: 1, gone: 1 },
        ...{ copies: { bucket: 'control', key: 'k', size: 1, sha256: 'a'.repeat(64) }, ...more },
      },
    } as Envelope<PinsChangedV1>);
  const resultNow = async (): Promise<unknown> => (await found()).jobResultObject['result'];

  it('is asked about in one message, with a line in the history, and the status stays', async () => {
    const job = await retrievals.request(me, 'j', 'extend');
    assert.deepEqual(await commands(), [
      { workOrderId: 'j/pins/1', jobId: 'j', number: 1, change: 'extend', requestedBy: 'me' },
    ]);
    const last = job.catena!.history.at(-1)!;
    assert.deepEqual(
      [last.by, last.event, last.statusCode],
      ['me', 'copies-requested', 'finishedSuccessful'],
    );
    assert.deepEqual(told, ['j']);
  });

  it('is steered by who may cancel the job, and only where something was retrieved', async () => {
    await assert.rejects(retrievals.request(stranger, 'j', 'release'), { status: 403 });
    await assert.rejects(retrievals.request(me, 'unknown', 'release'), { status: 400 });
    await put('runs', { workflow: 'retrieve' });
    await put('empty', over, { jobResultObject: {} });
    await put('other', { workflow: 'verify', finished: true });
    for (const id of ['runs', 'empty', 'other'])
      await assert.rejects(retrievals.request(me, id, 'extend'), { status: 409 });
    assert.deepEqual(await commands(), []);
  });

  it('is released of a job that failed or was cancelled as well: its result stays without entries', async () => {
    await catalogue.jobs.deleteOne({ _id: 'j' });
    const jobResultObject = { bad: ['p'] };
    await put('j', over, { statusCode: 'cancelled', jobResultObject });
    await retrievals.request(me, 'j', 'release');
    lines = [{ archiveId: 'a' }];
    await answer(1, { change: 'release', gone: 0 });
    const job = await found();
    assert.deepEqual([job.statusCode, job.jobResultObject], ['cancelled', jobResultObject]);
    assert.match(job.catena!.history.at(-1)!.statusMessage, /^1 retrieved copies are released/);
  });

  it('is asked about once at a time, whoever is quicker; an answer that never comes is not waited for for ever', async () => {
    const two = await Promise.allSettled(
      ['extend', 'release'].map((what) => retrievals.request(me, 'j', what as 'extend')),
    );
    assert.deepEqual(two.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    await assert.rejects(retrievals.request(me, 'j', 'release'), { status: 409 });
    clock.advance(15 * 60_000);
    await retrievals.request(me, 'j', 'release');
    assert.deepEqual(
      (await commands()).map(({ number }) => number),
      [1, 2],
    );
    await answer(2);
    await retrievals.request(me, 'j', 'extend');
  });

  it('has new links once the archiver has answered, and says what is gone', async () => {
    await retrievals.request(me, 'j', 'extend');
    lines = [
      { archiveId: 'a', url: 'new', expiresAt: '2026-02-01T00:00:00.000Z' },
      { archiveId: 'b', gone: true },
    ];
    await answer(1);
    assert.deepEqual(await resultNow(), [
      { archiveId: 'a', url: 'new', expiresAt: '2026-02-01T00:00:00.000Z' },
      { ...result[1], gone: true },
    ]);
    const { catena, statusCode, jobResultObject } = await found();
    assert.deepEqual([statusCode, jobResultObject['good']], ['finishedSuccessful', ['p']]);
    assert.equal(
      catena!.history.at(-1)?.statusMessage,
      '1 retrieved copies are kept for longer, with new links. 1 were not there for the job any more: retrieve them anew.',
    );
  });

  it('that was released is not promised any more', async () => {
    lines = [{ archiveId: 'a' }];
    await answer(1, { change: 'release', gone: 0 });
    assert.deepEqual(await resultNow(), [
      { ...result[0], expiresAt: start.toISOString(), released: true },
      result[1],
    ]);
  });

  it('is as it was where the archiver could not do it, and says why', async () => {
    await consumer.changed({
      data: {
        ...{ workOrderId: 'j/pins/1', jobId: 'j', number: 1, change: 'extend', changed: 0, gone: 0 },
        problem: 'the store is away (x.y)',
      },
    } as Envelope<PinsChangedV1>);
    assert.deepEqual(await resultNow(), result);
    assert.match((await found()).catena!.history.at(-1)!.statusMessage, /as they were: the store is away/);
  });

  it('is changed once by an answer that comes twice, or after that of a later request', async () => {
    lines = [{ archiveId: 'a', url: 'second', expiresAt: 'later' }];
    await answer(2);
    await answer(2);
    lines = [{ archiveId: 'a', url: 'first', expiresAt: 'sooner' }];
    await answer(1);
    assert.deepEqual(await resultNow(), [{ archiveId: 'a', url: 'second', expiresAt: 'later' }, result[1]]);
    assert.equal((await found()).catena!.history.length, 1);
    await consumer.changed({
      data: { workOrderId: 'gone/pins/1', jobId: 'gone', number: 1, change: 'extend', changed: 0, gone: 0 },
    } as Envelope<PinsChangedV1>);
  });

  it('keeps what another has written into the result meanwhile', async () => {
    lines = [{ archiveId: 'a', url: 'new', expiresAt: 'later' }];
    const { find } = records;
    let looks = 0;
    records.find = async (id) => {
      const job = await find.call(records, id);
      if ((looks += 1) === 1)
        await catalogue.jobs.updateOne(
          { _id: 'j' },
          { $set: { 'jobResultObject.note': 'of another' }, $inc: { 'catena.changes': 1 } },
        );
      return job;
    };
    await answer(1);
    records.find = find;
    const { jobResultObject } = await found();
    assert.deepEqual([jobResultObject['note'], looks], ['of another', 2]);
    assert.equal((jobResultObject['result'] as { url: string }[])[0]?.url, 'new');
  });

  it('stays as it is while the list of the answer cannot be read: the message comes again', async () => {
    const away = { readLines: () => Promise.reject(new TransientError('storage.unavailable', 'away')) };
    const other = new PinReportsConsumer(retrievals, away as unknown as ClaimChecks);
    const copies = { bucket: 'control', key: 'k', size: 1, sha256: 'a'.repeat(64) };
    const data = {
      workOrderId: 'j/pins/1',
      jobId: 'j',
      number: 1,
      change: 'extend',
      changed: 1,
      gone: 0,
      copies,
    };
    const outcome = await other.changed({ data } as Envelope<PinsChangedV1>);
    assert.equal(outcome.kind, 'retry');
    assert.deepEqual(await resultNow(), result);
  });
});
