import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { UnfinishedMarks } from '../../apps/catalog-api/src/job-rows/unfinished-marks.js';
import type { JobRow } from '../../apps/catalog-api/src/job-rows/job-row.js';
import { Catalogue } from '../../apps/catalog-api/src/persistence/catalogue.js';
import { markUnfinishedJobs } from '../../apps/catalog-api/src/persistence/unfinished-jobs.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

const hour = 3_600_000;
const start = Date.UTC(2024, 0, 1);
const at = (hours: number): Date => new Date(start + hours * hour);
const list = (...pids: readonly string[]): Fields => ({
  datasetList: pids.map((pid) => ({ pid, files: [] })),
});

function job(_id: string, fields: Fields = {}): { _id: string; [field: string]: unknown } {
  return {
    ...{ _id, id: _id, type: 'archive', statusCode: 'finishedSuccessful', statusMessage: `of ${_id}` },
    ...{ ownerUser: 'user1', ownerGroup: 'group1', createdAt: at(0), updatedAt: at(0), jobParams: {} },
    ...fields,
  };
}

/** Another archive system runs these jobs. */
const configuration = `
configVersion: v1
jobs:
  - jobType: archive
    create: { auth: '#all', actions: [] }
    update: { auth: '#jobOwnerGroup', actions: [] }
`;

/** Jobs of some years, in the gaps and crowds of a real installation. */
const jobs = [
  ...Array.from({ length: 30 }, (_, index) =>
    job(`tie-${String(index).padStart(2, '0')}`, { createdAt: at(500) }),
  ),
  ...Array.from({ length: 40 }, (_, index) =>
    job(`spread-${String(index).padStart(2, '0')}`, {
      createdAt: at(index * index * 10),
      ownerUser: index % 2 === 0 ? 'user1' : 'user2',
      ownerGroup: index % 2 === 0 ? 'group1' : 'group2',
      type: index % 5 === 0 ? 'retrieve' : 'archive',
      jobParams: list(`20.500.12345/${index}`, 'shared/pid'),
    }),
  ),
  job('old-running', { statusCode: 'inProgress', createdAt: at(-50_000) }),
  job('old-over', { statusCode: 'completed', createdAt: at(-50_000) }),
  job('undated', { createdAt: undefined, statusCode: 'jobCreated' }),
  job('storing', { createdAt: at(501), catena: { storing: true } }),
  job('ahead', {
    createdAt: new Date(Date.now() + 400 * 24 * hour),
    ownerUser: 'user2',
    ownerGroup: 'group2',
  }),
];

