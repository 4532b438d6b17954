import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { after, describe, it } from 'node:test';
import { connect } from 'amqplib';
import { Output, type CommandBasics } from '#command-line';
import { appNames } from '#contracts';
import { defaultRetryDelays, Naming, passwordVariableOf, wholeTopology } from '#messaging';
import { S3ObjectStore, s3OptionsFrom } from '#storage';
import { prepare } from '../../apps/admin-cli/src/prepare/prepare.js';

const example = fileURLToPath(new URL('../../../examples/job-configuration.yaml', import.meta.url));
const prefix = `t${randomBytes(4).toString('hex')}`;
const naming = new Naming(prefix);
const password = randomBytes(12).toString('hex');
const buckets = ['control', 'landing-zone', 'retrieval'].map((name) => `${prefix}-${name}`);
const services = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => /^(S3_|RABBITMQ_MANAGEMENT_URL$)/.test(name)),
);
const environment = {
  ...services,
  ...Object.fromEntries(appNames.map((app) => [passwordVariableOf(app), password])),
  CATENA_PREFIX: prefix,
  JOB_CONFIGURATION_FILE: example,
  CONTROL_BUCKET: buckets[0],
  LANDING_ZONE_BUCKET: buckets[1],
  RETRIEVAL_BUCKET: buckets[2],
};
const contextOf = (variables: CommandBasics['environment']): CommandBasics => ({
  environment: variables,
  output: new Output({ json: false, quiet: true }),
  signal: new AbortController().signal,
});

describe('catena-admin prepare', () => {
  after(async () => {
    const administrator = await connect(process.env['RABBITMQ_URL'] ?? '');
    const channel = await administrator.createChannel();
    const { queues, exchanges } = wholeTopology(naming, defaultRetryDelays);
    for (const { name } of queues) await channel.deleteQueue(name);
    for (const { name } of exchanges) await channel.deleteExchange(name);
    await administrator.close();
  });

  it('lets each app sign in at the broker and finds buckets made, however often it runs', async () => {
    for (const _ of ['first', 'again']) {
      const { outcome, lines } = await prepare(contextOf(environment));
      assert.equal(outcome, 'done');
      assert.equal(lines.length, 1 + buckets.length);
    }
    for (const app of appNames) {
      const url = new URL(process.env['RABBITMQ_URL'] ?? '');
      url.username = naming.accountOf(app);
      url.password = password;
      const connection = await connect(url.toString());
      const channel = await connection.createChannel();
      await channel.checkQueue(naming.inboxOf(app));
      await connection.close();
    }
    const store = new S3ObjectStore(s3OptionsFrom(environment));
    for (const bucket of buckets)
      for await (const { key } of store.list(bucket, ''))
        assert.fail(`expected ${bucket} to be empty, found ${key}`);
    store.close();
  });

  it('says which service refused, and what to look at', async () => {
    const url = new URL(process.env['RABBITMQ_MANAGEMENT_URL'] ?? '');
    url.password = 'wrong';
    await assert.rejects(prepare(contextOf({ ...environment, RABBITMQ_MANAGEMENT_URL: url.toString() })), {
      code: 'messaging.definitions-refused',
      retriable: true,
    });
  });

  it('names every password that is missing', async () => {
    const { RABBITMQ_MANAGEMENT_URL } = environment as Record<string, string>;
    await assert.rejects(prepare(contextOf({ RABBITMQ_MANAGEMENT_URL })), ({ message }: Error) =>
      appNames.every((app) => message.includes(passwordVariableOf(app))),
    );
  });

  it('refuses to do nothing', async () => {
    await assert.rejects(prepare(contextOf({})), { outcome: 'usage' });
  });
});
