import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';
import { appNames, appsAmong, registry, type AppName } from '#contracts';
import {
  catalogueSideOf,
  defaultRetryDelays,
  BrokerTap,
  heardTypes,
  Naming,
  RabbitTransport,
  topologyOf,
  wholeTopology,
  workerPasswordVariableOf,
  workerTopologyOf,
  type Delivery,
  type WireMessage,
} from '#messaging';
import { until } from '#messaging/testing';
import { createLogger } from '#observability';
import { brokerUrlOf, type AppSettings } from './app-environments.js';
import { prepareBroker } from './broker.js';

const example = fileURLToPath(new URL('../../../../examples/job-configuration.yaml', import.meta.url));
const logger = createLogger('broker.int.spec', 'silent');
const prefix = `t${randomBytes(4).toString('hex')}`;
const naming = new Naming(prefix);
const broker = Object.fromEntries(appNames.map((app) => [app, `secret-${app}`])) as Record<AppName, string>;
const services = {
  RABBITMQ_URL: process.env['RABBITMQ_URL'] ?? '',
  RABBITMQ_MANAGEMENT_URL: process.env['RABBITMQ_MANAGEMENT_URL'] ?? '',
};
/** Two targets that others operate. */
const workers = ['partner', 'partner-2'];
const folder = mkdtempSync(join(tmpdir(), 'catena-broker-'));
const routesFile = join(folder, 'routes.yaml');
writeFileSync(
  routesFile,
  `targets:
  - { name: disk, kind: share, options: { place: /mnt/disk } }
  - { name: partner, kind: outside }
  - { name: partner-2, kind: outside }
routes: [{ name: default, targets: [disk, partner], copies: 2 }]
`,
);
const extra = {
  'job-assembler': {
    ROUTES_FILE: routesFile,
    DATABLOCK_TARGET_SIZE: '1GiB',
    ...Object.fromEntries(workers.map((target) => [workerPasswordVariableOf(target), `of-${target}`])),
  },
};
const settings = {
  extra,
  ...{
    services,
    prefix,
    secrets: { broker, listener: 'secret-listener', operationsTokens: broker, accounts: {} },
  },
  ...{ jobConfigurationFile: example, ports: {}, ltsRoots: [], sourceFolderRoots: [] },
} as unknown as AppSettings;

const message = (exchange: string, routingKey: string): WireMessage => ({
  ...{ exchange, routingKey, body: Buffer.from('{}'), contentType: '', type: routingKey },
  ...{ messageId: randomBytes(6).toString('hex'), timestamp: new Date(), appId: '', headers: {} },
});

