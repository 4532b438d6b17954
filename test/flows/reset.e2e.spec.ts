import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { connect, type ConsumeMessage } from 'amqplib';
import { appsAmong, registry } from '#contracts';
import { until } from '#messaging/testing';
import {
  datasetInLandingZone,
  datasetInSourceFolder,
  sampleFiles,
  type TestDataset,
} from '../support/datasets.js';
import { areHandled, forgetHandled } from '../support/handled-messages.js';
import { Installation } from '../support/installation.js';
import { Ledger } from '../support/ledger.js';
import type { ScicatClient } from '../support/scicat-client.js';
import { verdict } from '../support/verdict.js';

describe('Resetting a dataset', () => {
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

  const post = async (type: string, pid: string): Promise<string> => {
    const { status, body } = await client.postJob(type, [pid]);
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['id']);
  };
  const finished = async (type: string, pid: string): Promise<string> => {
    const end = await client.jobEnd(await post(type, pid));
    assert.equal(end.statusCode, 'finishedSuccessful', end.statusMessage);
    return end.id;
  };
  /** Tars on the share, those that are set aside apart. */
  const tars = async (): Promise<{ tapes: string[]; aside: string[] }> => {
    const names = (await readdir(installation.shares[0]!, { recursive: true })).sort();
    return {
      tapes: names.filter((name) => name.endsWith('.tar')),
      aside: names.filter((name) => name.endsWith('.discarded')),
    };
  };
  const operations = async (method: string, path = ''): Promise<unknown> => {
    const { ports, secrets } = installation.settings;
    const response = await fetch(`http://127.0.0.1:${ports.archiver}/api/v4/operations/set-aside${path}`, {
      method,
      headers: { authorization: `Bearer ${secrets.operationsTokens.archiver}` },
    });
    return response.json();
  };
  const tapesAside = async () =>
    (await operations('GET')) as { readonly _id: string; readonly pid: string }[];
  const taken = async (id: string, query = '') =>
    (await operations('DELETE', `/${id}${query}`)) as Record<string, string>;
  /** What a lifecycle says of archiving. */
  const archiveWords = (lifecycle: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(lifecycle).filter(([name]) => !/^_id$|date|Time|publishedOn/i.test(name)),
    );
  const isAsNew = async ({ pid }: TestDataset, fresh: TestDataset): Promise<void> => {
    const [reset, never] = [await client.dataset(pid), await client.dataset(fresh.pid)];
    assert.deepEqual(archiveWords(reset.datasetlifecycle), archiveWords(never.datasetlifecycle));
    assert.deepEqual([reset.packedSize, reset.numberOfFilesArchived], [0, 0]);
    assert.deepEqual(await client.datablocks(pid), []);
  };

  it('that was archived takes its datablocks off the list, sets the tapes aside, and it can be archived again', async () => {
    const [dataset, fresh] = [
      await datasetInSourceFolder(installation, client),
      await datasetInSourceFolder(installation, client),
    ];
    await finished('archive', dataset.pid);
    await ledger.datasetIsArchived(dataset);
    const before = await tars();
    const id = await finished('reset', dataset.pid);
    await ledger.jobEndedOnce(id, 'finishedSuccessful');
    await isAsNew(dataset, fresh);
    await until(async () => (await tars()).aside.length === before.aside.length + 1);
    assert.equal((await tars()).tapes.length, before.tapes.length - 1);
    await finished('reset', dataset.pid);
    await isAsNew(dataset, fresh);
    await finished('archive', dataset.pid);
    await ledger.datasetIsArchived(dataset);
  });

  it('that was never archived is done at once', async () => {
    const [dataset, fresh] = [
      await datasetInSourceFolder(installation, client),
      await datasetInSourceFolder(installation, client),
    ];
    await ledger.jobEndedOnce(await finished('reset', dataset.pid), 'finishedSuccessful');
    await isAsNew(dataset, fresh);
  });

  it('whose originals have been released sets the only tape aside, not away', async () => {
    const dataset = await datasetInLandingZone(installation, client);
    await finished('archive', dataset.pid);
    await until(async () => (await installation.originalsLeft(dataset.pid)) === 0);
    const before = await tars();
    await finished('reset', dataset.pid);
    await until(async () => (await tars()).aside.length === before.aside.length + 1);
    assert.deepEqual(await client.datablocks(dataset.pid), []);
    const aside = (await tapesAside()).find(({ pid }) => pid === dataset.pid);
    assert.match((await taken(aside!._id))['state']!, /^kept/, 'looked at before its time, it stays');
    assert.equal((await tars()).aside.length, before.aside.length + 1);
    // As many looks as it takes: another sweep may have it in its hands.
    await until(async () => {
      await taken(aside!._id, '?without-originals=true');
      return (await tars()).aside.length === before.aside.length;
    });
  });

  it('is for one job at a time, and for none while another holds the dataset', async () => {
    const dataset = await datasetInSourceFolder(installation, client, sampleFiles(60_000_000));
    const archiving = await post('archive', dataset.pid);
    const refused = await client.postJob('reset', [dataset.pid]);
    assert.equal(refused.status, 409, JSON.stringify(refused.body));
    assert.equal(refused.body['jobId'], archiving);
    assert.equal((await client.jobEnd(archiving)).statusCode, 'finishedSuccessful');
    await ledger.datasetIsArchived(dataset);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => client.postJob('reset', [dataset.pid])),
    );
    const accepted = answers.filter(({ status }) => status === 201);
    assert.ok(accepted.length > 0);
    for (const { status, body } of answers) assert.ok([201, 409, 503].includes(status), JSON.stringify(body));
    for (const { body } of accepted)
      await ledger.jobEndedOnce((await client.jobEnd(String(body['id']))).id, 'finishedSuccessful');
    assert.deepEqual(await client.datablocks(dataset.pid), []);
  });

  it('takes nothing twice though every message of it is delivered twice', async () => {
    const dataset = await datasetInSourceFolder(installation, client);
    await finished('archive', dataset.pid);
    const connection = await connect(installation.settings.services['RABBITMQ_URL'] ?? '');
    try {
      const channel = await connection.createChannel();
      const { queue } = await channel.assertQueue('', { exclusive: true });
      for (const { type } of registry)
        await channel.bindQueue(queue, `${installation.settings.prefix}.${type.split('.')[0]!}`, type);
      const told: ConsumeMessage[] = [];
      await channel.consume(queue, (message) => message !== null && told.push(message), { noAck: true });
      const id = await finished('reset', dataset.pid);
      const typeOf = ({ fields }: ConsumeMessage): string => fields.routingKey;
      await until(() => Promise.resolve(told.some((message) => typeOf(message).includes('work-cancelled'))));
      // Archived again: a late copy of the first reset must not take the new datablocks away.
      await finished('archive', dataset.pid);
      const first = told.filter(({ content }) => content.toString().includes(id));
      assert.ok(first.length >= 6, first.map((message) => typeOf(message)).join());
      const messages = first.flatMap((message) => {
        const contract = registry.find(({ type }) => type === typeOf(message))!;
        const messageId = String(message.properties.messageId);
        return contract.transient ? [] : appsAmong(contract.consumers).map((app) => ({ app, messageId }));
      });
      // Past the inboxes, which would drop what they know.
      await forgetHandled(installation, messages);
      for (const { fields, properties, content } of first)
        channel.publish(fields.exchange, fields.routingKey, content, properties);
      await until(() => areHandled(installation, messages));
      await finished('verify', dataset.pid);
      await ledger.datasetIsArchived(dataset);
      await ledger.jobEndedOnce(id, 'finishedSuccessful');
    } finally {
      await connection.close();
    }
  });
});
