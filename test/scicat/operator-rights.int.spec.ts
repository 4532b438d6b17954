import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Capability } from '../../apps/catalog-api/src/users/capabilities.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

const configuration = `
configVersion: v1
jobs:
  - jobType: archive
    create: { auth: '#datasetOwner', actions: [{ actionType: catena, workflow: archive }] }
    update: { auth: '#jobOwnerGroup', actions: [] }
  - jobType: retrieve
    create: { auth: '#datasetAccess', actions: [{ actionType: catena, workflow: retrieve }] }
    update: { auth: '#jobOwnerUser', actions: [] }
`;

/** A scientist with the job, one without, whoever may look, whoever may act, and an administrator. */
const people = {
  scientist: 'user1',
  stranger: 'user2',
  viewer: 'policyKeeper',
  operator: 'sampleIngestor',
  admin: 'admin',
} as const satisfies Record<string, AccountName>;
const names = ['scientist', 'stranger', 'viewer', 'operator', 'admin'] as const;

/** By person, in that order. */
const expected: readonly (readonly [string, string, readonly number[]])[] = [
  ['GET', '/api/v4/jobs/JOB/overview', [200, 403, 200, 200, 200]],
  ['GET', '/api/v4/jobs/JOB', [200, 403, 200, 200, 200]],
  ['GET', '/api/v4/jobs/JOB/history', [200, 403, 200, 200, 200]],
  ['GET', '/api/v4/jobs/JOB/progress', [200, 403, 200, 200, 200]],
  ['GET', '/api/v4/jobs/rows', [200, 200, 200, 200, 200]],
  ['GET', '/api/v4/jobs/counts', [200, 200, 200, 200, 200]],
  ['GET', '/api/v4/datasets/a%2Fb/jobs', [200, 200, 200, 200, 200]],
  ['GET', '/api/v4/users/my/capabilities', [200, 200, 200, 200, 200]],
  // Of others: not without a reason.
  ['POST', '/api/v4/jobs/JOB/cancel', [202, 403, 403, 400, 400]],
  // Nothing of it has failed.
  ['POST', '/api/v4/jobs/JOB/retry', [409, 403, 409, 409, 409]],
  ['POST', '/api/v4/jobs/JOB/retrieval/extend', [409, 403, 403, 409, 409]],
  ['PATCH', '/api/v4/jobs/JOB', [409, 403, 403, 403, 409]],
];

