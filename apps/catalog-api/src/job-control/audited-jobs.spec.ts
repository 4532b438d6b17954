import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import { AuditTrail, OperatorActions } from '#operations';
import { memoryConnection } from '#operations/testing';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { AccessRules, type Caller, type GroupLists } from '../domain/access.js';
import { parseJobConfiguration } from '../domain/job-configuration.js';
import { JobChanges } from '../events/job-changes.js';
import type { JobActions } from '../jobs/job-actions.js';
import type { JobCreation, NewJob } from '../jobs/job-creation.js';
import type { JobQueries } from '../jobs/job-queries.js';
import { JobUpdates } from '../jobs/job-updates.js';
import type { Catalogue } from '../persistence/catalogue.js';
import { JobRecords } from '../persistence/job-records.js';
import { memoryCatalogue } from '../testing/memory-catalogue.js';
import { jobOf, silentRelay, start } from '../testing/samples.js';
import { AuditedJobs } from './audited-jobs.js';
import { JobRetries } from './job-retries.js';

const me: Caller = { _id: '1', username: 'me', email: '', currentGroups: ['g'], authStrategy: 'local' };
const update = { auth: '#jobOwnerUser', actions: [] };
const configuration = parseJobConfiguration(
  { configVersion: 'v1', jobs: [{ jobType: 'archive', create: { actions: [] }, update }] },
  'jobs.yaml',
);
const noGroups = { admin: [], operator: [], updateJobPrivileged: [] } as unknown as GroupLists;
const orphanClaimAge = 600_000;
const request = { headers: {}, ip: '10.0.0.1' };

