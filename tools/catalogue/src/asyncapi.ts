import { appsAmong, type AppName, type MessageContract } from '#contracts';
import {
  contextOf,
  defaultRetryDelays,
  Naming,
  topologyOf,
  workerTopologyOf,
  type Topology,
} from '#messaging';
import type { MessageSchemas } from './json-schema.js';

/** The prefix of an installation that sets none; see CATENA_PREFIX. */
const naming = new Naming('catena');
const bindingVersion = '0.3.0';

/** AsyncAPI 3.0: every exchange, queue and message, and which app sends and receives what. */
export function asyncApiOf(
  contracts: readonly MessageContract[],
  apps: readonly AppName[],
  schemas: MessageSchemas,
  version: string,
): object {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Catena',
      version,
      description:
        'The messages between the apps of Catena, and the legacy feed for external archive systems. Made by `npm run catalogue`.',
    },
    defaultContentType: 'application/cloudevents+json',
    servers: {
      rabbitmq: {
        host: '{host}:{port}',
        protocol: 'amqp',
        protocolVersion: '0.9.1',
        description: 'RabbitMQ 3.10 to 4.x; RABBITMQ_URL names it.',
        variables: { host: { default: '127.0.0.1' }, port: { default: '5672' } },
        security: [{ $ref: '#/components/securitySchemes/user' }],
      },
    },
    channels: {
      ...Object.fromEntries(contracts.map((contract) => [contract.type, routingKeyChannel(contract)])),
      ...Object.fromEntries(apps.flatMap((app) => queueChannels(app, contracts))),
      'worker.inbox': workerChannel(contracts),
      receipts: receiptsChannel(apps),
      'legacy-feed': legacyChannel,
    },
    operations: {
      ...Object.fromEntries(contracts.map(sendOperation)),
      ...Object.fromEntries(contracts.flatMap(receiveOperations)),
      ...Object.fromEntries(apps.flatMap((app) => receiptOperations(app, contracts))),
      'catalog-api.send.legacy-feed': {
        action: 'send',
        title: 'catalog-api sends a job to an external archive system',
        channel: { $ref: '#/channels/legacy-feed' },
        messages: [{ $ref: '#/channels/legacy-feed/messages/job' }],
        bindings: durableSend,
      },
    },
    components: {
      messages: {
        ...Object.fromEntries(contracts.map((contract) => [contract.type, messageOf(contract, schemas)])),
        receipt,
        'legacy-job': legacyJob,
      },
      securitySchemes: { user: { type: 'userPassword' } },
    },
  };
}

const durableSend = { amqp: { deliveryMode: 2, mandatory: true, timestamp: true, bindingVersion } };
const transientSend = { amqp: { deliveryMode: 1, mandatory: false, timestamp: true, bindingVersion } };

/** The queue of an outside worker; `{target}` is the name of its target. */
function workerChannel(contracts: readonly MessageContract[]): object {
  const consumed = contracts.filter(({ consumers }) => consumers.includes('worker'));
  const name = naming.workerQueueOf('{target}');
  const messages = Object.fromEntries(
    consumed.map(({ type }) => [type, { $ref: `#/components/messages/${type}` }]),
  );
  return {
    ...queueChannel(
      workerTopologyOf(naming, ['{target}']),
      name,
      'Commands for the worker of a target that others operate.',
      messages,
    ),
    parameters: targetParameter,
  };
}

const targetParameter = { target: { description: 'The name of the target in ROUTES_FILE.' } };

function routingKeyChannel({ type, summary, consumers }: MessageContract): object {
  const forWorker = consumers.includes('worker');
  return {
    address: forWorker ? naming.workerKeyOf(type, '{target}') : type,
    ...(forWorker ? { parameters: targetParameter } : {}),
    summary,
    servers: [{ $ref: '#/servers/rabbitmq' }],
    messages: { message: { $ref: `#/components/messages/${type}` } },
    bindings: {
      amqp: { is: 'routingKey', exchange: exchange(naming.exchangeOf(type), 'topic'), bindingVersion },
    },
  };
}

/** An app's queues, as `topologyOf` declares them. */
function queueChannels(app: AppName, contracts: readonly MessageContract[]): [string, object][] {
  const topology = topologyOf(naming, app, defaultRetryDelays);
  const consumed = contracts.filter(({ consumers }) => consumers.includes(app));
  const messages = Object.fromEntries(
    consumed.map(({ type }) => [type, { $ref: `#/components/messages/${type}` }]),
  );
  const retries = defaultRetryDelays.map((delay) => naming.retryOf(app, delay));
  return [
    [`${app}.inbox`, queueChannel(topology, naming.inboxOf(app), `All messages for ${app}.`, messages)],
    ...retries.map((name): [string, object] => [
      name.replace('catena.', ''),
      queueChannel(topology, name, `Messages for ${app} that are tried again after a while.`, messages),
    ]),
    [
      `${app}.dead`,
      queueChannel(
        topology,
        naming.deadOf(app),
        `What ${app} could not handle, on its way to the parking lot.`,
        messages,
      ),
    ],
    [
      `${app}.receipts`,
      queueChannel(topology, naming.receiptsOf(app), `Receipts for what ${app} sent.`, {
        receipt: { $ref: '#/components/messages/receipt' },
      }),
    ],
  ];
}