describe('At a broker that was prepared for an installation', () => {
  let administrator: ChannelModel;
  const transports: RabbitTransport[] = [];

  before(async () => {
    administrator = await connect(services.RABBITMQ_URL);
    const channel = await administrator.createChannel();
    // As earlier versions had it.
    await channel.assertQueue(naming.inboxOf('archiver'), {
      durable: true,
      arguments: { 'x-queue-type': 'quorum', 'x-dead-letter-exchange': '', 'x-delivery-limit': 20 },
    });
    await prepareBroker(settings);
    await prepareBroker(settings);
  });
  after(async () => {
    await Promise.all(transports.map((transport) => transport.close()));
    const channel = await administrator.createChannel();
    const { queues, exchanges } = wholeTopology(naming, defaultRetryDelays, workers);
    for (const { name } of queues) await channel.deleteQueue(name);
    for (const { name } of exchanges) await channel.deleteExchange(name);
    await administrator.close();
    rmSync(folder, { recursive: true });
  });

  it('each app declares its own with its own account, and messages go from emitter to consumers', async () => {
    const got: { app: AppName; delivery: Delivery }[] = [];
    const open = async (app: AppName): Promise<RabbitTransport> => {
      const transport = new RabbitTransport(
        {
          ...{ url: brokerUrlOf(app, settings), connectionName: app, onFatal: assert.ifError },
          // With the account of the catalogue's side either of its apps comes.
          place: app === 'catalog-api' ? catalogueSideOf(naming, 'scicat-bridge') : undefined,
        },
        logger,
      );
      transports.push(transport);
      await transport.declare(topologyOf(naming, app, defaultRetryDelays));
      await transport.consume(naming.inboxOf(app), { prefetch: 100 }, (delivery) => {
        got.push({ app, delivery });
        return Promise.resolve('ack');
      });
      await until(() => transport.connected);
      return transport;
    };
    const byApp = new Map<AppName, RabbitTransport>();
    for (const app of appNames) byApp.set(app, await open(app));
    const heard = registry.filter(({ consumers }) => appsAmong(consumers).length > 0);
    for (const { type, emitter } of heard)
      for (const app of appsAmong([emitter]))
        await byApp.get(app)!.publish(message(naming.exchangeOf(type), type));
    for (const app of appNames) {
      await byApp.get(app)!.publish(message(naming.ownOf(app), naming.inboxOf(app)));
      await byApp.get(app)!.publish(message(naming.receipts, app));
    }
    const expected =
      appNames.length +
      heard
        .filter(({ emitter }) => emitter !== 'worker')
        .reduce((sum, { consumers }) => sum + consumers.length, 0);
    await until(() => got.length === expected);
    for (const { app, delivery } of got) {
      const contract = registry.find(({ type }) => type === delivery.routingKey);
      assert.equal(delivery.userId, naming.accountOfParty(contract?.emitter ?? app, ''));
    }
  });

  it('the console hears of messages of work with its own account, and can write nowhere', async () => {
    const heard: string[] = [];
    const own = new URL(services.RABBITMQ_URL);
    own.username = naming.listenerAccount;
    own.password = settings.secrets.listener;
    const tap = new BrokerTap(
      {
        ...{ url: own.toString(), naming, connectionName: 'console', types: heardTypes },
        onHeard: (context) => heard.push(context),
      },
      logger,
    );
    try {
      await until(() => tap.connected);
      const channel = await administrator.createConfirmChannel();
      // Whoever gets this one has the bytes.
      const linked = 'archival.datablock-retrieved.v1';
      for (const type of [linked, ...heardTypes])
        channel.publish(naming.exchangeOf(type), type, Buffer.from('{}'));
      await channel.waitForConfirms();
      await until(() => heard.length >= heardTypes.length);
      assert.deepEqual([...new Set(heard)].sort(), ['archival', 'assembly', 'publication']);
      assert.equal(heard.length, heardTypes.length);
      await channel.close();
    } finally {
      await tap.close();
    }
    const attempts: readonly ((channel: ConfirmChannel) => unknown)[] = [
      (channel) => channel.publish(naming.exchangeOf('archival.x'), 'archival.x.v1', Buffer.from('{}')),
      (channel) => channel.sendToQueue(naming.inboxOf('archiver'), Buffer.from('{}')),
      (channel) => channel.get(naming.inboxOf('archiver')),
      (channel) => channel.assertQueue(naming.inboxOf('archiver')),
      async (channel) => {
        const { queue } = await channel.assertQueue(naming.listenersQueueOf('x'), { exclusive: true });
        await channel.bindQueue(queue, naming.exchangeOf('catalog.x'), '#');
      },
      ...['#', 'archival.#', 'archival.datablock-retrieved.v1', 'archival.store-copy.v1.#'].map(
        (key) => async (channel: ConfirmChannel) => {
          const { queue } = await channel.assertQueue(naming.listenersQueueOf('x'), { exclusive: true });
          await channel.bindQueue(queue, naming.exchangeOf('archival.x'), key);
        },
      ),
    ];
    for (const attempt of attempts) assert.equal(await codeAt(own.toString(), attempt), 403);
  });

  const refused: Record<string, [app: AppName, attempt: (channel: ConfirmChannel) => unknown]> = {
    "publishes another app's command to an exchange it has nothing to do with": [
      'publisher',
      (channel) =>
        channel.publish(naming.exchangeOf('archival.x'), 'archival.discard-datablock.v1', Buffer.from('{}')),
    ],
    "publishes another app's command to an exchange of its own events": [
      'archiver',
      (channel) =>
        channel.publish(naming.exchangeOf('archival.x'), 'archival.discard-datablock.v1', Buffer.from('{}')),
    ],
    "writes to another app's inbox by its name": [
      'catalog-api',
      (channel) => channel.sendToQueue(naming.inboxOf('archiver'), Buffer.from('{}')),
    ],
    "writes to another app's retry tier by its name": [
      'job-assembler',
      (channel) => channel.sendToQueue(naming.retryOf('archiver', 10_000), Buffer.from('{}')),
    ],
    "writes to another app's retry tier through that app's exchange": [
      'job-assembler',
      (channel) =>
        channel.publish(naming.ownOf('archiver'), naming.retryOf('archiver', 10_000), Buffer.from('{}')),
    ],
    "reads another app's inbox": [
      'publisher',
      (channel) => channel.consume(naming.inboxOf('archiver'), () => undefined),
    ],
    "takes a single message from another app's dead letters": [
      'publisher',
      (channel) => channel.get(naming.deadOf('archiver')),
    ],
    'binds its inbox to messages that are not for it': [
      'publisher',
      (channel) =>
        channel.bindQueue(
          naming.inboxOf('publisher'),
          naming.exchangeOf('catalog.x'),
          'catalog.job-submitted.v1',
        ),
    ],
    "deletes another app's inbox": [
      'catalog-api',
      (channel) => channel.deleteQueue(naming.inboxOf('archiver')),
    ],
    'has its dead letters go to the inbox of another app': [
      'publisher',
      (channel) =>
        channel.assertQueue(`${naming.ownPrefixOf('publisher')}trick`, {
          arguments: {
            'x-dead-letter-exchange': '',
            'x-dead-letter-routing-key': naming.inboxOf('archiver'),
            'x-message-ttl': 1,
          },
        }),
    ],
  };
  for (const [what, [app, attempt]] of Object.entries(refused))
    it(`an account that ${what} is refused`, async () => assert.equal(await codeOf(app, attempt), 403));

  it('a message under the name of another account is refused', async () => {
    const type = 'archival.discard-datablock.v1';
    const code = await codeOf('job-assembler', (channel) =>
      channel.publish(naming.exchangeOf(type), type, Buffer.from('{}'), {
        userId: naming.accountOf('catalog-api'),
      }),
    );
    assert.equal(code, 406);
  });

  it('job-assembler makes the queues of workers, each worker gets what is for its target, and its events arrive', async () => {
    const transport = new RabbitTransport(
      { url: brokerUrlOf('job-assembler', settings), connectionName: 'j', onFatal: assert.ifError },
      logger,
    );
    transports.push(transport);
    await transport.declare(topologyOf(naming, 'job-assembler', defaultRetryDelays));
    await transport.declare(workerTopologyOf(naming, workers));
    await until(() => transport.connected);
    const command = 'archival.store-copy.v1';
    await transport.publish(message(naming.exchangeOf(command), naming.workerKeyOf(command, 'partner')));
    for (const [target, expected] of [
      ['partner', true],
      ['partner-2', false],
    ] as const) {
      const connection = await connect(workerUrlOf(target));
      const channel = await connection.createConfirmChannel();
      const got = await channel.get(naming.workerQueueOf(target), { noAck: true });
      assert.equal(got !== false, expected, target);
      const event = 'archival.copy-accepted.v1';
      const userId = naming.workerAccountOf(target);
      channel.publish(naming.exchangeOf(event), event, Buffer.from('{}'), { userId, mandatory: true });
      await channel.waitForConfirms();
      await connection.close();
    }
  });

  const command = 'archival.remove-copy.v1';
  const refusedToWorkers: Record<string, (channel: ConfirmChannel) => unknown> = {
    "reads another worker's queue": (channel) =>
      channel.consume(naming.workerQueueOf('partner-2'), () => undefined),
    "reads an app's inbox": (channel) => channel.get(naming.inboxOf('job-assembler')),
    'sends a command to another worker': (channel) =>
      channel.publish(
        naming.exchangeOf(command),
        naming.workerKeyOf(command, 'partner-2'),
        Buffer.from('{}'),
      ),
    'sends a command to the archiver': (channel) =>
      channel.publish(naming.exchangeOf('archival.x'), 'archival.discard-datablock.v1', Buffer.from('{}')),
    "sends an event of the archiver's": (channel) =>
      channel.publish(naming.exchangeOf('archival.x'), 'archival.datablock-archived.v1', Buffer.from('{}')),
    'writes to an inbox by its name': (channel) =>
      channel.sendToQueue(naming.inboxOf('job-assembler'), Buffer.from('{}')),
    'sends a receipt': (channel) => channel.publish(naming.receipts, 'job-assembler', Buffer.from('{}')),
    'makes a queue': (channel) => channel.assertQueue(`${naming.workerQueueOf('partner')}-2`),
    'removes its own queue': (channel) => channel.deleteQueue(naming.workerQueueOf('partner')),
    'binds its queue to what others get': (channel) =>
      channel.bindQueue(naming.workerQueueOf('partner'), naming.exchangeOf('archival.x'), '#'),
  };
  for (const [what, attempt] of Object.entries(refusedToWorkers))
    it(`the account of a worker that ${what} is refused`, async () =>
      assert.equal(await codeAt(workerUrlOf('partner'), attempt), 403));

  it('a worker that writes under the name of another one is refused', async () => {
    const event = 'archival.copy-stored.v1';
    const code = await codeAt(workerUrlOf('partner'), (channel) =>
      channel.publish(naming.exchangeOf(event), event, Buffer.from('{}'), {
        userId: naming.workerAccountOf('partner-2'),
      }),
    );
    assert.equal(code, 406);
  });

  it('an app whose definitions are not complete says so, waits, and goes on when they are', async () => {
    const channel = await administrator.createChannel();
    await channel.deleteExchange(naming.receipts);
    const warnings: string[] = [];
    const listening = Object.assign(Object.create(logger) as typeof logger, {
      warn: ({ error }: { error?: string }) => void warnings.push(error ?? ''),
    });
    const transport = new RabbitTransport(
      { url: brokerUrlOf('archiver', settings), connectionName: 'early', onFatal: assert.ifError },
      listening,
    );
    transports.push(transport);
    await transport.declare(topologyOf(naming, 'archiver', defaultRetryDelays));
    await until(() => warnings.some((text) => /let this account declare .*receipts/.test(text)));
    assert.equal(transport.connected, false);
    await prepareBroker(settings);
    await until(() => transport.connected);
  });

  /** With which code the broker closes the channel. */
  function codeOf(app: AppName, attempt: (channel: ConfirmChannel) => unknown): Promise<unknown> {
    return codeAt(brokerUrlOf(app, settings), attempt);
  }

  function workerUrlOf(target: string): string {
    const url = new URL(services.RABBITMQ_URL);
    [url.username, url.password] = [naming.workerAccountOf(target), `of-${target}`];
    return url.toString();
  }

  async function codeAt(url: string, attempt: (channel: ConfirmChannel) => unknown): Promise<unknown> {
    const connection = await connect(url);
    try {
      const channel = await connection.createConfirmChannel();
      const closed = new Promise((resolve) =>
        channel.on('error', (error: { code?: unknown }) => resolve(error.code)),
      );
      await Promise.resolve(attempt(channel)).catch(() => undefined);
      return await closed;
    } finally {
      await connection.close();
    }
  }
});