describe('A job that people cancel', () => {
  let catalogue: Catalogue;
  let records: JobRecords;
  let updates: JobUpdates;
  let jobs: AuditedJobs;
  let trail: AuditTrail;
  let clock: ManualClock;
  let actions: OperatorActions;
  let refusal: Error | undefined;

  beforeEach(async () => {
    catalogue = memoryCatalogue();
    records = new JobRecords(catalogue, silentRelay);
    clock = new ManualClock(start);
    const rules = new AccessRules(noGroups);
    const config = {} as CatalogApiConfig;
    const none = {} as JobActions;
    updates = new JobUpdates(records, rules, none, configuration, new JobChanges(), clock, config);
    trail = new AuditTrail(memoryConnection(), clock, 86_400_000);
    actions = new OperatorActions(trail, createLogger('test', 'silent'), 120_000);
    refusal = undefined;
    const creation = {
      create: async (_caller: Caller, { id = '', retryOf = '', retryAudit }: NewJob) => {
        if (refusal !== undefined) throw refusal;
        const child = {
          ...jobOf(id, { retryOf, retryAudit: retryAudit! }),
          _id: id,
          createdBy: 'me',
          createdAt: clock.now(),
        };
        await catalogue.jobs.insertOne(child);
        return child;
      },
    } as unknown as JobCreation;
    const queries = {
      get: (_caller: Caller, id: string) => records.findAccepted(id),
    } as unknown as JobQueries;
    const news = new JobChanges();
    const retries = new JobRetries(queries, creation, records, rules, news, clock, { orphanClaimAge });
    jobs = new AuditedJobs(updates, retries, actions, catalogue);
    jobs.onModuleInit();
    await catalogue.jobs.insertOne(jobOf('j'));
  });

  const outcomes = async (): Promise<unknown[]> =>
    (await trail.list({ limit: 9 })).items.map(({ outcome, fault }) => [outcome, fault?.code]);

  it('at the same moment is cancelled by one of them, as the trail says; all are answered', async () => {
    const answers = await Promise.all([1, 2].map(() => jobs.cancel(me, request, 'j')));
    assert.deepEqual(
      answers.map(({ catena }) => catena?.cancelRequested),
      [true, true],
    );
    assert.deepEqual((await outcomes()).map(String).sort(), [
      'done,',
      'refused,operations.changed-meanwhile',
    ]);
  });

  it('and that is over by then was not cancelled', async () => {
    const { stoppable } = updates;
    let looks = 0;
    updates.stoppable = async (...given) => {
      const job = await stoppable.apply(updates, given);
      if ((looks += 1) === 1)
        await catalogue.jobs.updateOne({ _id: 'j' }, { $set: { 'catena.finished': true } });
      return job;
    };
    const job = await jobs.cancel(me, request, 'j');
    assert.notEqual(job.catena?.cancelRequested, true);
    assert.deepEqual(await outcomes(), [['refused', 'operations.changed-meanwhile']]);
  });

  it('with the PATCH of clients of SciCat leaves an entry, too', async () => {
    const change = { statusCode: 'jobCancel' };
    const job = await updates.patch(me, 'j', change, { request: change });
    assert.equal(job.catena?.cancelRequested, true);
    assert.deepEqual(await outcomes(), [['done', undefined]]);
    const [entry] = (await trail.list({ limit: 9 })).items;
    assert.deepEqual([entry?.by, entry?.action, entry?.jobId], ['me', 'job.cancel', 'j']);
  });

  it('leaves an entry of a call that died before it did anything as not done, though a second call did it', async () => {
    await trail.begin({
      ...{ _id: 'dead', by: 'me', via: 'token', action: 'job.cancel', subject: 'job/j', jobId: 'j' },
      ...{ traceparent: '', wish: 'w' },
    });
    await jobs.cancel(me, request, 'j');
    clock.advance(200_000);
    await actions.settleUnfinished(clock.now());
    const found = (await trail.list({ limit: 9 })).items;
    assert.equal(found.find(({ id }) => id === 'dead')?.outcome, 'not-done');
    assert.deepEqual(
      found.filter(({ id }) => id !== 'dead').map(({ outcome }) => outcome),
      ['done'],
    );
  });

  it('is refused with the status of its refusal: under a key of another wish, too', async () => {
    const withKey = { ...request, headers: { 'idempotency-key': 'k' } };
    await jobs.cancel(me, withKey, 'j', 'the wrong one');
    await catalogue.jobs.insertOne({ ...jobOf('other'), _id: 'other' });
    await assert.rejects(jobs.cancel(me, withKey, 'other', 'the wrong one'), { status: 422 });
  });

  describe('once over', () => {
    beforeEach(async () => {
      const datasetList = [{ pid: 'p', files: [] }];
      await catalogue.jobs.updateOne(
        { _id: 'j' },
        {
          $set: {
            ...{ 'catena.finished': true, 'jobParams.datasetList': datasetList },
            jobResultObject: { bad: [{ pid: 'p' }] },
          },
        },
      );
    });

    const children = (): Promise<number> => catalogue.jobs.countDocuments({ 'catena.retryOf': 'j' });

    it('and retried by another job already is not retried by a second one', async () => {
      await catalogue.jobs.insertOne({ ...jobOf('child', { retryOf: 'j' }), _id: 'child' });
      await assert.rejects(jobs.retry(me, request, 'j'), { status: 409, message: /child/ });
    });

    it('is retried once by two at the same moment, and again when that is over', async () => {
      const answers = await Promise.allSettled([1, 2].map(() => jobs.retry(me, request, 'j')));
      assert.deepEqual(answers.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      assert.equal(await children(), 1);
      await catalogue.jobs.updateOne({ 'catena.retryOf': 'j' }, { $set: { 'catena.finished': true } });
      await jobs.retry(me, request, 'j');
      assert.equal(await children(), 2);
    });

    it('is retried once by a call that is sent twice: both are answered with the same child', async () => {
      const withKey = { ...request, headers: { 'idempotency-key': 'k' } };
      const [first, second] = [await jobs.retry(me, withKey, 'j'), await jobs.retry(me, withKey, 'j')];
      assert.equal(first._id, second._id);
      assert.equal(await children(), 1);
    });

    it('can be retried after a refusal at once, after a death of the one who did when nothing of it can be left', async () => {
      refusal = new Error('no room');
      await assert.rejects(jobs.retry(me, request, 'j'), /no room/);
      await records.reserveRetry('j', { child: 'dead', by: 'ada', at: clock.now() }, undefined);
      refusal = undefined;
      await assert.rejects(jobs.retry(me, request, 'j'), { status: 409, message: /ada/ });
      clock.advance(3 * orphanClaimAge);
      await jobs.retry(me, request, 'j');
      assert.equal(await children(), 1);
    });
  });
});
