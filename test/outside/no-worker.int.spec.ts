import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect, type Channel, type ChannelModel } from 'amqplib';
import { after, before, describe, it } from 'node:test';
import { Output } from '#command-line';
import { Naming } from '#messaging';
import { checkWorker } from '../../apps/admin-cli/src/check-worker/check-worker.js';

const context = {
  environment: process.env,
  output: new Output({ json: false, quiet: true }),
  signal: new AbortController().signal,
};

describe('catena-admin check-worker without a worker', () => {
  const prefix = `check-${randomBytes(6).toString('hex')}`;
  const naming = new Naming(prefix);
  let connection: ChannelModel;
  let channel: Channel;
  before(async () => {
    connection = await connect(process.env['RABBITMQ_URL'] ?? '');
    channel = await connection.createChannel();
  });
  after(async () => {
    await channel.deleteQueue(naming.workerQueueOf('tape'));
    await channel.deleteExchange(`${prefix}.archival`);
    await connection.close();
  });

  it('touches no prefix at which there is an installation, whatever it is called', async () => {
    const { queue } = await channel.assertQueue(naming.inboxOf('job-assembler'), { durable: true });
    await assert.rejects(checkWorker(context, 'tape', { prefix }), {
      code: 'cli.conflict',
      message: new RegExp(queue),
    });
    const probe = await connection.createChannel();
    probe.on('error', () => undefined);
    await assert.rejects(probe.checkQueue(naming.workerQueueOf('tape')), { code: 404 });
    await channel.deleteQueue(queue);
  });

  it('says how a worker is started when none listens', async () => {
    await assert.rejects(checkWorker(context, 'tape', { prefix, patience: '1ms' }), {
      code: 'cli.unreachable',
      message: new RegExp(`Start it with the prefix ${prefix}`),
    });
  });

  it('says what is wrong with a broker that lets nobody in', async () => {
    const url = new URL(process.env['RABBITMQ_URL'] ?? '');
    url.password = 'wrong';
    const environment = { ...process.env, RABBITMQ_URL: url.toString() };
    await assert.rejects(checkWorker({ ...context, environment }, 'tape', { prefix }), {
      code: 'messaging.not-connected',
    });
  });
});