describe('Rows of jobs', () => {
  let app: ScicatApp;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-job-rows-'));
    const JOB_CONFIGURATION_FILE = join(folder, 'jobs.yaml');
    await writeFile(JOB_CONFIGURATION_FILE, configuration);
    app = await ScicatApp.start({ JOB_CONFIGURATION_FILE }, async (database) => {
      // SciCat's own, from before Catena was there.
      await database.connection.collection<{ _id: string }>('Job').insertMany(jobs);
      await database.connection.collection<{ _id: string }>('Dataset').insertMany([
        {
          _id: '20.500.12345/0',
          pid: '20.500.12345/0',
          datasetName: 'run 0',
          ownerGroup: 'group1',
        } as never,
        {
          _id: '20.500.12345/2',
          pid: '20.500.12345/2',
          datasetName: 'run 2',
          ownerGroup: 'group2',
        } as never,
      ]);
    });
    await app.get(UnfinishedMarks).whenMarked();
  });
  after(async () => {
    await app.stop();
    await rm(folder, { recursive: true });
  });

  const page = async (
    account: AccountName,
    query: Fields = {},
  ): Promise<{ items: JobRow[]; next?: string; partial: boolean }> => {
    const text = new URLSearchParams(
      Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)])),
    );
    const { status, body } = await app.as(account).get(`/api/v4/jobs/rows?${text.toString()}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body as never;
  };
  const allPages = async (
    account: AccountName,
    query: Fields,
    between?: () => Promise<unknown>,
  ): Promise<string[]> => {
    const ids: string[] = [];
    let next: string | undefined;
    do {
      const found = await page(account, { ...query, ...(next === undefined ? {} : { after: next }) });
      assert.equal(found.partial, false);
      ids.push(...found.items.map(({ id }) => id));
      next = found.next;
      await between?.();
    } while (next !== undefined);
    return ids;
  };
  const expected = (fits: (one: Fields) => boolean): string[] =>
    jobs
      .filter((one) => one['_id'] !== 'storing' && fits(one))
      .sort((one, other) => {
        const [a, b] = [one, other].map(
          ({ createdAt }) => (createdAt as Date | undefined)?.getTime() ?? -Infinity,
        );
        return a === b ? (one._id < other._id ? 1 : -1) : b! - a!;
      })
      .map(({ _id }) => _id);

  for (const limit of [1, 7, 50, 200])
    it(`are all shown, once and the newest first, in pages of ${limit}`, async () =>
      assert.deepEqual(
        await allPages('admin', { limit }),
        expected(() => true),
      ));

  it('are those of one’s own and of one’s groups', async () => {
    const own = expected(({ ownerGroup }) => ownerGroup === 'group2');
    assert.deepEqual(await allPages('user2', { limit: 9 }), own);
    const text = JSON.stringify(await page('user2', { limit: 200 }));
    for (const one of jobs) if (one['ownerGroup'] !== 'group2') assert.ok(!text.includes(one._id), one._id);
  });

  it('are found by each filter, and by several', async () => {
    assert.deepEqual(
      await allPages('admin', { limit: 5, type: 'retrieve' }),
      expected(({ type }) => type === 'retrieve'),
    );
    assert.deepEqual(
      await allPages('admin', { limit: 5, group: 'group2', type: 'archive' }),
      expected(({ ownerGroup, type }) => ownerGroup === 'group2' && type === 'archive'),
    );
    assert.deepEqual(
      await allPages('admin', { limit: 5, pid: 'shared/pid' }),
      expected(({ _id }) => String(_id).startsWith('spread')),
    );
    assert.deepEqual(await allPages('user1', { pid: '20.500.12345/1' }), []);
    const [from, to] = [at(100).toISOString(), at(500).toISOString()];
    assert.deepEqual(
      await allPages('admin', { limit: 2, from, to }),
      expected(({ createdAt }) => (createdAt as Date) >= at(100) && (createdAt as Date) < at(500)),
    );
    assert.deepEqual(await allPages('admin', { status: 'completed' }), ['old-over']);
  });

  it('know which jobs are over, also of those that SciCat has stored', async () =>
    assert.deepEqual(await allPages('admin', { unfinished: true }), ['old-running', 'undated']));

  it('say when a status that others set has ended a job', async () => {
    const posted = job('patched', { type: 'archive', statusCode: 'inProgress', createdAt: at(1) });
    await app.collection('Job').insertOne(posted);
    const catalogue = app.get(Catalogue);
    await markUnfinishedJobs(catalogue, at(2));
    assert.ok((await allPages('admin', { unfinished: true })).includes('patched'));
    const path = '/api/v4/jobs/patched';
    assert.equal((await app.as('admin').patch(path, { statusCode: 'x', statusMessage: 'y' })).status, 200);
    assert.ok((await allPages('admin', { unfinished: true })).includes('patched'));
    await app.as('admin').patch(path, { statusCode: 'finishedSuccessful', statusMessage: 'y' });
    await markUnfinishedJobs(catalogue, at(2));
    assert.ok(!(await allPages('admin', { unfinished: true })).includes('patched'));
    await app.collection('Job').deleteOne({ _id: 'patched' });
  });

  it('are neither repeated nor lost while others post and delete', async () => {
    let count = 0;
    const ids = await allPages('admin', { limit: 3, group: 'group1' }, async () => {
      count += 1;
      const _id = `late-${count}`;
      await app.collection('Job').insertOne(job(_id, { createdAt: new Date(Date.now() + hour) }));
      // The row that the last page ended with.
      if (count === 2) await app.collection('Job').deleteOne({ _id: 'tie-24' });
    });
    await app.collection('Job').deleteMany({ _id: /^late-/ });
    await app.collection('Job').insertOne(job('tie-24', { createdAt: at(500) }));
    assert.equal(new Set(ids).size, ids.length);
    const without = expected(({ ownerGroup, _id }) => ownerGroup === 'group1' && _id !== 'tie-24');
    assert.deepEqual(
      ids.filter((id) => id !== 'tie-24'),
      without,
    );
  });

  it('name the first dataset to those who may see it, and hold no parameters', async () => {
    const { items } = await page('user1', { type: 'retrieve', limit: 200 });
    const row = items.find(({ id }) => id === 'spread-00');
    assert.deepEqual(row?.datasets, { count: 2, first: { pid: '20.500.12345/0', name: 'run 0' } });
    assert.ok(!('jobParams' in row));
    const hidden = (await page('user1', { limit: 200 })).items.find(({ id }) => id === 'spread-02');
    assert.deepEqual(hidden?.datasets, { count: 2, first: { pid: '20.500.12345/2' } });
  });

  it('refuse what they do not know, and callers without a token', async () => {
    for (const query of [
      ...[
        'skip=1',
        'limit=0',
        'limit=201',
        'limit=x',
        'after=nonsense',
        'unfinished=maybe',
        'from=soon',
        'text=%20',
      ],
      ...['pid=a&pid=b', `status=${'x'.repeat(2000)}`, 'after=WzEsMl0'],
    ])
      assert.equal((await app.as('admin').get(`/api/v4/jobs/rows?${query}`)).status, 400, query);
    assert.equal((await app.anonymous.get('/api/v4/jobs/rows')).status, 403);
  });
});
