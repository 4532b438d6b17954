import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { datasetStartedV1 } from '#contracts';
import { ManualClock, PermanentError, TransientError } from '#kernel';
import { eventRow } from '#outbox';
import { parseRoutesFile, type Routes } from '#routes';
import type { AssemblyJob, DatasetTask, WorkOrder } from '../aggregates/records.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { configOf } from '../testing/assembler-config.js';
import { meanwhileOn } from '../testing/meanwhile.js';
import { archived, jobOf, messagesOf, orderOf, taskOf } from '../testing/samples.js';
import { KeptLists, settlingOn } from '../testing/settling.js';
import type { CatalogClient } from '../catalog/catalog-client.js';
import type { ClaimChecks } from '#claim-check';
import { DatablocksToRead } from './datablocks-to-read.js';
import { DatasetDrafts } from './dataset-drafts.js';
import { DatasetPlanner } from './dataset-planner.js';
import { ReleasesBeforeReset } from './releases-before-reset.js';
import { DatasetRoutes } from './dataset-routes.js';
import type { DatasetSources } from './dataset-sources.js';

describe('The planner of a dataset', () => {
  const clock = new ManualClock();
  const files = [{ path: 'a', size: 3 }];
  let assembler: Assembler;
  let lists: KeptLists;
  /** Blocks of files of an archival; datablocks of everything else. */
  let blocks: { path: string; size: number }[][];
  let datablocks: { archiveId: string; packedSize: number }[];
  let meanwhile: () => Promise<unknown>;
  /** Fields of the dataset, and how often the catalogue was asked for them. */
  let dataset: object;
  let asked: number;
  beforeEach(async () => {
    [assembler, lists] = [memoryAssembler(clock), new KeptLists()];
    [blocks, datablocks, meanwhile, dataset, asked] = [[], [], () => Promise.resolve(), {}, 0];
    await assembler.store.jobs.insertOne(jobOf('j'));
  });

  async function plan(
    job: Partial<AssemblyJob> = {},
    entryFiles: string[] = [],
    routes?: Routes,
  ): Promise<void> {
    const catalog = {
      dataset: (pid: string) => Promise.resolve({ pid, ...dataset, asked: (asked += 1) }),
      datablocks: async function* () {
        yield* datablocks;
        await meanwhile();
      },
      listedDatablocks: async function* () {
        yield* datablocks;
      },
    };
    const split = async function* () {
      yield* blocks;
      await meanwhile();
    };
    const source = { kind: 'source-folder', location: '/data/x' };
    const sources = {
      of: () =>
        Promise.resolve({ source, dataset: { pid: 'a/b', sourceFolder: '/', ...dataset }, blocks: split() }),
    };
    const { tasks, orders } = assembler;
    const client = catalog as unknown as CatalogClient;
    const drafts = new DatasetDrafts(
      orders,
      client,
      lists as unknown as ClaimChecks,
      sources as unknown as DatasetSources,
      new DatasetRoutes(client, assembler.places, configOf(routes === undefined ? {} : { routes })),
      new DatablocksToRead(client, lists as unknown as ClaimChecks),
      clock,
    );
    const before = new ReleasesBeforeReset(assembler.releases, clock);
    const { settling, ending } = settlingOn(assembler, clock, lists);
    const planner = new DatasetPlanner(tasks, orders, drafts, before, settling, ending, clock);
    const entry = { pid: 'a/b', files: entryFiles };
    await planner.plan(jobOf('j', job), 'j/0', entry, () => Promise.resolve());
  }
  /** One planner of several: another one may come in where it uses these collections. */
  function planOn(collections: Partial<Assembler['store']>, job: Partial<AssemblyJob> = {}): Promise<void> {
    const everyones = assembler;
    assembler = everyones.with(collections);
    const planned = plan(job);
    assembler = everyones;
    return planned;
  }
  const task = async (): Promise<DatasetTask> => (await assembler.tasks.find('j/0'))!;
  const orders = (): Promise<WorkOrder[]> =>
    assembler.store.orders.find({ jobId: 'j' }).sort({ _id: 1 }).toArray();

  it('cuts an archival into work, and says that the dataset has started', async () => {
    blocks = [files, [...files, { path: 'b', size: 4 }]];
    await plan();
    assert.deepEqual([(await task()).state, (await task()).bytes], ['running', 10]);
    assert.deepEqual(messagesOf(await task()), ['assembly.dataset-started.v1']);
    const made = await orders();
    assert.deepEqual(
      made.map(({ state, bytes, fileCount, target }) => [state, bytes, fileCount, target]),
      [
        ['planned', 3, 1, 'lts-write'],
        ['planned', 7, 2, 'lts-write'],
      ],
    );
    assert.match(made[1]?.archiveId ?? '', /\/j\/00001[.]tar$/);
    assert.deepEqual(lists.lists.get('plans/j/0/1/0.ndjson'), files);
  });

  it('makes the work of other jobs of the datablocks that there are', async () => {
    datablocks = [{ archiveId: 'x/k/00000.tar', packedSize: 5 }];
    await plan({ workflow: 'retrieve' });
    const [order] = await orders();
    assert.deepEqual([order?.kind, order?.target, order?.bytes], ['retrieve', 'lts-read', 5]);
  });

  it('writes down what a reset takes away, and submits it at once', async () => {
    datablocks = [{ archiveId: 'x/k/00000.tar', packedSize: 5 }];
    await plan({ workflow: 'reset' });
    const [order] = await orders();
    assert.deepEqual([order?.state, order?.archivedBy, (await task()).state], ['done', 'k', 'registering']);
  });

  it('plans a reset, and nothing else, only when no archival can have originals released any more', async () => {
    await assembler.store.tasks.insertOne(taskOf('k/0', { pid: 'a/b', state: 'registering' }));
    await assert.rejects(plan({ workflow: 'reset' }), { code: 'assembly.archival-open' });
    assert.deepEqual([(await task()).state, await orders()], ['planning', []]);
    datablocks = [{ archiveId: 'x/k/00000.tar', packedSize: 5 }];
    await plan({ workflow: 'retrieve' });
    assert.equal((await task()).state, 'running');
  });

  for (const [workflow, entryFiles, code] of [
    ['archive', [], 'assembly.dataset-empty'],
    ['archive', ['one'], 'assembly.partial-archive'],
    ['reset', ['one'], 'assembly.partial-reset'],
    ['retrieve', [], 'assembly.not-archived'],
    ['retrieve', ['one'], 'assembly.not-archived'],
    ['verify', ['one'], 'assembly.partial-verify'],
    ['repair', ['one'], 'assembly.partial-repair'],
    ['migrate', ['one'], 'assembly.partial-migrate'],
  ] as const)
    it(`fails a dataset that cannot be planned, as its user's fault, and leaves no draft: ${code}`, async () => {
      await plan({ workflow }, [...entryFiles]);
      const { state, fault } = await task();
      assert.deepEqual([state, fault?.code, fault?.fault], ['failed', code, 'user']);
      assert.deepEqual([messagesOf(await task()), await orders()], [['assembly.dataset-failed.v1'], []]);
    });

  const { routes: named } = parseRoutesFile(
    `targets:
  - { name: disk, kind: share, options: { place: /disk } }
  - { name: tape-a, kind: tape, options: { place: /a } }
  - { name: tape-b, kind: tape, options: { place: /b } }
  - { name: beyond, kind: outside }
routes:
  - { name: double, when: { fields: { ownerGroup: p1 } }, targets: [tape-a, tape-b], copies: 2, priority: urgent }
  - { name: single, when: { jobTypes: [archive, retrieve], minSize: 1KiB }, targets: [disk, tape-a] }
`,
    'f',
    { limit: 8 },
  );
  const wayOf = ({ target, targets, route, copies, priority }: WorkOrder) => ({
    ...{ target, targets, route, copies, priority },
  });

  it('sends an archival where its route says, and makes the copies that the job or the policy of the group asks for', async () => {
    blocks = [files];
    dataset = { ownerGroup: 'p1' };
    await plan({}, [], named);
    assert.deepEqual(wayOf((await orders())[0]!), {
      ...{ target: 'write:double@tape-a+tape-b', targets: ['tape-a', 'tape-b'] },
      ...{ route: 'double', copies: 2, priority: 0 },
    });
    for (const [job, fields] of [
      [{ tapeCopies: 2 }, {}],
      [{}, { classification: 'IN=medium,AV=medium,CO=low' }],
    ] as const) {
      await assembler.store.orders.deleteMany({});
      await assembler.store.tasks.deleteMany({});
      // What its owner says of its size counts for nothing.
      blocks = [[{ path: 'a', size: 1000 }], [{ path: 'b', size: 24 }]];
      dataset = { ownerGroup: 'p2', size: 1, ...fields };
      await plan({ priority: 2, ...job }, [], named);
      assert.deepEqual(wayOf((await orders())[0]!), {
        ...{ target: 'write:single@disk+tape-a', targets: ['disk', 'tape-a'] },
        ...{ route: 'single', copies: 2, priority: 2 },
      });
    }
    assert.equal(asked, 0, 'what is read of a dataset anyway says it all');
  });

  it('sends readings where the copies lie, best one first, and asks the catalogue once for a dataset', async () => {
    datablocks = ['x/k/0.tar', 'x/k/1.tar', 'x/k/2.tar'].map((archiveId) => ({ archiveId, packedSize: 5 }));
    await assembler.places.keep('x/k/0.tar', 'a/b', ['gone', 'tape-a']);
    await assembler.places.keep('x/k/1.tar', 'another/dataset', ['tape-b']);
    dataset = { size: 2048 };
    await plan({ workflow: 'retrieve', jobType: 'retrieve' }, [], named);
    assert.deepEqual((await orders()).map(wayOf), [
      {
        ...{ target: 'read:single@tape-a|gone', targets: ['tape-a', 'gone'] },
        ...{ route: 'single', copies: undefined, priority: 1 },
      },
      ...[1, 2].map(() => ({
        ...{ target: 'read:single@disk+tape-a', targets: undefined },
        ...{ route: 'single', copies: undefined, priority: 1 },
      })),
    ]);
    assert.equal(asked, 1);
  });

  it('sends a verification to all of them, as it reads every copy', async () => {
    datablocks = [{ archiveId: 'x/k/0.tar', packedSize: 5 }];
    await assembler.places.keep('x/k/0.tar', 'a/b', ['gone', 'tape-a']);
    dataset = { size: 2048 };
    await plan({ workflow: 'verify', jobType: 'verify' }, [], named);
    assert.deepEqual((await orders()).map(wayOf), [
      {
        ...{ target: 'read:single@tape-a+gone', targets: ['tape-a', 'gone'] },
        ...{ route: 'single', copies: undefined, priority: 1 },
      },
    ]);
  });

  it('sends a repair to all targets that have a copy, for any of them may have to be written', async () => {
    datablocks = ['x/k/0.tar', 'x/k/1.tar'].map((archiveId) => ({ archiveId, packedSize: 5 }));
    await assembler.places.keep('x/k/0.tar', 'a/b', ['tape-b', 'tape-a']);
    dataset = { size: 2048 };
    await plan({ workflow: 'repair', jobType: 'repair', repairAt: 'tape-a' }, [], named);
    const [known, unknown] = await orders();
    assert.deepEqual(
      [known?.kind, known?.target, known?.targets, known?.repairAt],
      [...(['repair', 'mend:single@tape-a+tape-b', ['tape-a', 'tape-b'], 'tape-a'] as const)],
    );
    assert.equal(
      unknown?.targets,
      undefined,
      'where copies lie that nobody has noted is better known to the archiver',
    );
    await assembler.store.orders.deleteMany({});
    await assembler.store.tasks.deleteMany({});
    await plan({ workflow: 'repair', jobType: 'repair' });
    assert.deepEqual(
      (await orders()).map(({ target, targets }) => [target, targets]),
      [
        ['mend:default@lts', undefined],
        ['mend:default@lts', undefined],
      ],
      'without ROUTES_FILE as well',
    );
  });

  it('sends a move where the copy goes: there it takes a slot, and one for reading where the copy is', async () => {
    datablocks = [{ archiveId: 'x/k/0.tar', packedSize: 5 }];
    const move = { workflow: 'migrate', jobType: 'migrate', moveFrom: 'tape-a', moveTo: 'tape-b' } as const;
    await plan({ ...move, priority: 2 }, [], named);
    const [order] = await orders();
    assert.deepEqual([order?.kind, order?.moveFrom, order?.moveTo], ['migrate', 'tape-a', 'tape-b']);
    assert.deepEqual(wayOf(order!), {
      ...{ target: 'move:single@tape-a>tape-b', targets: ['tape-a', 'tape-b'] },
      ...{ route: 'single', copies: undefined, priority: 2 },
    });
  });

  for (const [job, routes, code] of [
    [{ workflow: 'migrate', moveFrom: 'tape-a', moveTo: 'tape-z' }, named, 'routes.target-unknown'],
    [{ workflow: 'migrate', moveFrom: 'tape-a', moveTo: 'beyond' }, named, 'routes.target-outside'],
    [{ workflow: 'migrate', moveFrom: 'tape-a', moveTo: 'tape-a' }, named, 'routes.same-target'],
    [{ workflow: 'migrate' }, named, 'routes.same-target'],
    [{ workflow: 'repair', repairAt: 'tape-z' }, named, 'routes.target-unknown'],
    [{ workflow: 'migrate', moveFrom: 'a', moveTo: 'b' }, undefined, 'routes.targets-unnamed'],
    [{ workflow: 'repair', repairAt: 'a' }, undefined, 'routes.targets-unnamed'],
    [{ workflow: 'repair' }, named, 'assembly.not-archived'],
  ] as const)
    it(`fails a dataset whose copies cannot be tended so, and says why: ${code} (${JSON.stringify(job)})`, async () => {
      if (code !== 'assembly.not-archived') datablocks = [{ archiveId: 'x/k/0.tar', packedSize: 5 }];
      await plan(job, [], routes);
      const { state, fault } = await task();
      assert.deepEqual([state, fault?.code, fault?.fault], ['failed', code, 'user']);
      assert.deepEqual(await orders(), []);
    });

  for (const [job, fields, code] of [
    [{}, {}, 'routes.none'],
    [{ tapeCopies: 3 }, { ownerGroup: 'p1' }, 'routes.too-few-targets'],
  ] as const)
    it(`fails the dataset alone for which the routes have no way, and says so: ${code}`, async () => {
      blocks = [files];
      dataset = fields;
      await plan(job, [], named);
      const { state, fault } = await task();
      assert.deepEqual([state, fault?.code, fault?.fault], ['failed', code, 'user']);
      assert.deepEqual(await orders(), []);
    });

  it('leaves no draft of a dataset that fails in the midst of it', async () => {
    datablocks = [{ archiveId: 'x/k/0.tar', packedSize: 5 }];
    meanwhile = async () => {
      assert.equal((await orders()).length, 1);
      throw new PermanentError('assembly.duplicate-path', 'twice');
    };
    await plan({ workflow: 'retrieve' });
    assert.deepEqual([(await task()).state, await orders()], ['failed', []]);
  });

  it('keeps the dataset for later when the reason may pass', async () => {
    blocks = [files];
    meanwhile = () => Promise.reject(new TransientError('catalog.away', 'away'));
    await assert.rejects(plan(), { code: 'catalog.away' });
    assert.equal((await task()).state, 'planning');
    meanwhile = () => Promise.resolve();
    await plan();
    assert.deepEqual(
      (await orders()).map(({ _id, planner, state }) => [_id, planner, state]),
      [['j/0/0', 2, 'planned']],
    );
  });

  it('gives way to a newer planner that came in between', async () => {
    blocks = [files];
    meanwhile = () => assembler.tasks.takeOver('j/0');
    await assert.rejects(plan(), { code: 'assembly.plan-taken' });
    assert.deepEqual([(await task()).state, await orders()], ['planning', []]);
  });

  it('leaves what a newer planner has drafted while it slept: the plan of that one becomes work, and is whole', async () => {
    blocks = [files, [{ path: 'b', size: 4 }]];
    const { store } = assembler;
    let newer = Promise.resolve();
    const untilNewerHasDrafted = (): Promise<void> =>
      new Promise((drafted) => {
        const untilOlderIsOver = () => (drafted(), older.catch(() => undefined));
        newer = planOn({ tasks: meanwhileOn(store.tasks, 'updateOne', untilOlderIsOver) });
      });
    const older = planOn({ orders: meanwhileOn(store.orders, 'deleteMany', untilNewerHasDrafted) });
    await assert.rejects(older, { code: 'assembly.plan-taken' });
    await newer;
    const made = (await orders()).map(({ state, planner }) => `${state} by ${planner}`);
    assert.deepEqual([(await task()).state, ...made], ['running', 'planned by 2', 'planned by 2']);
  });

  for (const [moment, collection, method, skip, started, left] of [
    ['before this one takes it over', 'tasks', 'findOneAndUpdate', 2, true, ['cancelled']],
    ['before its drafts are deleted', 'orders', 'deleteMany', 1, false, []],
  ] as const)
    it(`ends a dataset of a cancelled job that a slower planner would start ${moment}`, async () => {
      await assembler.tasks.begin({ _id: 'j/0', jobId: 'j', pid: 'a/b', workflow: 'archive' }, clock.now());
      const [now, planner] = [clock.now(), await assembler.tasks.takeOver('j/0')];
      await assembler.store.orders.insertOne(orderOf('j/0/0', { state: 'drafted', planner: planner! }));
      await assembler.jobs.requestCancel('j', now);
      const event = eventRow(datasetStartedV1, { jobId: 'j', pid: 'a/b', workflow: 'archive' }, now);
      let isStarted: boolean | undefined;
      const slower = async () =>
        (isStarted = await assembler.tasks.start('j/0', { planner: planner!, bytes: 3, event, now }));
      const written = meanwhileOn(assembler.store[collection] as object, method as never, slower, skip);
      await planOn({ [collection]: written }, { cancelRequested: true });
      const states = (await orders()).map(({ state }) => state);
      assert.deepEqual([isStarted, (await task()).state, states], [started, 'cancelled', left]);
    });

  it('fails no dataset that a newer planner has: what this one met says nothing about it any more', async () => {
    meanwhile = () => assembler.tasks.takeOver('j/0');
    await assert.rejects(plan(), { code: 'assembly.plan-taken' });
    assert.deepEqual([(await task()).state, messagesOf(await task())], ['planning', []]);
  });

  it('ends a dataset of a cancelled job without planning it, with the drafts of who planned it before', async () => {
    await assembler.tasks.begin({ _id: 'j/0', jobId: 'j', pid: 'a/b', workflow: 'archive' }, clock.now());
    await assembler.store.orders.insertOne(orderOf('j/0/0', { state: 'drafted' }));
    await plan({ cancelRequested: true });
    assert.deepEqual([(await task()).state, await orders()], ['cancelled', []]);
  });

  it('makes work of drafts whose planner died after the start', async () => {
    blocks = [files];
    await plan();
    await assembler.store.orders.updateOne({ _id: 'j/0/0' }, { $set: { state: 'drafted' } });
    await plan();
    assert.deepEqual(
      (await orders()).map(({ state }) => state),
      ['planned'],
    );
    assert.equal(messagesOf(await task()).length, 1, 'and says the start once');
  });

  it('uses again what the job that it retries has archived of the same files', async () => {
    const source = { kind: 'source-folder', location: '/data/x' } as WorkOrder['source'];
    const list = { bucket: 'control', key: 'k', size: 1, sha256: 'x' };
    await assembler.store.orders.insertOne(
      orderOf('before/0/0', {
        ...{ state: 'done', pid: 'a/b', source, files: list, archiveId: 'old.tar', result: archived },
      }),
    );
    blocks = [files];
    await plan({ retryOf: 'before' });
    const [order] = await orders();
    assert.deepEqual([order?.state, order?.archiveId, order?.archivedBy], ['done', 'old.tar', 'before']);
    assert.equal((await assembler.store.orders.findOne({ _id: 'before/0/0' }))?.usedBy, 'j');
  });
});
