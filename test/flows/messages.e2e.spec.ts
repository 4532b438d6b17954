import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { connect, type ConfirmChannel, type ChannelModel } from 'amqplib';
import { after, before, describe, it } from 'node:test';
import { appsAmong, registry, type AppName } from '#contracts';
import { Naming } from '#messaging';
import { until } from '#messaging/testing';
import { datasetInLandingZone, datasetInSourceFolder } from '../support/datasets.js';
import { areHandled, forgetHandled } from '../support/handled-messages.js';
import type { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import {
  createPublication,
  eventually,
  publicationPath,
  PublishingInstallation,
  statusOf,
} from '../support/publications.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

const consumers: readonly AppName[] = ['catalog-api', 'job-assembler', 'archiver', 'publisher'];

interface Parked {
  readonly _id: string;
  readonly code: string;
  readonly outcome: string;
  readonly messageId: string;
  readonly type: string;
}

describe('Messages that are wrong, repeated or from the future', () => {
  let site: PublishingInstallation;
  const seen = verdict();
  let installation: Installation;
  let client: ScicatClient;
  let connection: ChannelModel;
  let channel: ConfirmChannel;

  before(async () => {
    site = await PublishingInstallation.start();
    installation = site.installation;
    client = await installation.client('demo');
    connection = await connect(installation.settings.services['RABBITMQ_URL'] ?? '');
    channel = await connection.createConfirmChannel();
  });
  after(async () => {
    await connection.close();
    await site.stop(seen.failed, true);
  });

  const inbox = (app: AppName): string => `${installation.settings.prefix}.${app}.inbox`;
  const send = async (
    app: AppName,
    body: Buffer,
    messageId: string,
    emitter: AppName = 'catalog-api',
  ): Promise<void> => {
    // The stack's administrator may speak for others.
    const userId = new Naming(installation.settings.prefix).accountOf(emitter);
    channel.sendToQueue(inbox(app), body, { messageId, userId, persistent: true, type: 'test' });
    await channel.waitForConfirms();
  };
  const parked = async (app: AppName): Promise<Parked[]> => {
    const { ports, secrets } = installation.settings;
    const response = await fetch(`http://127.0.0.1:${ports[app]}/api/v4/operations/parking-lot`, {
      headers: { authorization: `Bearer ${secrets.operationsTokens[app]}` },
    });
    assert.equal(response.status, 200);
    return ((await response.json()) as { items: Parked[] }).items;
  };
  const envelope = (type: string, data: object, id = randomUUID()): Buffer =>
    Buffer.from(
      JSON.stringify({
        specversion: '1.0',
        id,
        source: '/catena/job-assembler',
        type,
        subject: 's',
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        sequence: 0,
        partitionkey: 'p',
        data,
      }),
    );

  for (const app of consumers) {
    const { type, emitter } = registry.find(
      (contract) => contract.consumers.includes(app) && !contract.transient,
    )!;
    assert.ok(emitter !== 'worker');
    const rubbish: readonly (readonly [string, () => Buffer, string, string])[] = [
      ['bytes that are not JSON', () => Buffer.from([0xff, 0x00, 0x7b]), 'dead', 'messaging.malformed'],
      ['JSON that is no envelope', () => Buffer.from('[1,2,3]'), 'dead', 'messaging.malformed'],
      ['an envelope with the wrong data', () => envelope(type, { jobId: 7 }), 'dead', 'messaging.malformed'],
      [
        'a type from the future',
        () => envelope(type.replace('.v1', '.v9'), {}),
        'parked',
        'messaging.unknown-type',
      ],
      [
        'an oversized message',
        () => envelope(type, { jobId: 'x'.repeat(300_000) }),
        'dead',
        'messaging.oversized',
      ],
      [
        'prototype keys',
        () => Buffer.from('{"__proto__":{"specversion":"1.0"},"constructor":1}'),
        'dead',
        'messaging.malformed',
      ],
    ];
    for (const [what, body, outcome, code] of rubbish) {
      it(`${app} parks ${what} and goes on`, async () => {
        const id = randomUUID();
        await send(app, body(), id, emitter);
        let found: Parked | undefined;
        await until(
          async () => (found = (await parked(app)).find(({ messageId }) => messageId === id)) !== undefined,
        );
        assert.deepEqual([found?.outcome, found?.code], [outcome, code]);
      });
    }
  }

  /** From now on every message is delivered a second time at once; the answer delivers all of them once more. */
  async function deliveredTwice(): Promise<{
    readonly count: () => number;
    readonly again: () => Promise<void>;
    /** The same past the inboxes, to the handlers themselves. */
    readonly againToHandlers: () => Promise<void>;
  }> {
    // A second queue on the same bindings records every message, so that each can be delivered again.
    const recorder = `recorder.${randomUUID()}`;
    await channel.assertQueue(recorder, { durable: false, autoDelete: true });
    const recorded: {
      app: AppName;
      body: Buffer;
      id: string;
      userId: string;
      headers: Record<string, unknown>;
    }[] = [];
    for (const { type, consumers: apps, transient } of registry) {
      if (!transient && appsAmong(apps).length > 0)
        await channel.bindQueue(recorder, `${installation.settings.prefix}.${type.split('.')[0]!}`, type);
    }
    await channel.consume(recorder, (message) => {
      if (message === null) return;
      const contract = registry.find(({ type }) => type === message.fields.routingKey)!;
      const app = appsAmong(contract.consumers)[0]!;
      const copy = {
        app,
        body: message.content,
        id: String(message.properties.messageId),
        // The stack's administrator may speak for others.
        userId: String(message.properties.userId),
        headers: message.properties.headers ?? {},
      };
      recorded.push(copy);
      // At once, so that both deliveries race, and a third time at the end.
      channel.sendToQueue(inbox(app), copy.body, {
        messageId: copy.id,
        type: contract.type,
        headers: copy.headers,
        userId: copy.userId,
        persistent: true,
      });
      channel.ack(message);
    });
    const sendAll = async (): Promise<void> => {
      for (const { app, body: copy, id, userId, headers } of [...recorded])
        channel.sendToQueue(inbox(app), copy, { messageId: id, headers, userId, persistent: true });
      await channel.waitForConfirms();
    };
    return {
      count: () => recorded.length,
      againToHandlers: async () => {
        const messages = recorded.map(({ app, id }) => ({ app, messageId: id }));
        await channel.deleteQueue(recorder);
        await forgetHandled(installation, messages);
        await sendAll();
        await until(() => areHandled(installation, messages));
      },
      again: async () => {
        await sendAll();
        await new Promise((resolve) => setTimeout(resolve, 2000));
        await channel.deleteQueue(recorder);
      },
    };
  }

  it('are delivered twice without effect: one job, one set of datablocks', async () => {
    const repeating = await deliveredTwice();
    const dataset = await datasetInLandingZone(installation, client);
    const ledger = new Ledger(installation, client);
    const { body } = await client.postJob('archive', [dataset.pid]);
    const end = await client.jobEnd(String(body['id']));
    await ledger.jobEndedOnce(end.id, 'finishedSuccessful');
    assert.ok(repeating.count() >= 7, `expected the whole conversation, found ${repeating.count()} messages`);
    await repeating.again();
    await ledger.jobEndedOnce(end.id, 'finishedSuccessful');
    await ledger.datasetIsArchived(dataset);
  });

  it('are delivered twice without effect: one reset, and no tape of the next job', async () => {
    const dataset = await datasetInSourceFolder(installation, client);
    const ended = async (type: string): Promise<string> => {
      const { body } = await client.postJob(type, [dataset.pid]);
      const end = await client.jobEnd(String(body['id']));
      assert.equal(end.statusCode, 'finishedSuccessful', end.statusMessage);
      return end.id;
    };
    const ledger = new Ledger(installation, client);
    await ended('archive');
    const repeating = await deliveredTwice();
    const id = await ended('reset');
    assert.ok(repeating.count() >= 5, `expected the whole conversation, found ${repeating.count()} messages`);
    assert.deepEqual(await client.datablocks(dataset.pid), []);
    await ended('archive');
    await repeating.againToHandlers();
    await ledger.jobEndedOnce(id, 'finishedSuccessful');
    await ledger.datasetIsArchived(dataset);
  });

  it('are delivered twice without effect: one DOI, one page, one tombstone', async () => {
    const repeating = await deliveredTwice();
    const { pid } = await datasetInLandingZone(installation, client);
    const doi = await createPublication(client, [pid]);
    const path = publicationPath(doi);
    const puts = (): (string | undefined)[] =>
      site.datacite.requests
        .filter(({ method, doi: of }) => method === 'PUT' && of === doi)
        .map(({ event }) => event);
    await client.call('POST', `${path}/publish`);
    const { body } = await client.call('POST', `${path}/register`);
    assert.equal(body['status'], 'registered');
    const { registeredTime } = body;
    const admin = await installation.client('admin');
    const row = await site.feed.row(doi);
    assert.equal((await admin.call('POST', `${path}/withdraw`, { reason: 'A test.' })).status, 201);
    await eventually('a tombstone', async () => (await site.page(doi)).status === 410 || undefined);
    await eventually(
      'a confirmed withdrawal',
      async () => (await statusOf(admin, doi))['doiState'] === 'hidden' || undefined,
    );
    assert.ok(repeating.count() >= 5, `expected the whole conversation, found ${repeating.count()} messages`);
    const before = puts();
    await repeating.again();
    assert.deepEqual(puts(), before);
    assert.deepEqual(
      before.filter((event) => event === 'publish' || event === 'hide'),
      ['publish', 'hide'],
    );
    assert.equal((await site.feed.row(doi)).revision, row.revision + 1);
    const after = (await admin.call('GET', path)).body;
    assert.deepEqual([after['status'], after['registeredTime']], ['withdrawn', registeredTime]);
  });

  it('with a known id and another content are parked as a conflict', async () => {
    const id = randomUUID();
    const type = 'catalog.job-cancel-requested.v1';
    await send(
      'job-assembler',
      envelope(
        'catalog.job-submitted.v1',
        { jobId: randomUUID(), jobType: 'x', workflow: 'none', datasetCount: 0 },
        id,
      ),
      id,
    );
    await until(async () => {
      await send('job-assembler', envelope(type, { jobId: 'a', requestedBy: 'b' }, id), id);
      return (await parked('job-assembler')).some(
        ({ messageId, code }) => messageId === id && code === 'messaging.id-conflict',
      );
    });
  });

  it('that only another app may send are parked, and stay wrong when they are replayed', async () => {
    const id = randomUUID();
    const data = { workOrderId: randomUUID(), jobId: randomUUID() };
    const wrong = async (): Promise<Parked | undefined> =>
      (await parked('archiver')).find(({ messageId }) => messageId === id);
    await send('archiver', envelope('archival.cancel-work.v1', data, id), id, 'publisher');
    await until(async () => (await wrong())?.code === 'messaging.wrong-sender');
    const { ports, secrets } = installation.settings;
    const replay = async (token: string): Promise<number> => {
      const lot = `http://127.0.0.1:${ports.archiver}/api/v4/operations/parking-lot`;
      const answer = await fetch(`${lot}/${encodeURIComponent((await wrong())!._id)}/replay`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      });
      return answer.status;
    };
    assert.equal(await replay(secrets.operationsTokens.publisher), 403, 'each app has a token of its own');
    assert.equal(await replay(secrets.operationsTokens.archiver), 200);
    await until(async () => (await wrong())?.code === 'messaging.wrong-sender');
  });

  it('are retried through the tiers, then parked, and can be replayed or discarded with a reason', async () => {
    const id = randomUUID();
    const certified = {
      ...{ workOrderId: randomUUID(), jobId: randomUUID(), pid: `prefix/${randomUUID()}` },
      // Of a key that no archiver has announced.
      ...{ kid: 'k'.repeat(43), issuedAt: new Date().toISOString() },
      certificate: { bucket: 'control', key: 'certificates/x', size: 1, sha256: 'a'.repeat(64) },
    };
    await send('catalog-api', envelope('archival.dataset-certified.v1', certified, id), id, 'archiver');
    let found: Parked | undefined;
    await until(
      async () =>
        (found = (await parked('catalog-api')).find(({ messageId }) => messageId === id)) !== undefined,
      30_000,
    );
    assert.equal(found?.code, 'catalog.certificate-key-unknown');
    const { ports, secrets } = installation.settings;
    const call = (
      path: string,
      body: object,
      token = secrets.operationsTokens['catalog-api'],
    ): Promise<Response> =>
      fetch(
        `http://127.0.0.1:${ports['catalog-api']}/api/v4/operations/parking-lot/${encodeURIComponent(found!._id)}/${path}`,
        {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        },
      );
    assert.equal((await call('discard', { reason: 'test' }, 'wrong')).status, 403);
    assert.equal((await call('discard', {})).status, 400);
    assert.equal((await call('replay', {})).status, 200);
    assert.equal((await call('replay', {})).status, 409, 'a second replay is refused');
    await until(
      async () =>
        (found = (await parked('catalog-api')).find(({ messageId }) => messageId === id)) !== undefined,
      30_000,
    );
    assert.equal((await call('discard', { reason: 'it was a test' })).status, 200);
    assert.equal(
      (await parked('catalog-api')).some(({ messageId }) => messageId === id),
      false,
    );
  });
});
