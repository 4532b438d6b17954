import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '#messaging/testing';
import { startStack, type ServiceName, type Stack } from '../../tools/local-stack/src/index.js';
import { WhyPages } from '../support/browser/why-pages.js';
import { datasetInSourceFolder, sampleFiles, type TestDataset } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import { Operations, Whys } from '../support/operations.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

describe('An outage', () => {
  let directory: string;
  let stack: Stack;
  const seen = verdict();
  let installation: Installation;
  let client: ScicatClient;
  let ledger: Ledger;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'catena-outages-'));
    stack = await startStack({
      dataDirectory: directory,
      log: () => undefined,
      environment: withoutServices(),
    });
    installation = await Installation.create({
      services: stack.environment,
      ...{ console: true, shares: 2 },
      // So few and short that an outage outlasts them all.
      environment: { LTS_COPIES: '2', DATABLOCK_MOST_FILES: '2', CATENA_RETRY_TIERS: '200ms,500ms' },
    });
    await installation.start();
    client = await installation.client('demo');
    ledger = new Ledger(installation, client);
    // A quorum queue that was declared a moment ago does not survive a hard kill (messaging notes, section 0.2).
    await sleep(5000);
  });
  after(async () => {
    await installation.stop(seen.failed);
    await stack.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const datasets = (count: number): Promise<TestDataset[]> =>
    Promise.all(
      Array.from({ length: count }, () => datasetInSourceFolder(installation, client, sampleFiles(200_000))),
    );

  /** Posts one job a dataset, lets `fault` happen in the midst of it, and expects every job to end well. */
  async function survives(fault: () => Promise<void>, count = 6): Promise<void> {
    const sets = await datasets(count);
    const ids: string[] = [];
    const posting = (async () => {
      for (const [index, { pid }] of sets.entries()) {
        const body = { type: 'archive', jobParams: {}, datasetList: [{ pid, files: [] }] };
        const { status, body: job } = await client.patiently('POST', '/api/v3/Jobs', body, {
          'idempotency-key': `${pid} ${index}`,
        });
        assert.equal(status, 201, JSON.stringify(job));
        ids.push(String(job['id']));
        await sleep(100);
      }
    })();
    await sleep(250);
    await fault();
    await posting;
    for (const id of ids) {
      const { statusCode, statusMessage } = await client.jobEnd(id, 120_000);
      assert.equal(statusCode, 'finishedSuccessful', statusMessage);
    }
    for (const id of ids) await ledger.jobEndedOnce(id, 'finishedSuccessful');
    for (const set of sets) await ledger.datasetIsArchived(set);
  }

  async function parked(app: 'job-assembler'): Promise<unknown> {
    const { ports, secrets } = installation.settings;
    const response = await fetch(`http://127.0.0.1:${ports[app]}/api/v4/operations/parking-lot`, {
      headers: { authorization: `Bearer ${secrets.operationsTokens[app]}` },
    });
    assert.equal(response.status, 200, await response.clone().text());
    return response.json();
  }

  const service = (name: ServiceName) => stack.service(name);

  it('of the broker, restarted in good order, loses nothing', () =>
    survives(() => service('rabbitmq').restart()));

  it('of the broker, killed, loses nothing', () =>
    survives(async () => {
      await service('rabbitmq').kill();
      await service('rabbitmq').start();
    }));

  it('of the disk of the broker, which takes no message then, loses nothing: jobs are accepted meanwhile', async () => {
    const advanced = join(directory, 'rabbitmq', 'etc', 'advanced.config');
    const sets = await datasets(4);
    await service('rabbitmq').stop();
    // More than any disk has: whoever publishes is blocked.
    await writeFile(advanced, '[{rabbit, [{disk_free_limit, 1000000000000000}]}].\n');
    await service('rabbitmq').start();
    const ids: string[] = [];
    for (const { pid } of sets) {
      const { status, body } = await client.postJob('archive', [pid]);
      assert.equal(status, 201, JSON.stringify(body));
      ids.push(String(body['id']));
    }
    // Long enough for each app to try, and to try again.
    await sleep(5000);
    for (const id of ids) assert.equal((await client.job(id)).statusCode, 'jobSubmitted');
    await service('rabbitmq').stop();
    await rm(advanced);
    await service('rabbitmq').start();
    for (const id of ids) {
      const { statusCode, statusMessage } = await client.jobEnd(id, 120_000);
      assert.equal(statusCode, 'finishedSuccessful', statusMessage);
      await ledger.jobEndedOnce(id, 'finishedSuccessful');
    }
    for (const set of sets) await ledger.datasetIsArchived(set);
  });

  it('of the database, restarted, loses nothing', () => survives(() => service('mongodb').restart()));

  it('of the database, killed, loses nothing', () =>
    survives(async () => {
      await service('mongodb').kill();
      await service('mongodb').start();
    }));

  it('of the database, longer than all retries of a message, parks nothing', async () => {
    const assembler = installation.apps['job-assembler'];
    const [set] = await datasets(1);
    assembler.signal('SIGSTOP');
    const { body } = await client.postJob('archive', [set!.pid]);
    // By now its message waits in the inbox of the sleeper.
    await sleep(1000);
    await service('mongodb').stop();
    assembler.signal('SIGCONT');
    await sleep(20_000);
    await service('mongodb').start();
    const end = await client.jobEnd(String(body['id']), 120_000);
    assert.equal(end.statusCode, 'finishedSuccessful', end.statusMessage);
    await ledger.datasetIsArchived(set!);
    assert.deepEqual(await parked('job-assembler'), { items: [] });
  });

  it('of object storage, restarted, loses nothing', () => survives(() => service('s3').restart()));

  it('of everything at once, apps killed, is healed by starting again', () =>
    survives(async () => {
      for (const name of installation.members) installation.apps[name].signal('SIGKILL');
      await Promise.all([service('rabbitmq').kill(), service('mongodb').kill(), service('s3').kill()]);
      await Promise.all(installation.members.map((name) => installation.apps[name].whenEnded()));
      // Apps first, services later: they wait for them without dying.
      for (const name of installation.members) installation.apps[name].start();
      await sleep(1000);
      await Promise.all([service('rabbitmq').start(), service('mongodb').start(), service('s3').start()]);
      await Promise.all(installation.members.map((name) => installation.apps[name].whenReady()));
    }));

  it('of long-term storage (not mounted) makes jobs wait, not fail', () =>
    survives(async () => {
      const share = installation.shares[1]!;
      await rename(share, `${share}.away`);
      await sleep(3000);
      await rename(`${share}.away`, share);
    }));

  it('of space on long-term storage makes jobs wait until there is room', async () => {
    const archiver = installation.apps.archiver;
    await archiver.stop();
    archiver.start({ LTS_RESERVE: '4000TiB' });
    await archiver.whenReady();
    const [set] = await datasets(1);
    const { body } = await client.postJob('archive', [set!.pid]);
    // Nobody has to read a log for the reason.
    await until(async () => {
      const { body: told } = await client.call<{ waitsFor?: string[] }>(
        'GET',
        `/api/v4/jobs/${String(body['id'])}/progress`,
      );
      return told.waitsFor?.some((reason) => /^the archiver, which says: /.test(reason)) === true;
    });
    assert.equal((await client.job(String(body['id']))).statusCode, 'inProgress');
    assert.deepEqual(await ledger.tarsOf(installation.shares[0]!, set!.pid), []);
    await archiver.stop();
    archiver.start();
    assert.equal((await client.jobEnd(String(body['id']))).statusCode, 'finishedSuccessful');
    await ledger.datasetIsArchived(set!);
  });

  it('of one worker that sleeps longer than its lease leaves one good copy of everything', async () => {
    const second = await installation.another('archiver');
    try {
      await survives(async () => {
        await until(
          async () =>
            (await client.call<unknown[]>('GET', '/api/v4/jobs?filter={"where":{"statusCode":"inProgress"}}'))
              .body.length > 0,
        );
        installation.apps.archiver.signal('SIGSTOP');
        await sleep(7000);
        installation.apps.archiver.signal('SIGCONT');
      });
    } finally {
      await second.stop();
    }
  });

  it('while nobody is there: the API takes jobs and says what is missing', async () => {
    const pages = await WhyPages.of(installation);
    const [operations, whys] = [new Operations(installation), new Whys(installation, pages)];
    const [planned, set] = await datasets(2);
    const limitIs = async (global: number | null): Promise<void> => {
      const { etag } = await operations.call('job-assembler', 'limits');
      await operations.good('job-assembler', 'limits', {
        ...{ method: 'PUT', headers: { 'if-match': etag ?? '' } },
        body: { limits: { global }, reason: 'released while the broker is away' },
      });
    };
    await limitIs(0);
    const early = String((await client.postJob('archive', [planned!.pid])).body['id']);
    await whys.waitsFor(early, 'limit.global');
    await service('rabbitmq').stop();
    await limitIs(null);
    await whys.says(early, 'work.unsent');
    const { status, body } = await client.postJob('archive', [set!.pid]);
    assert.equal(status, 201, 'a job is accepted while the broker is away');
    const health = await client.call<{ status: string; details: { broker: { status: string } } }>(
      'GET',
      '/api/v3/health',
    );
    assert.deepEqual([health.status, health.body.details.broker.status], [503, 'down']);
    assert.equal((await client.call('GET', '/api/v3/health/live')).status, 200);
    await whys.waitsFor(String(body['id']), 'catalog.unsent');
    await pages.stop();
    await service('rabbitmq').start();
    for (const id of [early, String(body['id'])])
      assert.equal((await client.jobEnd(id, 120_000)).statusCode, 'finishedSuccessful');
    for (const one of [planned!, set!]) await ledger.datasetIsArchived(one);
  });

  it('of the database answers 503 and stores nothing', async () => {
    const [set] = await datasets(1);
    await service('mongodb').stop();
    const { status, body } = await client.postJob('archive', [set!.pid]);
    assert.equal(status, 503, JSON.stringify(body));
    await service('mongodb').start();
    await until(
      async () => (await client.call('GET', '/api/v3/health').catch(() => ({ status: 0 }))).status === 200,
      60_000,
    );
    await ledger.datasetIsUntouched(set!, 'datasetCreated');
  });
});

/** This process's environment without the shared services: these are ours to kill. */
function withoutServices(): NodeJS.ProcessEnv {
  const { MONGODB_URI: _m, RABBITMQ_URL: _r, S3_ENDPOINT: _s, ...rest } = process.env;
  return rest;
}
