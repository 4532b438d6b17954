import assert from 'node:assert/strict';
import { createLogger } from '#observability';
import { beforeEach, describe, it } from 'node:test';
import type { CallerLookup } from '../accounts/caller-lookup.js';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { AccessRules, type Caller, type GroupLists } from '../domain/access.js';
import { parseJobConfiguration } from '../domain/job-configuration.js';
import type { JobRecord } from '../persistence/records.js';
import { memoryClaiming, type Claiming } from '../testing/claiming.js';
import { at, datasetOf, silentRelay, untold } from '../testing/samples.js';
import type { AnonymousJobLimits } from './anonymous-job-limits.js';
import type { JobActions } from './job-actions.js';
import { JobCreation, type NewJob } from './job-creation.js';
import { JobDatasets } from './job-datasets.js';
import { JobPostings } from './job-postings.js';
import { JobOwners } from './job-owners.js';

const me: Caller = { _id: '1', username: 'me', email: 'me@x', currentGroups: ['g'], authStrategy: 'local' };
const stranger: Caller = { ...me, username: 'stranger', currentGroups: ['other'] };
const admin: Caller = { ...me, username: 'admin', currentGroups: ['admin'] };
const manager: Caller = { ...me, username: 'manager', currentGroups: ['managers'] };
const ingestor: Caller = { ...me, username: 'ingestor', currentGroups: ['ingestors'] };
const configuration = parseJobConfiguration(
  {
    configVersion: 'v1',
    jobs: [
      {
        jobType: 'archive',
        create: { auth: '#datasetOwner', actions: [{ actionType: 'catena', workflow: 'archive' }] },
        update: { auth: '#jobAdmin', actions: [] },
      },
      ...['repair', 'migrate'].map((workflow) => ({
        jobType: workflow,
        create: { auth: '#jobAdmin', actions: [{ actionType: 'catena', workflow }] },
        update: { auth: '#jobAdmin', actions: [] },
      })),
      { jobType: 'note', create: { auth: '#authenticated', actions: [] }, update: { actions: [] } },
    ],
  },
  'jobs.yaml',
);