describe('Operators, viewers and scientists', () => {
  let app: ScicatApp;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-operators-'));
    const JOB_CONFIGURATION_FILE = join(folder, 'jobs.yaml');
    await writeFile(JOB_CONFIGURATION_FILE, configuration);
    app = await ScicatApp.start({
      JOB_CONFIGURATION_FILE,
      OPERATIONS_GROUPS: 'sampleingestor',
      OPERATIONS_VIEWER_GROUPS: 'policykeeper',
      OPERATIONS_TOKEN: 'operations-token',
    });
  });
  after(async () => {
    await app.stop();
    await rm(folder, { recursive: true });
  });

  const put = async (_id: string, more: Fields = {}, catena: Fields = {}): Promise<void> => {
    const job = {
      ...{ _id, id: _id, type: 'archive', statusCode: 'inProgress', statusMessage: 'Working.' },
      ...{ ownerUser: 'user1', ownerGroup: 'group1', accessGroups: [], contactEmail: 'user1@example.org' },
      ...{ createdAt: new Date(), updatedAt: new Date(0), jobResultObject: {} },
      jobParams: { datasetList: [{ pid: 'a/b', files: [] }] },
      ...more,
      catena: {
        ...{ outbox: { rows: [] }, history: [], workflow: 'archive', reported: 0, finished: false },
        ...{ unfinished: true, ...catena },
      },
    };
    await app.collection('Job').insertOne(job);
  };
  const call = (person: keyof typeof people, method: string, path: string, body?: Fields) =>
    app.as(people[person]).send(method, path, body);

  it('are answered as the table says', async () => {
    let count = 0;
    for (const [method, path, statuses] of expected)
      for (const [index, person] of names.entries()) {
        const id = `job-${(count += 1)}`;
        await put(id);
        const body = method === 'PATCH' ? { statusCode: 'x', statusMessage: 'y' } : undefined;
        const { status, body: answer } = await call(person, method, path.replace('JOB', id), body);
        const found = `${person} ${method} ${path}: ${status} ${JSON.stringify(answer)}`;
        assert.equal(status, statuses[index], found.slice(0, 300));
        if (person === 'stranger' && path.endsWith('s')) assert.ok(!found.includes('job-'), found);
      }
  });

  it('see all jobs in rows and counts, scientists their own', async () => {
    await put('mine');
    const total = await app.collection('Job').countDocuments();
    for (const [person, seen] of [
      ['viewer', total],
      ['operator', total],
      ['stranger', 0],
    ] as const) {
      const rows = await call(person, 'GET', '/api/v4/jobs/rows?unfinished=true&limit=200');
      assert.equal((rows.body['items'] as unknown[]).length, seen, person);
      const counts = await call(person, 'GET', '/api/v4/jobs/counts');
      const sum = (counts.body['unfinished'] as { count: number }[]).reduce((a, { count }) => a + count, 0);
      assert.equal(sum, seen, person);
    }
  });

  it('leave who cancelled, when and why, at once and once', async () => {
    await put('cancelled', { updatedAt: new Date(0) });
    const path = '/api/v4/jobs/cancelled';
    const reason = 'wrong run';
    for (const bad of ['no', 'x'.repeat(501), 7, [[]]])
      assert.equal((await call('operator', 'POST', `${path}/cancel`, { reason: bad })).status, 400);
    const missing = await call('operator', 'POST', `${path}/cancel`);
    assert.equal(missing.body['code'], 'operations.reason-missing');
    const both = await Promise.all([
      call('operator', 'POST', `${path}/cancel`, { reason }),
      call('admin', 'POST', `${path}/cancel`, { reason: 'another' }),
    ]);
    assert.deepEqual(
      both.map(({ status }) => status),
      [202, 202],
    );
    const { body } = await call('scientist', 'GET', `${path}/overview`);
    const row = body['job'] as Fields;
    const cancel = row['cancel'] as Fields;
    const history = (await call('scientist', 'GET', `${path}/history`)).body as unknown as Fields[];
    assert.equal(history.length, 1);
    assert.deepEqual([history[0]!['by'], history[0]!['reason']], [cancel['by'], cancel['reason']]);
    assert.equal(row['cancelRequested'], true);
    assert.ok(Date.parse(String(row['updatedAt'])) > 0);
    assert.equal((body['unsent'] as Fields[])[0]?.['type'], 'catalog.job-cancel-requested.v1');
  });

  it('leave one entry in the audit trail for each cancel and retry, under their own names', async () => {
    const entries = async (subject: string): Promise<Fields[]> => {
      const answer = await fetch(`${app.base}/api/v4/operations/audit?subject=${subject}`, {
        headers: { authorization: 'Bearer operations-token' },
      });
      return ((await answer.json()) as { items: Fields[] }).items;
    };
    await put('audited');
    // Nobody fills the trail who may not, or is too late.
    await call('stranger', 'POST', '/api/v4/jobs/audited/cancel');
    await call('operator', 'POST', '/api/v4/jobs/audited/cancel');
    await call('operator', 'POST', '/api/v4/jobs/audited/cancel', { reason: 'wrong run' });
    await call('admin', 'POST', '/api/v4/jobs/audited/cancel', { reason: 'me too' });
    const found = await entries('job/audited');
    assert.deepEqual(
      found.map(({ action, by, via, outcome, reason, jobId }) => [action, by, via, outcome, reason, jobId]),
      [['job.cancel', 'sampleIngestor', 'token', 'done', 'wrong run', 'audited']],
    );
    const stranger = await call('stranger', 'GET', '/api/v4/operations/audit');
    assert.equal(stranger.status, 403, 'a token of a user is none of an operator');
  });

  it('hear from the catalogue why jobs wait: what it has not sent, who cancels them, who else runs them', async () => {
    const old = new Date(Date.now() - 60_000);
    const row = (more: Fields) => ({ id: 'r', time: old, awaits: ['job-assembler'], ...more });
    await put('unsent', {}, { outbox: { rows: [row({})] } });
    await put('unaccepted', {}, { outbox: { rows: [row({ publishedAt: old })] } });
    await put('others', { updatedBy: 'tape-robot', updatedAt: old }, { workflow: 'none' });
    await put('ending', {}, { cancelRequested: true, cancel: { by: 'ada', at: old, reason: 'wrong run' } });
    const ids = ['unsent', 'unaccepted', 'others', 'ending', 'none'];
    const answer = await fetch(
      `${app.base}/api/v4/operations/why?${ids.map((id) => `jobId=${id}`).join('&')}`,
      {
        headers: { authorization: 'Bearer operations-token' },
      },
    );
    const { jobs } = (await answer.json()) as {
      jobs: Record<string, { known: boolean; facts: { code: string; since: string; facts: Fields }[] }>;
    };
    const since = old.toISOString();
    assert.deepEqual(
      ids.map((id) => jobs[id]?.facts.map((fact) => [fact.code, fact.since, fact.facts])),
      [
        [['catalog.unsent', since, {}]],
        [['catalog.unaccepted', since, { app: 'job-assembler' }]],
        [['external', since, { status: 'inProgress', by: 'tape-robot' }]],
        [['cancel.waiting', since, { by: 'ada', reason: 'wrong run' }]],
        [],
      ],
    );
    assert.deepEqual([jobs['unsent']?.known, jobs['none']?.known], [true, false]);
  });

  it('retry for the owner, with the owner’s rights', async () => {
    const dataset = {
      _id: 'own/1',
      pid: 'own/1',
      ownerGroup: 'group1',
      datasetlifecycle: { archivable: true },
    };
    await app.collection('Dataset').insertOne({ ...dataset, accessGroups: [], isPublished: false, size: 1 });
    const jobParams = { datasetList: [{ pid: 'own/1', files: [] }] };
    const failed = {
      statusCode: 'finishedUnsuccessful',
      jobResultObject: { bad: [{ pid: 'own/1' }] },
      jobParams,
    };
    await put('failed', failed, { finished: true, unfinished: undefined });
    assert.equal((await call('viewer', 'POST', '/api/v4/jobs/failed/retry')).status, 400);
    const { status, body } = await call('operator', 'POST', '/api/v4/jobs/failed/retry');
    assert.equal(status, 201, JSON.stringify(body));
    assert.deepEqual([body['ownerUser'], body['ownerGroup']], ['user1', 'group1']);
    const overview = (await call('scientist', 'GET', '/api/v4/jobs/failed/overview')).body;
    assert.deepEqual((overview['job'] as Fields)['retriedBy'], [body['id']]);
    assert.equal((overview['retries'] as Fields[])[0]?.['retryOf'], 'failed');
    const history = (await call('scientist', 'GET', '/api/v4/jobs/failed/history'))
      .body as unknown as Fields[];
    assert.deepEqual([history.at(-1)?.['event'], history.at(-1)?.['by']], ['retried', 'sampleIngestor']);
    // A dataset that has left the owner's group meanwhile is not archived for him.
    await app.collection('Dataset').updateOne({ _id: 'own/1' }, { $set: { ownerGroup: 'group2' } });
    await put('failed-too', failed, { finished: true, unfinished: undefined });
    assert.equal((await call('operator', 'POST', '/api/v4/jobs/failed-too/retry')).status, 403);
  });

  it('are told what they may do, and by which rule', async () => {
    const of = async (person: keyof typeof people): Promise<readonly Capability[]> =>
      (await call(person, 'GET', '/api/v4/users/my/capabilities')).body['capabilities'] as never;
    const viewer = await of('viewer');
    assert.deepEqual(
      viewer.filter(({ reach }) => reach === 'all'),
      ['operations.audit', 'operations.read'].map((action) => ({
        ...{ action, rule: 'operationsViewer', reach: 'all' },
      })),
    );
    const scientist = await of('scientist');
    assert.deepEqual(
      scientist.map(({ action, rule }) => `${action} ${rule}`),
      [
        ...['job.cancel #jobOwnerGroup', 'job.cancel #jobOwnerUser', 'job.link #jobOwnerUser'],
        ...['job.retry #datasetOwner', 'job.retry #datasetAccess', 'retrieved.extend #jobOwnerUser'],
      ],
    );
    const [operator, admin] = [await of('operator'), await of('admin')];
    assert.ok(operator.some(({ action, rule }) => action === 'limits.set' && rule === 'operator'));
    assert.ok(!operator.some(({ action }) => action === 'parking-lot.edit'));
    assert.ok(admin.some(({ action, rule }) => action === 'parking-lot.edit' && rule === 'admin'));
    assert.equal((await app.anonymous.get('/api/v4/users/my/capabilities')).status, 401);
  });

  it('see ten thousand datasets page by page', async () => {
    const datasetList = Array.from({ length: 10_000 }, (_, index) => ({ pid: `big/${index}`, files: [] }));
    await put('big', { jobParams: { datasetList } });
    const seen: string[] = [];
    let next = '';
    for (let pages = 0; pages < 3; pages += 1) {
      const { body } = await call('operator', 'GET', `/api/v4/jobs/big/overview?limit=200${next}`);
      assert.ok(JSON.stringify(body).length < 200_000);
      const datasets = body['datasets'] as { items: { pid: string; state: string }[]; next?: string };
      seen.push(...datasets.items.map(({ pid }) => pid));
      next = `&after=${datasets.next}`;
    }
    assert.deepEqual(
      seen,
      datasetList.slice(0, 600).map(({ pid }) => pid),
    );
    const last = await call('operator', 'GET', '/api/v4/jobs/big/overview?limit=200&after=9900');
    assert.equal((last.body['datasets'] as Fields)['next'], undefined);
    assert.equal((await call('operator', 'GET', '/api/v4/jobs/big/overview?skip=1')).status, 400);
  });
});
