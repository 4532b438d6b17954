import type { Channel, Options } from 'amqplib';
import { messageOf, PermanentError } from '#kernel';
import type { QueueDeclaration, Topology } from '../message-transport.js';
import type { BrokerLine } from './broker-line.js';

/** Declares on a channel of its own: a mismatch closes the channel, and nothing else may die with it. */
export async function declareTopology(line: BrokerLine, topology: Topology): Promise<void> {
  const channel = await line.answer('open a channel', line.connection.createChannel());
  channel.on('error', () => undefined);
  for (const { name, kind, foreign } of topology.exchanges) {
    if (foreign === true && (await exists(line, (probe) => probe.checkExchange(name)))) continue;
    await refusingDrift(
      name,
      line.answer(`declare ${name}`, channel.assertExchange(name, kind, { durable: true })),
    );
  }
  for (const queue of topology.queues) {
    if (queue.foreign === true && (await exists(line, (probe) => probe.checkQueue(queue.name)))) continue;
    await refusingDrift(
      queue.name,
      line.answer(`declare ${queue.name}`, channel.assertQueue(queue.name, argumentsOf(queue))),
    );
  }
  for (const { queue, exchange, key } of topology.bindings)
    await line.answer(`bind ${queue} to ${exchange}`, channel.bindQueue(queue, exchange, key));
  await line.answer('close a channel', channel.close());
}

/** Asking for a missing object closes the channel, hence one channel a question. */
async function exists(line: BrokerLine, ask: (probe: Channel) => PromiseLike<unknown>): Promise<boolean> {
  const probe = await line.answer('open a channel', line.connection.createChannel());
  probe.on('error', () => undefined);
  try {
    await line.answer('look whether something is there', ask(probe));
    await line.answer('close a channel', probe.close());
    return true;
  } catch (error) {
    if ((error as { code?: number }).code === 404) return false;
    throw error;
  }
}

function argumentsOf({
  deadLetterTo,
  messageTtl,
  deliveryLimit,
  foreign,
}: QueueDeclaration): Options.AssertQueue {
  if (foreign === true) return { durable: true };
  return {
    durable: true,
    arguments: {
      'x-queue-type': 'quorum',
      // Without a limit RabbitMQ 4 applies 20 and drops what exceeds it where there is no dead-letter target.
      'x-delivery-limit': deliveryLimit ?? -1,
      ...(messageTtl === undefined ? {} : { 'x-message-ttl': messageTtl }),
      ...(deadLetterTo === undefined
        ? {}
        : {
            'x-dead-letter-exchange': '',
            'x-dead-letter-routing-key': deadLetterTo,
            'x-dead-letter-strategy': 'at-least-once',
            'x-overflow': 'reject-publish',
          }),
    },
  };
}

async function refusingDrift(name: string, declaration: PromiseLike<unknown>): Promise<void> {
  try {
    await declaration;
  } catch (error) {
    if ((error as { code?: number }).code !== 406) throw error;
    throw new PermanentError(
      'messaging.topology-drift',
      `Expected to declare ${name}, found one with other arguments (${messageOf(error)}). Drain and delete it, or choose another CATENA_PREFIX.`,
      { cause: error },
    );
  }
}