describe('A new job', () => {
  let all: Claiming;
  let creation: JobCreation;
  let datasets: JobDatasets;

  beforeEach(async () => {
    all = memoryClaiming();
    await all.catalogue.datasets.insertMany([datasetOf('a'), datasetOf('b')]);
    const lists = {
      admin: ['admin'],
      updateJobPrivileged: ['managers'],
      createJobPrivileged: ['ingestors'],
      operator: [],
      operationsViewer: [],
    };
    const groups = new Proxy(lists, { get: (known, name) => Reflect.get(known, name) ?? [] });
    const rules = new AccessRules(groups as unknown as GroupLists);
    const owners = new JobOwners(all.catalogue, rules, {} as CallerLookup);
    const actions = {
      validate: () => undefined,
      legacyMessages: () => [],
      perform: () => Promise.resolve(),
    } as unknown as JobActions;
    const config = {
      jobDefaults: { statusCode: 'jobSubmitted', statusMessage: 'Job submitted.' },
      furthestExecution: 1000,
    } as CatalogApiConfig;
    const limits = {
      guard: (_: unknown, create: () => Promise<unknown>) => create(),
    } as unknown as AnonymousJobLimits;
    creation = new JobCreation(
      configuration,
      owners,
      limits,
      (datasets = new JobDatasets(all.catalogue, rules)),
      actions,
      new JobPostings(all.jobs, all.claims, untold, silentRelay, all.clock, createLogger('test', 'silent')),
      all.clock,
      config,
    );
  });

  const wanted = (pids: readonly string[], more: Partial<NewJob> = {}): NewJob => ({
    type: 'archive',
    jobParams: { datasetList: pids.map((pid) => ({ pid, files: [] })) },
    request: {},
    ...more,
  });
  const create = (pids: readonly string[], more: Partial<NewJob> = {}, by: Caller = me) =>
    creation.create(by, wanted(pids, { ownerGroup: by.currentGroups[0], contactEmail: by.email, ...more }));
  const stored = (): Promise<number> => all.catalogue.jobs.countDocuments({});

  it('has its datasets, and tells job-assembler of it', async () => {
    const { id } = await create(['a', 'b']);
    const job = (await all.jobs.findAccepted(id)) as JobRecord;
    assert.deepEqual(
      [job.statusCode, job.statusMessage, job.createdBy],
      ['jobSubmitted', 'Job submitted.', 'me'],
    );
    const [row, ...others] = job.catena!.outbox.rows;
    assert.deepEqual(row?.envelope?.data, {
      ...{ jobId: id, jobType: 'archive', workflow: 'archive', datasetCount: 2, ownerGroup: 'g' },
    });
    assert.deepEqual([others, job.catena?.history.length], [[], 1]);
    assert.equal((await all.records.exclusiveOn(['b']))?.jobId, id);
  });

  it('is refused without a trace: of an unknown type, without datasets, for nobody, or too far ahead', async () => {
    await assert.rejects(create(['a'], { type: 'x' }), { status: 400 });
    await assert.rejects(create([], { jobParams: {} }), { status: 400 });
    await assert.rejects(create([], { jobParams: {} }, admin), { status: 400 });
    await assert.rejects(creation.create(undefined, wanted(['a'])), { status: 401 });
    const { jobParams } = wanted(['a']);
    const far = { jobParams: { ...jobParams, executionTime: at(5000).toISOString() } };
    await assert.rejects(create(['a'], far), { status: 400 });
    assert.deepEqual([await stored(), await all.catalogue.claims.countDocuments({})], [0, 0]);
  });

  it('on copies is for archive managers and administrators, and says between which targets', async () => {
    await all.catalogue.datasets.insertOne(datasetOf('archived', { archivable: false, retrievable: true }));
    const move = (by: Caller, type = 'migrate', params: object = { from: 'tape-a', to: 'tape-b' }) => {
      const jobParams = { datasetList: [{ pid: 'archived', files: [] }], ...params };
      return creation.post(by, { type, jobParams, request: {}, ownerGroup: 'g', contactEmail: by.email });
    };
    for (const by of [me, stranger]) {
      await assert.rejects(move(by), (error: { status?: number }) => [400, 403].includes(error.status ?? 0));
      await assert.rejects(move(by, 'repair', {}), (error: { status?: number }) =>
        [400, 403].includes(error.status ?? 0),
      );
    }
    assert.equal(await stored(), 0);
    for (const by of [admin, manager, ingestor]) {
      const { id } = await move(by);
      const [row] = (await all.jobs.findAccepted(id))!.catena!.outbox.rows;
      const { workflow, moveFrom, moveTo } = row!.envelope!.data as Record<string, unknown>;
      assert.deepEqual([workflow, moveFrom, moveTo], ['migrate', 'tape-a', 'tape-b']);
    }
    await move(manager, 'repair', {});
    assert.deepEqual(await all.records.exclusiveOn(['archived']), undefined, 'others may read it meanwhile');
    await assert.rejects(move(manager, 'migrate', { from: 'tape-a' }), { status: 400 });
    await assert.rejects(create(['a'], { type: 'repair' }, admin), { status: 409 });
  });

  it('keeps the address that was sent, and tells an ordinary user at that of the account', async () => {
    const asked = async (by: Caller, contactEmail: string, more: Partial<NewJob> = {}) => {
      const body = { ownerGroup: 'g', contactEmail, type: 'note', ...more };
      const { id } = await creation.create(by, { ...wanted([], body), jobParams: {} });
      const job = (await all.jobs.findAccepted(id))!;
      return [job.contactEmail, job.catena?.initiator];
    };
    assert.deepEqual(await asked(me, 'somebody@else'), ['somebody@else', 'me@x']);
    assert.deepEqual(await asked(me, 'ME@x'), ['ME@x', undefined]);
    for (const by of [admin, ingestor])
      assert.deepEqual(await asked(by, 'somebody@else'), ['somebody@else', undefined]);
    // Of a job that an ordinary user had posted, and an operator posts again.
    assert.deepEqual(await asked(admin, 'somebody@else', { initiator: 'me@x' }), ['somebody@else', 'me@x']);
  });

  it('of any other type is not for archive managers, as in SciCat', async () => {
    const body = wanted(['a'], { ownerGroup: 'managers', contactEmail: 'm@x' });
    await assert.rejects(creation.post(manager, body), { status: 403, message: 'Forbidden resource' });
    await assert.rejects(creation.post(manager, { ...body, type: 'nothing' }), { status: 403 });
    assert.equal(await stored(), 0);
  });

  it('tells those without rights nothing: which datasets there are, nor what their files are called', async () => {
    const messageFor = async (by: Caller, pids: string[]): Promise<string> => {
      const refused = await create(pids, {}, by).catch((error: Error) => error.message);
      return typeof refused === 'string' ? refused : 'created';
    };
    assert.equal(await messageFor(stranger, ['a']), await messageFor(stranger, ['nowhere']));
    assert.match(await messageFor(admin, ['nowhere', 'a']), /nowhere do not exist/);
    const named = { jobParams: { datasetList: [{ pid: 'a', files: ['f'] }] } };
    await assert.rejects(create([], { ...named, type: 'note' }, stranger), { status: 403 });
    await assert.rejects(create([], named), { status: 400, message: /could not be found/ });
    await all.catalogue.origDatablocks.insertOne({
      _id: 'o',
      datasetId: 'a',
      dataFileList: [{ path: 'f' }],
    } as never);
    assert.equal((await create([], named)).type, 'archive');
  });

  describe('that names files', () => {
    const naming = (...files: string[]) => ({
      jobParams: { datasetList: [{ pid: 'a', files }] },
      type: 'note',
    });
    beforeEach(async () => {
      await all.catalogue.datasets.updateOne({ _id: 'a' }, { $set: { sourceFolder: '/data/x' } });
      await all.catalogue.origDatablocks.insertMany([
        { _id: 'o1', datasetId: 'a', dataFileList: [{ path: '/data/x/run/1', size: 3 }] },
        { _id: 'o2', datasetId: 'a', dataFileList: [{ path: 'run/2', size: 4 }, { path: 'log' }] },
        { _id: 'o3', datasetId: 'b', dataFileList: [{ path: 'other', size: 5 }] },
      ] as never[]);
    });

    for (const files of [
      ['run'],
      ['run/'],
      ['/data/x/run', 'log'],
      ['run/1', '/data/x/run/2'],
      ['log', 'log'],
    ])
      it(`is accepted for files and folders that the dataset has, also twice: ${files.join(', ')}`, async () => {
        assert.equal((await create([], naming(...files))).type, 'note');
      });

    it("is refused for others, in SciCat's words, which name them", async () => {
      for (const [files, missing] of [
        [
          ['run', 'nope', 'no/where/'],
          ['nope', 'no/where/'],
        ],
        [['other'], ['other']],
        [['ru', 'run/1/'], ['ru']],
        [
          ['..', ''],
          ['..', ''],
        ],
      ] as const)
        await assert.rejects(create([], naming(...files)), (error: { body?: unknown; status?: number }) => {
          assert.deepEqual(error.body, {
            status: 400,
            message: 'At least one requested file could not be found.',
            error: JSON.stringify([{ pid: 'a', nonExistFiles: missing }]),
          });
          return error.status === 400;
        });
      assert.equal(await stored(), 0);
    });

    it('does not take directories in the list for files, nor their sizes for bytes', async () => {
      const directories = ['run', 'empty'].map((path) => ({ path, size: 4096, perm: 'drwxr-xr-x' }));
      await all.catalogue.origDatablocks.insertOne({
        ...{ _id: 'o4', datasetId: 'a', dataFileList: directories },
      } as never);
      const owner = { ownerGroup: 'g', ownerUser: 'me' };
      const list = [{ pid: 'a', files: ['run'] }];
      const [named] = (await datasets.admitted(me, configuration.jobs.get('note')!, owner, list)) ?? [];
      assert.equal(named?.namedBytes, 7);
      await assert.rejects(create([], naming('empty')), { status: 400, message: /could not be found/ });
    });

    it('is accepted when a file was listed while it was looked for', async () => {
      const { aggregate } = all.catalogue.origDatablocks;
      let looks = 0;
      all.catalogue.origDatablocks.aggregate = function (this: unknown, stages: object[]) {
        looks += 1;
        const before = looks === 1 ? [{ $match: { datasetId: 'nobody' } }] : [];
        return aggregate.call(this as never, [...before, ...stages] as never);
      } as never;
      await create([], naming('run/1'));
      assert.equal(looks, 2);
    });

    it('is refused when it names more of them than a job may, over all its datasets', async () => {
      const files = Array.from({ length: 5001 }, () => 'log');
      const datasetList = ['a', 'b'].map((pid) => ({ pid, files }));
      await assert.rejects(create([], { type: 'note', jobParams: { datasetList } }), {
        status: 400,
        message: /at most 10000 names of files in one job, found 10002: name folders instead/,
      });
    });

    it('tells job-assembler how many bytes these are', async () => {
      const owner = { ownerGroup: 'g', ownerUser: 'me' };
      const admitted = (files: string[]) =>
        datasets.admitted(me, configuration.jobs.get('note')!, owner, [{ pid: 'a', files }]);
      assert.equal((await admitted(['run', 'run/2']))?.[0]?.namedBytes, 7);
      assert.equal((await admitted([]))?.[0]?.namedBytes, undefined);
    });
  });

  it('under the same key is the same job, also for the one whose datasets it has taken meanwhile', async () => {
    const keyed = { idempotencyKey: 'k' };
    const [one, other] = await Promise.allSettled([create(['a'], keyed), create(['a'], keyed)]);
    const ids = [one, other].flatMap((end) => (end.status === 'fulfilled' ? [end.value.id] : []));
    assert.ok(ids.length > 0 && new Set(ids).size === 1);
    assert.equal((await create(['a'], keyed)).id, ids[0]);
    await assert.rejects(create(['b'], keyed), { status: 422 });
    assert.equal(await stored(), 1);
  });

  it('says that it waits for its time', async () => {
    const { jobParams } = wanted(['a']);
    const later = { jobParams: { ...jobParams, executionTime: at(500).toISOString() } };
    const { statusMessage, catena } = await create(['a'], later);
    assert.match(statusMessage, /It waits for its time/);
    assert.deepEqual(catena?.notBefore, at(500));
  });
});
