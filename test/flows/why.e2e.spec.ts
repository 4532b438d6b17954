import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import type { Why } from '#console-api';
import { Naming } from '#messaging';
import { until } from '#messaging/testing';
import { WhyPages } from '../support/browser/why-pages.js';
import { datasetInSourceFolder, type TestDataset } from '../support/datasets.js';
import { Installation } from '../support/installation.js';
import { Operations, Whys } from '../support/operations.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

interface ListReference {
  readonly bucket: string;
  readonly key: string;
}

const told = { reason: 'a test of why' };

describe('Why a job waits, and what operators do about it', () => {
  const seen = verdict();
  let installation: Installation;
  let operations: Operations;
  let client: ScicatClient;
  let whys: Whys;
  let pages: WhyPages;
  let connection: ChannelModel;
  let channel: ConfirmChannel;

  before(async () => {
    installation = await Installation.create({
      console: true,
      // However slowly a page is read, what is tried again is not given up meanwhile.
      environment: { ARCHIVER_SILENCE: '3s', ARCHIVER_WORKERS: '1', ARCHIVER_MOST_ATTEMPTS: '10000' },
    });
    await installation.start();
    operations = new Operations(installation);
    client = await installation.client('demo');
    pages = await WhyPages.of(installation);
    whys = new Whys(installation, pages);
    connection = await connect(installation.settings.services['RABBITMQ_URL'] ?? '');
    channel = await connection.createConfirmChannel();
  });
  after(async () => {
    await connection.close();
    await pages.stop();
    await installation.stop(seen.failed, true);
  });

  const waitsFor = (id: string, code: string, limit?: number): Promise<Why> => whys.waitsFor(id, code, limit);
  const post = async ({ pid }: TestDataset, type = 'archive'): Promise<string> => {
    const { status, body } = await client.postJob(type, [pid]);
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['id']);
  };
  const newJob = async (): Promise<string> => post(await datasetInSourceFolder(installation, client));
  const endsWell = async (id: string): Promise<void> => {
    const end = await client.jobEnd(id);
    assert.equal(end.statusCode, 'finishedSuccessful', end.statusMessage);
    // Its certificate may still be on its way.
    await until(async () => (await whys.of(id)).headline === undefined);
  };
  const pause = async (scope: string, mode = 'pause'): Promise<string> =>
    String((await operations.good('job-assembler', 'pauses', { body: { scope, mode, ...told } }))['id']);
  const resume = (id: string): Promise<unknown> =>
    operations.good('job-assembler', `pauses/${encodeURIComponent(id)}`, { method: 'DELETE', body: told });
  const setLimits = async (limits: Record<string, number | null>): Promise<void> => {
    const { etag } = await operations.call('job-assembler', 'limits');
    const headers = { 'if-match': etag ?? '' };
    await operations.good('job-assembler', 'limits', { method: 'PUT', body: { limits, ...told }, headers });
  };

  it('while the archiver is stopped: nobody has accepted its work, and who does not answer is named', async () => {
    await installation.apps.archiver.stop();
    const id = await newJob();
    const { headline, missing } = await waitsFor(id, 'work.unaccepted');
    assert.equal(headline?.app, 'job-assembler');
    assert.deepEqual(
      missing.map(({ app, code }) => [app, code]),
      [['archiver', 'app.silent']],
    );
    installation.apps.archiver.start();
    await installation.apps.archiver.whenReady();
    await endsWell(id);
  });

  it('while the archiver is frozen with its work', async () => {
    const share = installation.shares[0]!;
    await rename(share, `${share}.away`);
    const id = await newJob();
    const waiting = await waitsFor(id, 'work.waiting');
    assert.match(JSON.stringify(waiting.headline?.facts), /./);
    installation.apps.archiver.signal('SIGSTOP');
    const { missing } = await waitsFor(id, 'work.silent');
    assert.equal(missing[0]?.app, 'archiver');
    installation.apps.archiver.signal('SIGCONT');
    await waitsFor(id, 'work.waiting');
    await rename(`${share}.away`, share);
    await endsWell(id);
  });

  it('while job-assembler is stopped, or the catalogue is away', async () => {
    const assembler = installation.apps['job-assembler'];
    const dataset = await datasetInSourceFolder(installation, client);
    await assembler.stop();
    const id = await post(dataset);
    const { headline } = await waitsFor(id, 'catalog.unaccepted');
    assert.deepEqual([headline?.app, headline?.facts['app']], ['catalog-api', 'job-assembler']);
    assembler.start();
    await assembler.whenReady();
    await endsWell(id);

    const hold = await pause('all');
    const other = await newJob();
    await waitsFor(other, 'paused');
    await installation.apps['catalog-api'].stop();
    await resume(hold);
    const planned = await waitsFor(other, 'plan.waiting');
    assert.ok(planned.headline?.next, 'when it is tried again');
    assert.deepEqual(
      planned.missing.map(({ app }) => app),
      ['catalog-api'],
    );
    installation.apps['catalog-api'].start();
    await installation.apps['catalog-api'].whenReady();
    await endsWell(other);
  });

  it('while it is planned, tried again, or entered in a catalogue that does not answer', async () => {
    const { 'catalog-api': catalogue } = installation.apps;
    const hold = await pause('all');
    const id = await newJob();
    await waitsFor(id, 'paused');
    catalogue.signal('SIGSTOP');
    await resume(hold);
    const planned = await whys.says(id, 'plan.running');
    assert.deepEqual(
      planned.missing.map(({ app, code }) => [app, code]),
      [['catalog-api', 'app.silent']],
    );
    catalogue.signal('SIGCONT');
    await endsWell(id);

    // The list of its files is damaged: no service is away, so it is tried again a few times only.
    const { archiver } = installation.apps;
    await archiver.stop();
    const other = await newJob();
    await waitsFor(other, 'work.unaccepted');
    const order = await installation.withDatabase('job-assembler', (database) =>
      database.collection<{ files: ListReference }>('work_orders').findOne({ jobId: other } as object),
    );
    const { bucket, key } = order!.files;
    const list = await installation.withObjectStore(async (store) => buffer(await store.get(bucket, key)));
    const listIs = (body: Buffer): Promise<void> =>
      installation.withObjectStore(async (store) => {
        await store.put(bucket, key, body, { size: body.length });
      });
    await listIs(Buffer.from(list.toString('utf8').replace(/[^\n]/, ' ')));
    archiver.start();
    await archiver.whenReady();
    const { headline } = await waitsFor(other, 'work.retrying');
    assert.ok(Number(headline?.facts['attempt']) >= 1, JSON.stringify(headline));
    assert.equal(headline?.facts['code'], 'storage.reference-damaged');
    catalogue.signal('SIGSTOP');
    await listIs(list);
    await whys.says(other, 'register.waiting');
    catalogue.signal('SIGCONT');
    await endsWell(other);
  });

  it('by what people decided: a pause, a held job, another time, a limit of each kind', async () => {
    for (const scope of ['all', 'group:demo-group'] as const) {
      const paused = await pause(scope);
      const id = await newJob();
      const { headline } = await waitsFor(id, 'paused');
      assert.deepEqual(
        [headline?.facts['scope'], headline?.facts['by'], headline?.facts['reason'], headline?.changeable],
        [scope, 'ada', told.reason, 'operator'],
      );
      await resume(paused);
      await endsWell(id);
    }
    for (const [limit, code] of [
      ['global', 'limit.global'],
      ['perGroup', 'limit.group'],
      ['write:lts', 'limit.target'],
    ] as const) {
      const { configured } = await operations.good<{ configured: Record<string, number> }>(
        'job-assembler',
        'limits',
      );
      const name =
        limit in configured ? limit : Object.keys(configured).find((one) => one.startsWith('write:'))!;
      await setLimits({ [name]: 0 });
      const id = await newJob();
      const { headline } = await waitsFor(id, code);
      assert.deepEqual([headline?.facts['limit'], headline?.facts['place']], [0, 1]);
      if (limit === 'global') {
        await operations.good('job-assembler', `jobs/${id}/defer`, {
          method: 'PUT',
          body: { until: new Date(Date.now() + 3_600_000).toISOString(), ...told },
        });
        const deferred = await waitsFor(id, 'deferred');
        assert.equal(deferred.headline?.facts['by'], 'ada');
        const held = await pause(`job:${id}`);
        assert.equal((await waitsFor(id, 'paused')).headline?.facts['scope'], `job:${id}`);
        await resume(held);
        // The time it had been given before it was held counts again.
        await waitsFor(id, 'deferred');
        await operations.good('job-assembler', `jobs/${id}/defer`, {
          method: 'PUT',
          body: { until: null, ...told },
        });
      }
      await setLimits({ [name]: null });
      await endsWell(id);
    }
  });

  it('while the originals are away, and while it is cancelled', async () => {
    const folder = dirname(installation.sourceFolder);
    const paused = await pause('all');
    const id = await newJob();
    await waitsFor(id, 'paused');
    await rename(folder, `${folder}.away`);
    await resume(paused);
    await waitsFor(id, 'source.away');
    await rename(`${folder}.away`, folder);
    await endsWell(id);

    await installation.apps.archiver.stop();
    const other = await newJob();
    await waitsFor(other, 'work.unaccepted');
    const { status } = await client.call('POST', `/api/v4/jobs/${other}/cancel`, {});
    assert.equal(status, 202);
    const { headline } = await waitsFor(other, 'cancel.waiting');
    assert.equal(headline?.facts['by'] ?? 'demo', 'demo');
    installation.apps.archiver.start();
    await installation.apps.archiver.whenReady();
    await client.jobEnd(other);
  });

  it('because a message about it is parked, whoever has it', async () => {
    const paused = await pause('all');
    const id = await newJob();
    await waitsFor(id, 'paused');
    const { prefix } = installation.settings;
    const body = {
      ...{ specversion: '1.0', id: randomUUID(), source: '/catena/job-assembler', subject: 's', sequence: 0 },
      ...{ time: new Date().toISOString(), datacontenttype: 'application/json', partitionkey: 'p' },
      ...{ type: 'archival.archive-datablock.v9', data: { jobId: id } },
    };
    const userId = new Naming(prefix).accountOf('job-assembler');
    channel.sendToQueue(`${prefix}.archiver.inbox`, Buffer.from(JSON.stringify(body)), {
      ...{ messageId: body.id, userId, persistent: true, type: body.type },
    });
    await channel.waitForConfirms();
    const { headline, all } = await waitsFor(id, 'message.parked');
    assert.deepEqual([headline?.app, headline?.facts['code']], ['archiver', 'messaging.unknown-type']);
    assert.ok(all.some(({ code }) => code === 'paused'));
    const message = encodeURIComponent(String(headline?.facts['message']));
    await operations.good('archiver', `parking-lot/${message}/discard`, { body: told });
    await waitsFor(id, 'paused');
    await resume(paused);
    await endsWell(id);
  });

  it('is obeyed after a kill -9: pause, drain and deferral hold, an urgent job that came last begins first', async () => {
    const assembler = installation.apps['job-assembler'];
    await setLimits({ global: 0 });
    const early = await newJob();
    const late = await newJob();
    await Promise.all([waitsFor(early, 'limit.global'), waitsFor(late, 'limit.global')]);
    await operations.good('job-assembler', `jobs/${late}/priority`, {
      method: 'PUT',
      body: { priority: 0, ...told },
    });
    const drained = await pause('group:elsewhere', 'drain');
    const deferred = await newJob();
    await waitsFor(deferred, 'limit.global');
    await operations.good('job-assembler', `jobs/${deferred}/defer`, {
      method: 'PUT',
      body: { until: new Date(Date.now() + 3_600_000).toISOString(), ...told },
    });
    const before = await operations.good<{ pauses: object[]; override: object }>('job-assembler', 'limits');
    assembler.signal('SIGKILL');
    await assembler.whenEnded();
    assembler.start();
    await assembler.whenReady();
    const again = await operations.good<{ pauses: object[]; override: object }>('job-assembler', 'limits');
    assert.deepEqual([again.pauses, again.override], [before.pauses, before.override]);
    await waitsFor(deferred, 'deferred');
    await setLimits({ global: 1 });
    await Promise.all([endsWell(early), endsWell(late)]);
    const first = async (id: string): Promise<string> => {
      const [order] = await operations.all<{ releasedAt: string }>(
        'job-assembler',
        `work-orders?jobId=${id}`,
      );
      return order!.releasedAt;
    };
    assert.ok((await first(late)) < (await first(early)), 'the urgent one was released first');
    await resume(drained);
    await setLimits({ global: null });
    await operations.good('job-assembler', `jobs/${deferred}/defer`, {
      method: 'PUT',
      body: { until: null, ...told },
    });
    await endsWell(deferred);
    const { body } = await client.call<{ event?: string; by: string }[]>(
      'GET',
      `/api/v4/jobs/${late}/history`,
    );
    assert.ok(
      body.some(({ event, by }) => event === 'steered' && by === 'ada'),
      'its owner reads who made it urgent',
    );
    const entries = await operations.all<{ action: string; outcome: string }>(
      'job-assembler',
      'audit?by=ada',
    );
    assert.ok(entries.every(({ outcome }) => outcome === 'done'));
    assert.deepEqual([...new Set(entries.map(({ action }) => action))].sort(), [
      'job.defer',
      'job.priority',
      'limits.set',
      'pause.end',
      'pause.set',
    ]);
  });
});
