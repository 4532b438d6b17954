import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { open, readdir, readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'amqplib';
import { registry } from '#contracts';
import { pidAsName } from '#kernel';
import { until } from '#messaging/testing';
import { datasetInLandingZone, datasetInSourceFolder, sampleFiles } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import type { Job, ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

describe('A job', () => {
  const seen = verdict();
  let installation: Installation;
  let client: ScicatClient;
  let ledger: Ledger;

  before(async () => {
    installation = await Installation.create();
    await installation.start();
    client = await installation.client('demo');
    ledger = new Ledger(installation, client);
  });
  after(() => installation.stop(seen.failed));

  const idOf = ({ status, body }: { status: number; body: Record<string, unknown> }): string => {
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['id']);
  };

  it('for a dataset that another job holds is refused, and the answer names that job', async () => {
    const { pid } = await datasetInSourceFolder(installation, client);
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.postJob('archive', [pid])));
    const accepted = answers.filter(({ status }) => status === 201);
    assert.equal(accepted.length, 1, JSON.stringify(answers));
    const winner = String(accepted[0]!.body['id']);
    for (const { status, body } of answers.filter((answer) => answer.status !== 201)) {
      // 503: the winner was not stored yet.
      assert.ok(status === 409 || status === 503, JSON.stringify(body));
      assert.ok(body['jobId'] === winner || body['jobId'] === undefined, JSON.stringify(body));
    }
    await ledger.jobEndedOnce((await client.jobEnd(winner)).id, 'finishedSuccessful');
  });

  it('has one trace, from the request that posted it to its last message', async () => {
    const trace = randomBytes(16).toString('hex');
    const connection = await connect(installation.settings.services['RABBITMQ_URL'] ?? '');
    try {
      const channel = await connection.createChannel();
      const { queue } = await channel.assertQueue('', { exclusive: true });
      for (const { type } of registry)
        await channel.bindQueue(queue, `${installation.settings.prefix}.${type.split('.')[0]!}`, type);
      const { pid } = await datasetInLandingZone(installation, client);
      type Told = { type: string; traceparent: string; data: { jobId?: string } };
      const told: Told[] = [];
      await channel.consume(
        queue,
        (message) => told.push(JSON.parse(message?.content.toString() ?? '{}') as Told),
        { noAck: true },
      );
      const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
      const id = idOf(await client.postJob('archive', [pid], headers));
      assert.equal((await client.jobEnd(id)).statusCode, 'finishedSuccessful');
      // The last message of all: the originals are released after the end.
      const ours = (): Told[] => told.filter(({ data }) => data.jobId === id);
      await until(() => Promise.resolve(ours().some(({ type }) => type.includes('originals-released'))));
      assert.ok(new Set(ours().map(({ type }) => type)).size >= 9, JSON.stringify(ours()));
      for (const { type, traceparent } of ours()) assert.equal(traceparent.split('-')[1], trace, type);
    } finally {
      await connection.close();
    }
  });

  it('posted twice under one Idempotency-Key is one job; another body under the key is refused', async () => {
    const one = await datasetInSourceFolder(installation, client);
    const other = await datasetInSourceFolder(installation, client);
    const key = { 'idempotency-key': 'the same' };
    const answers = await Promise.all([1, 2, 3].map(() => client.postJob('archive', [one.pid], key)));
    const ids = new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body['id']));
    assert.equal(ids.size, 1);
    assert.ok(
      answers.every(({ status }) => [201, 409, 503].includes(status)),
      JSON.stringify(answers),
    );
    const [id] = [...ids];
    assert.equal(idOf(await client.postJob('archive', [one.pid], key)), id);
    assert.equal((await client.postJob('archive', [other.pid], key)).status, 422);
    await client.jobEnd(String(id));
    await ledger.datasetIsArchived(one);
    await ledger.datasetIsUntouched(other, 'datasetCreated');
  });

  it('shows its life as server-sent events and ends the stream', async () => {
    const { pid } = await datasetInSourceFolder(installation, client, sampleFiles(30_000_000));
    const id = idOf(await client.postJob('archive', [pid]));
    const { body: login } = await client.call('POST', '/api/v3/auth/login', {
      username: 'demo',
      password: installation.settings.secrets.accounts.demo,
    });
    const response = await fetch(`${installation.url}/api/v4/jobs/${id}/events`, {
      headers: { authorization: `Bearer ${String(login['access_token'])}` },
    });
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    const text = await response.text();
    assert.match(
      text,
      /event: status\ndata: \{"statusCode":"jobSubmitted"|event: status\ndata: \{"statusCode":"inProgress"/,
    );
    assert.match(text, /event: progress\ndata: \{"bytesDone":\d+,"bytesTotal":\d+/);
    assert.match(text, /event: end\ndata: \{"statusCode":"finishedSuccessful"/);
    assert.equal((await fetch(`${installation.url}/api/v4/jobs/${id}/events`)).status, 403);
  });

  it('is seen by its owners and administrators only', async () => {
    const { pid } = await datasetInSourceFolder(installation, client);
    const id = idOf(await client.postJob('archive', [pid]));
    await client.jobEnd(id);
    const stranger = await installation.client('stranger');
    for (const path of ['', '/history', '/events'])
      assert.equal((await stranger.call('GET', `/api/v4/jobs/${id}${path}`)).status, 403, path);
    assert.equal((await stranger.call<Job[]>('GET', '/api/v4/jobs')).body.length, 0);
    assert.equal((await stranger.call('POST', `/api/v4/jobs/${id}/cancel`)).status, 403);
    assert.equal((await (await installation.client('admin')).call('GET', `/api/v3/jobs/${id}`)).status, 200);
    assert.equal((await client.call('GET', '/api/v4/jobs/unknown')).status, 400);
  });

  it('is changed by nobody but Catena while Catena runs it', async () => {
    const { pid } = await datasetInSourceFolder(installation, client, sampleFiles(20_000_000));
    const id = idOf(await client.postJob('archive', [pid]));
    const answer = await client.call('PATCH', `/api/v3/jobs/${id}`, {
      jobStatusMessage: 'finishedSuccessful',
    });
    assert.ok(
      answer.status === 409 || (await client.job(id)).statusCode === 'finishedSuccessful',
      JSON.stringify(answer),
    );
    await ledger.jobEndedOnce((await client.jobEnd(id)).id, 'finishedSuccessful');
  });

  it('whose dataset vanishes from the catalogue under it fails, and says why', async () => {
    const { archiver } = installation.apps;
    await archiver.stop();
    const { pid } = await datasetInSourceFolder(installation, client);
    const id = idOf(await client.postJob('archive', [pid]));
    await client.whenArchivingStarted(pid);
    await installation.withDatabase('catalog-api', async (database) => {
      assert.equal((await database.collection('Dataset').deleteOne({ pid })).deletedCount, 1);
    });
    archiver.start();
    await archiver.whenReady();
    const end = await client.jobEnd(id);
    assert.equal(end.statusCode, 'finishedUnsuccessful', end.statusMessage);
    assert.deepEqual(
      end.jobResultObject.bad?.map(({ code }) => code),
      ['catalog.dataset-missing'],
    );
    await ledger.jobEndedOnce(id, 'finishedUnsuccessful');
  });

  it('that is cancelled stops, cleans up, and leaves its datasets as they were', async () => {
    const archiver = installation.apps.archiver;
    await archiver.stop();
    const dataset = await datasetInSourceFolder(installation, client);
    const id = idOf(await client.postJob('archive', [dataset.pid]));
    await until(async () => (await client.job(id)).statusCode === 'inProgress');
    assert.equal((await client.call('POST', `/api/v4/jobs/${id}/cancel`)).status, 202);
    archiver.start();
    await archiver.whenReady();
    const end = await client.jobEnd(id);
    if (end.statusCode === 'jobCancel') {
      await ledger.datasetIsUntouched(dataset, 'datasetCreated');
      await until(async () => (await ledger.tarsOf(installation.shares[0]!, dataset.pid)).length === 0);
    } else await ledger.datasetIsArchived(dataset);
    await ledger.jobEndedOnce(id, end.statusCode);
    assert.equal(
      (await client.call('POST', `/api/v4/jobs/${id}/cancel`)).status,
      202,
      'cancelling again changes nothing',
    );
    await ledger.jobEndedOnce(id, end.statusCode);
    // A script that asks again and again leaves one trace of it.
    for (let again = 0; again < 3; again += 1) await client.call('POST', `/api/v4/jobs/${id}/cancel`);
    const { body } = await client.call<{ by: string; statusMessage: string }[]>(
      'GET',
      `/api/v4/jobs/${id}/history`,
    );
    const asked = body.filter(({ by }) => by === 'demo').map(({ statusMessage }) => statusMessage);
    assert.deepEqual(asked.slice(-2), [
      'Cancel requested.',
      'Cancel requested after the end: nothing was changed.',
    ]);
    const isLate = body.some(({ statusMessage }) => statusMessage === 'The cancel request came too late.');
    assert.equal(isLate, end.statusCode !== 'jobCancel');
  });

  it('that is cancelled at any moment has one end, and the catalogue says what is true', async () => {
    for (let delay = 0; delay < 1200; delay += 120) {
      const dataset = await datasetInLandingZone(installation, client);
      const id = idOf(await client.postJob('archive', [dataset.pid]));
      await sleep(delay);
      await client.call('POST', `/api/v4/jobs/${id}/cancel`);
      const end = await client.jobEnd(id);
      await ledger.jobEndedOnce(id, end.statusCode);
      if (end.statusCode === 'finishedSuccessful') await ledger.datasetIsArchived(dataset);
      else {
        assert.equal(end.statusCode, 'jobCancel', end.statusMessage);
        await ledger.datasetIsUntouched(dataset, 'datasetCreated');
        await until(async () => (await ledger.tarsOf(installation.shares[0]!, dataset.pid)).length === 0);
        const again = idOf(await client.postJob('archive', [dataset.pid]));
        assert.equal(
          (await client.jobEnd(again)).statusCode,
          'finishedSuccessful',
          'the originals are still there',
        );
      }
    }
  });

  it('releases originals in the landing zone only after the catalogue lists the verified datablocks', async () => {
    const dataset = await datasetInLandingZone(installation, client);
    const landed = async (): Promise<number> =>
      (
        await client.call<unknown[]>(
          'GET',
          `/api/v4/datasets/${encodeURIComponent(dataset.pid)}/landing-zone`,
        )
      ).body.length;
    assert.equal(await landed(), dataset.files.length);
    const id = idOf(await client.postJob('archive', [dataset.pid]));
    await client.jobEnd(id);
    await ledger.datasetIsArchived(dataset);
    // The listing is refused now; the store itself knows.
    const admin = await client.call(
      'GET',
      `/api/v4/datasets/${encodeURIComponent(dataset.pid)}/landing-zone`,
    );
    assert.equal(admin.status, 409);
    await until(async () => (await installation.originalsLeft(dataset.pid)) === 0);
  });

  it('that retrieves what others retrieve at the same time shares one recall', async () => {
    const dataset = await datasetInSourceFolder(installation, client, sampleFiles(20_000_000));
    await client.jobEnd(idOf(await client.postJob('archive', [dataset.pid])));
    const ids = await Promise.all(
      Array.from({ length: 8 }, async () => idOf(await client.postJob('retrieve', [dataset.pid]))),
    );
    const ends = await Promise.all(ids.map((id) => client.jobEnd(id)));
    for (const end of ends) await ledger.jobEndedOnce(end.id, 'finishedSuccessful');
    const log = await readFile(installation.apps.archiver.options.logFile, 'utf8');
    const recalls = log
      .split('\n')
      .filter((line) => line.includes('recall begins') && line.includes(pidAsName(dataset.pid)));
    assert.equal(recalls.length, 1, 'one physical recall');
    const [copy] = ends[0]!.jobResultObject.result ?? [];
    assert.ok(copy && new Date(copy.expiresAt) > new Date());
    assert.equal((await fetch(copy.url)).status, 200);
    assert.equal(
      (await fetch(copy.url.replace(/X-Amz-Signature=\w+/, `X-Amz-Signature=${'0'.repeat(64)}`))).ok,
      false,
    );
  });

  it('that finds a damaged copy fails loudly and hands out nothing', async () => {
    const dataset = await datasetInSourceFolder(installation, client);
    await client.jobEnd(idOf(await client.postJob('archive', [dataset.pid])));
    const [archiveId] = await ledger.tarsOf(installation.shares[0]!, dataset.pid);
    const file = await open(`${installation.shares[0]}/${archiveId}`, 'r+');
    await file.write(Buffer.from([0x5a, 0xa5]), 0, 2, 1_000_000);
    await file.close();
    for (const type of ['verify', 'retrieve']) {
      const end = await client.jobEnd(idOf(await client.postJob(type, [dataset.pid])));
      assert.equal(end.statusCode, 'finishedUnsuccessful', type);
      assert.deepEqual(
        [end.jobResultObject.bad?.[0]?.code, end.jobResultObject.bad?.[0]?.fault],
        ['archiver.copy-damaged', 'system'],
      );
      assert.deepEqual(end.jobResultObject.result, []);
    }
    assert.equal(
      (await client.dataset(dataset.pid)).datasetlifecycle['retrievable'],
      true,
      'another copy may be restored',
    );
  });

  it('whose executionTime is still to come waits for it, says so, and begins then or ends when it is cancelled', async () => {
    const [soon, late] = [
      await datasetInSourceFolder(installation, client),
      await datasetInSourceFolder(installation, client),
    ];
    const post = (pid: string, executionTime: unknown) =>
      client.call('POST', '/api/v3/Jobs', {
        type: 'archive',
        datasetList: [{ pid, files: [] }],
        executionTime,
      });
    const night = new Date(Date.now() + 86_400_000).toISOString();
    const waiting = idOf(await post(late.pid, night));
    const near = new Date(Date.now() + 4000).toISOString();
    const id = idOf(await post(soon.pid, near));

    const { body: job } = await client.call('GET', `/api/v4/jobs/${waiting}`);
    assert.ok(String(job['statusMessage']).includes(night), JSON.stringify(job));
    const { body: progress } = await client.call('GET', `/api/v4/jobs/${waiting}/progress`);
    assert.ok(String(progress['waitsFor']).includes(`begins at ${night}`), JSON.stringify(progress));
    assert.equal((await client.postJob('archive', [late.pid])).status, 409, 'it holds its dataset');

    await ledger.jobEndedOnce((await client.jobEnd(id)).id, 'finishedSuccessful');
    const { body: history } = await client.call<{ at: string }[]>('GET', `/api/v4/jobs/${id}/history`);
    const [, ...afterwards] = history;
    assert.ok(afterwards.length > 0);
    for (const { at } of afterwards) assert.ok(at >= near, `${at} is not before ${near}`);
    await ledger.datasetIsArchived(soon);

    const { body: untouched } = await client.call<unknown[]>('GET', `/api/v4/jobs/${waiting}/history`);
    assert.equal(untouched.length, 1, 'the other one has not begun');
    assert.equal((await client.call('POST', `/api/v4/jobs/${waiting}/cancel`)).status, 202);
    await ledger.jobEndedOnce((await client.jobEnd(waiting)).id, 'jobCancel');
    await ledger.jobEndedOnce(
      (await client.jobEnd(idOf(await client.postJob('archive', [late.pid])))).id,
      'finishedSuccessful',
    );
  });

  it('with many datasets ends as one', async () => {
    const sets = await Promise.all(
      Array.from({ length: 30 }, () => datasetInSourceFolder(installation, client, sampleFiles(1000))),
    );
    const id = idOf(
      await client.postJob(
        'archive',
        sets.map(({ pid }) => pid),
      ),
    );
    await ledger.jobEndedOnce((await client.jobEnd(id, 120_000)).id, 'finishedSuccessful');
    for (const set of sets) await ledger.datasetIsArchived(set);
    assert.equal((await readdir(installation.shares[0]!)).length >= 30, true);
  });
});
