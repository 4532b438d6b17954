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
import { JobUpdates } from '../jobs/job-updates.js';
import type { Catalogue } from '../persistence/catalogue.js';
import { JobRecords } from '../persistence/job-records.js';
import { memoryCatalogue } from '../testing/memory-catalogue.js';
import { jobOf, silentRelay, start } from '../testing/samples.js';
import { AuditedJobs } from './audited-jobs.js';
import type { JobRetries } from './job-retries.js';

const me: Caller = { _id: '1', username: 'me', email: '', currentGroups: ['g'], authStrategy: 'local' };
const update = { auth: '#jobOwnerUser', actions: [] };
const configuration = parseJobConfiguration(
  { configVersion: 'v1', jobs: [{ jobType: 'archive', create: { actions: [] }, update }] },
  'jobs.yaml',
);
const noGroups = { admin: [], operator: [], updateJobPrivileged: [] } as unknown as GroupLists;
const request = { headers: {}, ip: '10.0.0.1' };

describe('A job that people cancel', () => {
  let catalogue: Catalogue;
  let records: JobRecords;
  let updates: JobUpdates;
  let jobs: AuditedJobs;
  let trail: AuditTrail;

  beforeEach(async () => {
    catalogue = memoryCatalogue();
    records = new JobRecords(catalogue, silentRelay);
    const clock = new ManualClock(start);
    const rules = new AccessRules(noGroups);
    const config = {} as CatalogApiConfig;
    const actions = {} as JobActions;
    updates = new JobUpdates(records, rules, actions, configuration, new JobChanges(), clock, config);
    trail = new AuditTrail(memoryConnection(), clock, 86_400_000);
    const audited = new OperatorActions(trail, createLogger('test', 'silent'), 120_000);
    jobs = new AuditedJobs(
      updates,
      { check: () => Promise.resolve(() => assert.fail('made')) } as unknown as JobRetries,
      audited,
      catalogue,
    );
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

  it('and that another job retries already is not retried by a second one', async () => {
    await catalogue.jobs.insertOne({ ...jobOf('child', { retryOf: 'j' }), _id: 'child' });
    await assert.rejects(jobs.retry(me, request, 'j'), { status: 409, message: /child/ });
  });
});