function queueChannel(topology: Topology, name: string, summary: string, messages: object): object {
  const { replacesDirect: _, ...declared } = topology.queues.find((queue) => queue.name === name)!;
  const bindings = topology.bindings.filter(({ queue }) => queue === name);
  return {
    address: name,
    summary,
    servers: [{ $ref: '#/servers/rabbitmq' }],
    messages,
    bindings: {
      amqp: {
        is: 'queue',
        queue: { name, durable: true, exclusive: false, autoDelete: false, vhost: '/' },
        bindingVersion,
      },
    },
    'x-queue': { type: 'quorum', ...declared },
    'x-bindings': bindings.map(({ exchange: from, key }) => ({ exchange: from, routingKey: key })),
  };
}

function sendOperation({ type, emitter, transient }: MessageContract): [string, object] {
  return [
    `${emitter}.send.${type}`,
    {
      action: 'send',
      title: `${emitter} sends ${type}`,
      channel: { $ref: `#/channels/${type}` },
      messages: [{ $ref: `#/channels/${type}/messages/message` }],
      bindings: transient ? transientSend : durableSend,
    },
  ];
}

function receiveOperations({ type, consumers }: MessageContract): [string, object][] {
  return consumers.map((app) => [
    `${app}.receive.${type}`,
    {
      action: 'receive',
      title: `${app} handles ${type}`,
      channel: { $ref: `#/channels/${app}.inbox` },
      messages: [{ $ref: `#/channels/${app}.inbox/messages/${type}` }],
      bindings: { amqp: { ack: true, bindingVersion } },
    },
  ]);
}

function receiptOperations(app: AppName, contracts: readonly MessageContract[]): [string, object][] {
  const operation = (action: 'send' | 'receive', channel: string, bindings: object): [string, object] => [
    `${app}.${action}.receipt`,
    {
      action,
      title:
        action === 'send'
          ? `${app} takes responsibility for a message`
          : `${app} forgets an accepted message`,
      channel: { $ref: `#/channels/${channel}` },
      messages: [{ $ref: `#/channels/${channel}/messages/receipt` }],
      bindings,
    },
  ];
  const consumes = contracts.some(({ consumers }) => consumers.includes(app));
  const emits = contracts.some(
    ({ emitter, consumers }) => emitter === app && appsAmong(consumers).length > 0,
  );
  return [
    ...(consumes ? [operation('send', 'receipts', transientSend)] : []),
    ...(emits ? [operation('receive', `${app}.receipts`, { amqp: { ack: true, bindingVersion } })] : []),
  ];
}

function receiptsChannel(apps: readonly AppName[]): object {
  return {
    address: '{emitter}',
    summary: 'Receipts, back to the app that sent the message.',
    parameters: { emitter: { enum: apps } },
    servers: [{ $ref: '#/servers/rabbitmq' }],
    messages: { receipt: { $ref: '#/components/messages/receipt' } },
    bindings: { amqp: { is: 'routingKey', exchange: exchange(naming.receipts, 'direct'), bindingVersion } },
  };
}

function exchange(name: string, type: 'topic' | 'direct'): object {
  return { name, type, durable: true, autoDelete: false, vhost: '/' };
}

function messageOf(contract: MessageContract, schemas: MessageSchemas): object {
  const { type, kind, summary } = contract;
  return {
    name: type,
    title: type.split('.')[1],
    summary,
    contentType: 'application/cloudevents+json',
    tags: [{ name: kind }, { name: contextOf(type) }],
    payload: {
      schemaFormat: 'application/schema+json;version=draft-2020-12',
      schema: schemas.messageOf(contract),
    },
    bindings: { amqp: { messageType: type, bindingVersion } },
  };
}

const receipt = {
  name: 'receipt',
  summary: 'A consumer has taken over responsibility for a message; its outbox row may go.',
  contentType: 'application/json',
  payload: {
    type: 'object',
    required: ['messageId', 'outbox', 'consumer'],
    properties: {
      messageId: { type: 'string' },
      outbox: {
        type: 'string',
        description: '`<collection>/<document id>`, from the header `outbox` of the message.',
      },
      consumer: { type: 'string' },
    },
  },
};

const legacyChannel = {
  address: '{key}',
  summary:
    'The bare job, as external archive systems take it from SciCat today. Exchange, routing key and queue are those of the `rabbitmq` action in the job configuration; what exists is taken as it is, what does not is declared durable (a topic exchange).',
  parameters: { key: { description: 'The `key` of the `rabbitmq` action.' } },
  servers: [{ $ref: '#/servers/rabbitmq' }],
  messages: { job: { $ref: '#/components/messages/legacy-job' } },
  bindings: { amqp: { is: 'routingKey', bindingVersion } },
};

const legacyJob = {
  name: 'legacy-job',
  summary: "A job in SciCat's format, without envelope.",
  contentType: 'application/json',
  payload: {
    type: 'object',
    required: ['id', 'type', 'jobParams'],
    properties: {
      id: { type: 'string' },
      type: { type: 'string' },
      jobParams: { type: 'object' },
      statusCode: { type: 'string' },
      statusMessage: { type: 'string' },
    },
  },
};
