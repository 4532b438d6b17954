import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { RestScicat, type RestScicatOptions } from './rest-scicat.js';
import { ScicatRecords } from './testing/memory-scicat.js';
import { ScicatServer } from './testing/scicat-server.js';
import { scicatConformance } from './testing/scicat.conformance.js';

type Oddities = Partial<Pick<ScicatServer, 'sortsJobs' | 'hasLifecycleRoute' | 'takesExpr'>>;

async function startServer(records: ScicatRecords, oddities: Oddities = {}) {
  const server: ScicatServer = new ScicatServer(records);
  Object.assign(server, oddities);
  const url = await server.start();
  const clock = new ManualClock();
  const client = (options: Partial<RestScicatOptions> = {}): RestScicat =>
    new RestScicat({ url, ...server.account, jobsApi: 'v4', ...options }, clock);
  return { server, client, clock };
}

for (const jobsApi of ['v4', 'v3'] as const)
  for (const [name, oddities] of [
    ['', {}],
    [', of a SciCat that does not sort jobs as asked', { sortsJobs: false }],
    [', of a SciCat without a route for life cycles', { hasLifecycleRoute: false }],
    [', of a server that refuses $expr', { takesExpr: false }],
  ] as const)
    scicatConformance(`the REST client of ${jobsApi} jobs${name},`, async () => {
      const records = new ScicatRecords();
      const { server, client } = await startServer(records, oddities);
      return { scicat: client({ jobsApi, maxBody: 10_000 }), records, close: () => server.stop() };
    });

