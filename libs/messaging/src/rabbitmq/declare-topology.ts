import type { Channel, ChannelModel, Options } from 'amqplib';
import { messageOf, PermanentError } from '#kernel';
import type { QueueDeclaration, Topology } from '../message-transport.js';

/** Declares on a channel of its own: a mismatch closes the channel, and nothing else may die with it. */
export async function declareTopology(connection: ChannelModel, topology: Topology): Promise<void> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  for (const { name, kind, foreign } of topology.exchanges) {
    if (foreign === true && (await exists(connection, (probe) => probe.checkExchange(name)))) continue;
    await refusingDrift(name, channel.assertExchange(name, kind, { durable: true }));
  }
  for (const queue of topology.queues) {
    if (queue.foreign === true && (await exists(connection, (probe) => probe.checkQueue(queue.name))))
      continue;
    await refusingDrift(queue.name, channel.assertQueue(queue.name, argumentsOf(queue)));
  }
  await bindAll(channel, topology);
  await channel.close();
}

/** Asking for a missing object closes the channel, hence one channel a question. */
async function exists(
  connection: ChannelModel,
  ask: (probe: Channel) => PromiseLike<unknown>,
): Promise<boolean> {
  const probe = await connection.createChannel();
  probe.on('error', () => undefined);
  try {
    await ask(probe);
    await probe.close();
    return true;
  } catch (error) {
    if ((error as { code?: number }).code === 404) return false;
    throw error;
  }
}

async function bindAll(channel: Channel, topology: Topology): Promise<void> {
  for (const { queue, exchange, key } of topology.bindings) await channel.bindQueue(queue, exchange, key);
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