describe('The REST client of SciCat', () => {
  let records: ScicatRecords;
  let server: ScicatServer;
  let clock: ManualClock;
  let client: (options?: Partial<RestScicatOptions>) => RestScicat;
  beforeEach(async () => {
    records = new ScicatRecords();
    ({ server, client, clock } = await startServer(records));
  });
  afterEach(() => server.stop());

  const answering = (status: number, body?: unknown): void => {
    server.instead = () => ({ status, body });
  };
  const file = { path: 'f', size: 3, time: '2026-01-01T00:00:00.000Z', chk: 'c' };
  const datablock = {
    ...{ archiveId: 'a-1', size: 3, packedSize: 1024, chkAlg: 'sha256', version: '1' },
    dataFileList: [file],
  };
  const newJob = {
    ...{ type: 'archive', ownerUser: 'ada', ownerGroup: 'g', contactEmail: '' },
    ...{ pids: ['p/1'], mark: 'm' },
  };
  /** Every method that may find nothing. */
  const questions: readonly [string, (scicat: RestScicat) => Promise<unknown>][] = [
    ['job', (scicat) => scicat.job('1')],
    ['writeJob', (scicat) => scicat.writeJob('1', { statusCode: 'a', statusMessage: 'b' })],
    ['dataset', (scicat) => scicat.dataset('p/1')],
    ['writeLifecycle', (scicat) => scicat.writeLifecycle('p/1', { archivable: true })],
    ['createDatablock', (scicat) => scicat.createDatablock('p/1', datablock)],
    ['deleteDatablock', (scicat) => scicat.deleteDatablock('p/1', 'b-1')],
    ['person', (scicat) => scicat.person('u-1')],
    ['postJob', (scicat) => scicat.postJob(newJob)],
  ];
  const lists: readonly [string, (scicat: RestScicat) => Promise<unknown>][] = [
    ['datasets', (scicat) => scicat.datasets(['p/1'])],
    ['datablock', (scicat) => scicat.datablock('a-1')],
    ['jobMarked', (scicat) => scicat.jobMarked('m')],
    ['jobsWith', (scicat) => scicat.jobsWith(['a'], ['archive']).next()],
    ['originals', (scicat) => scicat.originals('p/1', '/data').next()],
    ['datablocksOf', (scicat) => scicat.datablocksOf('p/1').next()],
  ];

  for (const [name, ask] of [...questions, ...lists]) {
    it(`never takes a missing route for a missing record: ${name}`, async () => {
      server.instead = (method, path) => ({
        ...{
          status: 404,
          body: { message: `Cannot ${method} ${path}`, error: 'Not Found', statusCode: 404 },
        },
      });
      for (const jobsApi of ['v4', 'v3'] as const)
        await assert.rejects(
          ask(client({ jobsApi })),
          (error: Error & { code?: string; details?: unknown }) => {
            assert.equal(error.code, 'scicat.refused');
            assert.deepEqual(error.details, { status: 404 });
            assert.match(error.message, /no such route/);
            return true;
          },
        );
    });

    it(`takes no other refusal for a missing record: ${name}`, async () => {
      for (const [status, body, code] of [
        [400, { message: 'Invalid job type: archive', statusCode: 400 }, 'scicat.refused'],
        [422, { message: 'Invalid job id.' }, 'scicat.refused'],
        [403, { message: 'Unauthorized to get this job.', statusCode: 403 }, 'scicat.rights'],
        [401, { message: 'Unauthorized', statusCode: 401 }, 'scicat.rights'],
        [404, undefined, 'scicat.away'],
        [404, [], 'scicat.refused'],
        [404, { error: 'no backend' }, 'scicat.refused'],
        [413, { message: 'too large' }, 'scicat.refused'],
        [500, 'Internal server error', 'scicat.away'],
        [503, { message: 'Service Unavailable' }, 'scicat.away'],
      ] as const) {
        answering(status, body);
        await assert.rejects(ask(client()), { code }, `${status}`);
      }
    });
  }

  for (const [name, ask] of lists)
    it(`takes nothing but a list for a list: ${name}`, async () => {
      for (const body of [{}, 'text', 7, null, [null], [[]], [{}], [{ id: 7 }]]) {
        answering(200, body);
        await assert.rejects(ask(client()), { code: 'scicat.odd-answer' }, JSON.stringify(body));
      }
      answering(200);
      await assert.rejects(ask(client()), { code: 'scicat.away' });
    });

  it('reads of an odd job no more than it says, and names the job and what is odd', async () => {
    const answering = (body: Record<string, unknown>): void => {
      const owners = [{ ownerGroup: [{ _id: body['ownerGroup'] ?? 'g', count: 1 }] }];
      server.instead = (_, path) => ({ status: 200, body: path.endsWith('/fullfacet') ? owners : body });
    };
    const job = { id: '1', type: 'archive', statusCode: 'a', jobStatusMessage: 'a', jobParams: {} };
    for (const list of [undefined, null]) {
      answering({ ...job, jobParams: { datasetList: list }, datasetList: list });
      for (const jobsApi of ['v4', 'v3'] as const)
        assert.deepEqual((await client({ jobsApi }).job('1'))?.datasetList, []);
    }
    const odd = [{}, 'p', [null], ['p'], [{}], [{ pid: 7 }], [{ pid: '' }], [{ pid: 'p', files: 'f' }]];
    for (const list of [...odd, [{ pid: 'p', files: [{}] }]]) {
      answering({ ...job, jobParams: { datasetList: list }, datasetList: list });
      for (const jobsApi of ['v4', 'v3'] as const)
        await assert.rejects(client({ jobsApi }).job('1'), { code: 'scicat.odd-answer', message: /job 1/ });
    }
    for (const change of [
      ...[{ id: '2' }, { id: undefined }, { type: 7 }, { statusCode: null, jobStatusMessage: null }],
      ...[{ jobParams: [] }, { createdAt: 'never', creationTime: 'never' }, { ownerGroup: 7 }],
    ]) {
      answering({ ...job, ...change });
      for (const jobsApi of ['v4', 'v3'] as const)
        await assert.rejects(client({ jobsApi }).job('1'), { code: 'scicat.odd-answer', message: /job 1/ });
    }
  });

  it('answers only where SciCat says so and lets the account in, and without the route, where it is older', async () => {
    answering(404, { message: 'Cannot GET /api/v3/health', error: 'Not Found', statusCode: 404 });
    await client().answers();
    answering(503, { status: 'error', error: { mongodb: { status: 'down' } } });
    await assert.rejects(client().answers(), { code: 'scicat.away' });
    server.instead = undefined;
    await assert.rejects(client({ password: 'wrong' }).answers(), { code: 'scicat.login' });
  });

  it('takes no job without its mark for the one it looks for, as of a SciCat that does not look at the condition', async () => {
    for (const jobParams of [undefined, {}, { catenaUpload: 'other' }]) {
      answering(200, [{ id: '1', type: 'archive', jobParams }]);
      for (const jobsApi of ['v4', 'v3'] as const)
        await assert.rejects(client({ jobsApi }).jobMarked('m'), {
          code: 'scicat.odd-answer',
          message: /mark m/,
        });
    }
  });

  it("asks with a person's own token whose it is, signs nobody in for that, and tells the token to nobody", async () => {
    const token = `${['eyJhbGciOiJIUzI1NiJ9', 'eyJfaWQiOiJ1LTEifQ'].join('.')}.c2lnbmF0dXJl`;
    const ada = records.addPerson(token);
    assert.deepEqual(await client().identityOf(token), ada);
    assert.equal(server.signIns, 0);
    for (const status of [401, 403]) {
      answering(status, { message: 'Unauthenticated', statusCode: status });
      assert.equal(await client().identityOf(token), undefined);
    }
    for (const [status, body] of [
      [500, 'Internal server error'],
      [403, undefined],
      [429, { message: `slow down, ${token}` }],
    ] as const) {
      answering(status, body);
      await assert.rejects(client().identityOf(token), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'scicat.away');
        assert.equal(error.message.includes(token), false);
        return true;
      });
    }
    answering(404, { message: 'Cannot GET /api/v3/users/my/self', statusCode: 404 });
    await assert.rejects(client().identityOf(token), { code: 'scicat.refused', message: /no such route/ });
  });

  it('takes no other record for the one it asked for', async () => {
    answering(200, { id: 'u-2', username: 'bob', profile: {} });
    await assert.rejects(client().person('u-1'), { code: 'scicat.odd-answer' });
    const dataset = { pid: 'p/other', ownerGroup: 'g' };
    answering(200, dataset);
    await assert.rejects(client().dataset('p/1'), { code: 'scicat.odd-answer' });
    answering(200, [dataset]);
    await assert.rejects(client().datasets(['p/1']), { code: 'scicat.odd-answer' });
    const other = {
      _id: 'b-1',
      archiveId: 'a-2',
      datasetId: 'p/2',
      size: 1,
      packedSize: 1,
      dataFileList: [],
    };
    answering(200, [other]);
    await assert.rejects(client().datablock('a-1'), { code: 'scicat.odd-answer' });
    await assert.rejects(client().datablocksOf('p/1').next(), { code: 'scicat.odd-answer' });
    await assert.rejects(client().originals('p/1', '/data').next(), { code: 'scicat.odd-answer' });
  });

  it('gives up a list that begins anew with each page', async () => {
    answering(200, [{ id: '1', type: 'archive' }]);
    const jobs = client().jobsWith(['a'], ['archive']);
    assert.equal((await jobs.next()).value?.length, 1);
    await assert.rejects(jobs.next(), { code: 'scicat.odd-answer' });
    answering(
      200,
      Array.from({ length: 10_000 }, (_, index) => ({ id: `${20_000 - index}`, type: 'archive' })),
    );
    await assert.rejects(client().jobsWith(['a'], ['archive']).next(), { code: 'scicat.odd-answer' });
  });

  it('asks for fewer original datablocks at once where they list too many files', async () => {
    records.addDataset('p/1');
    const files = Array.from({ length: 100 }, (_, index) => ({ path: `f-${index}`, size: 1 }));
    records.originals.set(
      'p/1',
      Array.from({ length: 30 }, () => [...files]),
    );
    const scicat = client({ maxAnswer: 10_000 });
    let blocks = 0;
    for await (const found of scicat.originals('p/1', '/data')) {
      blocks += 1;
      assert.equal(found.length, 100);
    }
    assert.equal(blocks, 30);
    const narrow = client({ maxAnswer: 1000 }).originals('p/1', '/data');
    await assert.rejects(narrow.next(), { code: 'scicat.too-large', retriable: false });
  });

  it('asks for no job of an id that leads elsewhere', async () => {
    for (const id of ['', '.', '..', '\ud800'])
      for (const [, ask] of [
        ['job', (scicat: RestScicat) => scicat.job(id)],
        ['dataset', (scicat: RestScicat) => scicat.dataset(id)],
        ['datablock', (scicat: RestScicat) => scicat.deleteDatablock('p/1', id)],
      ] as const)
        await assert.rejects(ask(client()), { code: 'scicat.refused', retriable: false });
    assert.deepEqual(server.calls, []);
  });

  it('keeps what it does not know of a life cycle where all of it has to be written', async () => {
    server.hasLifecycleRoute = false;
    const known = { archivable: false, retrievable: true };
    records.addDataset('p/1', [], {
      datasetlifecycle: { ...known, storageLocation: 'here', _id: 'x' } as object,
    });
    assert.equal(await client().writeLifecycle('p/1', { retrieveStatusMessage: 'started' }), true);
    const after: Record<string, unknown> = { ...records.datasets.get('p/1')?.datasetlifecycle };
    assert.equal(after['storageLocation'], 'here');
    assert.equal(after['retrieveStatusMessage'], 'started');
    assert.equal(after['archivable'], false);
  });

  it("misses no dataset where SciCat takes its token for nobody's, in a list that then leaves out what is not public", async () => {
    for (const pid of ['p/1', 'p/2']) records.addDataset(pid);
    records.addDataset('p/3', [], { isPublished: true });
    const scicat = client();
    await scicat.dataset('p/1');
    server.forgetTokens();
    clock.advance(60_000);
    const found = await scicat.datasets(['p/1', 'p/2', 'p/3', 'p/4']);
    assert.deepEqual([...found.keys()].sort(), ['p/1', 'p/2', 'p/3']);
    assert.equal(server.signIns, 2);
  });

  it('reads jobs a page at a time where SciCat sorts them', async () => {
    for (let number = 0; number < 250; number += 1) records.addJob(`job-${1000 + ((number * 97) % 250)}`, []);
    for (const jobsApi of ['v4', 'v3'] as const) {
      server.calls.length = 0;
      const sizes: number[] = [];
      for await (const page of client({ jobsApi }).jobsWith(['jobSubmitted'], ['archive']))
        sizes.push(page.length);
      assert.deepEqual(sizes, [100, 100, 50]);
      assert.equal(server.calls.length, 4);
    }
  });

  it('reads on without $expr where a server refuses it, and asks for it once only', async () => {
    server.takesExpr = false;
    for (let number = 0; number < 350; number += 1) records.addJob(`job-${1000 + number}`, []);
    const scicat = client({ jobsApi: 'v3' });
    for (const calls of [6, 5]) {
      server.calls.length = 0;
      const ids: string[] = [];
      for await (const page of scicat.jobsWith(['jobSubmitted'], ['archive']))
        ids.push(...page.map(({ id }) => id));
      assert.deepEqual(ids, [...records.jobs.keys()]);
      assert.equal(server.calls.filter((call) => call.endsWith('/fullquery')).length, calls);
    }
  });

  it('takes ids by which it reads on for texts, whatever they look like', async () => {
    records.addDataset('p/1');
    for (let number = 0; number < 250; number += 1) {
      const [id, stored] = [`${1000 + number}`, { ...datablock, archiveId: `a-${number}`, datasetId: 'p/1' }];
      records.datablocks.set(id, { ...stored, id });
      records.addJob(id, []);
    }
    let read = 0;
    for await (const _ of client().datablocksOf('p/1')) read += 1;
    for (const jobsApi of ['v4', 'v3'] as const)
      for await (const page of client({ jobsApi }).jobsWith(['jobSubmitted'], ['archive']))
        read += page.length;
    assert.equal(read, 750);
  });

  it('asks for many datasets by addresses that every proxy takes', async () => {
    const pids = Array.from({ length: 300 }, (_, index) => `20.500.12345/${'ä'.repeat(40)}-${index}`);
    for (const pid of pids) records.addDataset(pid);
    assert.equal((await client().datasets(pids)).size, 300);
    assert.ok(server.calls.length >= 12 && server.calls.length < 100);
    assert.deepEqual([...new Set(server.calls)], ['GET /api/v3/datasets']);
  });

  it('leaves to the asker what a 500 means for an entry', async () => {
    records.addDataset('p/1');
    const path = 'x'.repeat(1_000_000);
    const large = { ...datablock, dataFileList: Array.from({ length: 17 }, () => ({ ...file, path })) };
    await assert.rejects(client({ maxBody: 1e9 }).createDatablock('p/1', large), { code: 'scicat.away' });
    assert.equal(records.datablocks.size, 0);
    await assert.rejects(client().createDatablock('p/1', large), { code: 'scicat.too-large' });
  });
});
