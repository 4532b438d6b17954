import type { Channel, Options } from 'amqplib';
import { messageOf, PermanentError, TransientError } from '#kernel';
import type { QueueDeclaration, Topology } from '../message-transport.js';
import type { BrokerLine } from './broker-line.js';

/** Channels at once: after an outage every app declares everything, and the broker answers one round trip each. */
const atOnce = 8;

/**
 * Exchanges, then queues, then what binds them; each kind several at once, and the whole within a limit.
 *
 * @throws TransientError `messaging.no-answer` when it takes too long: the connection is cut then
 */
export function declareTopology(line: BrokerLine, topology: Topology): Promise<void> {
  return line.within('declare the topology', async () => {
    await severalAtOnce(topology.exchanges, (exchange) => declareExchange(line, exchange));
    await severalAtOnce(topology.queues, async (queue) => {
      if (queue.foreign === true && (await exists(line, (probe) => probe.checkQueue(queue.name)))) return;
      await declareQueue(line, queue);
    });
    await onChannels(line, topology.bindings, (channel, { queue, exchange, key }) =>
      line.answer(`bind ${queue} to ${exchange}`, channel.bindQueue(queue, exchange, key)),
    );
  });
}

/** On a channel of its own: a mismatch closes the channel, and nothing else may die with it. */
async function declareExchange(
  line: BrokerLine,
  { name, kind, foreign, shared }: Topology['exchanges'][number],
): Promise<void> {
  if ((foreign === true || shared === true) && (await exists(line, (probe) => probe.checkExchange(name))))
    return;
  await refusingDrift(
    name,
    onChannel(line, (channel) =>
      line.answer(`declare ${name}`, channel.assertExchange(name, kind, { durable: true })),
    ),
  );
}

/** The first fault ends it; what is under way then ends by itself. */
async function severalAtOnce<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const waiting = [...items];
  let isFaulty = false;
  const lane = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined && !isFaulty; item = waiting.shift())
      await work(item);
  };
  await Promise.all(
    Array.from({ length: atOnce }, () =>
      lane().catch((error: unknown) => {
        isFaulty = true;
        throw error;
      }),
    ),
  );
}

/** What needs no channel of its own shares a few: a channel answers one question after the other. */
async function onChannels<Item>(
  line: BrokerLine,
  items: readonly Item[],
  work: (channel: Channel, item: Item) => Promise<unknown>,
): Promise<void> {
  const shares = Array.from({ length: atOnce }, (_, lane) =>
    items.filter((_item, index) => index % atOnce === lane),
  );
  await severalAtOnce(
    shares.filter(({ length }) => length > 0),
    (share) =>
      onChannel(line, async (channel) => {
        for (const item of share) await work(channel, item);
      }),
  );
}

/** On a channel of its own, because one with other arguments closes it. */
async function declareQueue(line: BrokerLine, queue: QueueDeclaration): Promise<void> {
  const assert = (declaration: QueueDeclaration): Promise<void> =>
    refusingDrift(
      queue.name,
      onChannel(line, (channel) =>
        line.answer(`declare ${queue.name}`, channel.assertQueue(queue.name, argumentsOf(declaration))),
      ),
    );
  try {
    await assert(queue);
  } catch (error) {
    if (codeOf(error) !== 'messaging.topology-drift' || queue.replacesDirect !== true) throw error;
    const { deadLetterExchange: _, ...former } = queue;
    // The proof that it is the one of an earlier version, and nothing else: it takes that version's declaration.
    await assert(former).catch(() => {
      throw error;
    });
    await onChannel(line, async (channel) => {
      const { consumerCount } = await line.answer('count consumers', channel.checkQueue(queue.name));
      // An earlier version still works with it.
      if (consumerCount > 0) throw error;
      await line.answer(`delete ${queue.name}`, channel.deleteQueue(queue.name));
    });
    await assert(queue);
  }
}

async function onChannel<Answer>(
  line: BrokerLine,
  work: (channel: Channel) => Promise<Answer>,
): Promise<Answer> {
  const channel = await line.answer('open a channel', line.connection.createChannel());
  channel.on('error', () => undefined);
  try {
    return await work(channel);
  } finally {
    // One that the broker has closed cannot be closed again.
    await line.answer('close a channel', channel.close()).catch(() => undefined);
  }
}

/** Asking for a missing object closes the channel, hence one channel a question. */
async function exists(line: BrokerLine, ask: (probe: Channel) => PromiseLike<unknown>): Promise<boolean> {
  try {
    await onChannel(line, (probe) => line.answer('look whether something is there', ask(probe)));
    return true;
  } catch (error) {
    if (codeOf(error) === 404) return false;
    throw error;
  }
}

export function argumentsOf({
  deadLetterTo,
  deadLetterExchange = '',
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
            'x-dead-letter-exchange': deadLetterExchange,
            'x-dead-letter-routing-key': deadLetterTo,
            'x-dead-letter-strategy': 'at-least-once',
            'x-overflow': 'reject-publish',
          }),
    },
  };
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

/** @throws TransientError `messaging.refused`; PermanentError `messaging.topology-drift` */
export async function refusingDrift(name: string, declaration: PromiseLike<unknown>): Promise<void> {
  try {
    await declaration;
  } catch (error) {
    if (codeOf(error) === 403)
      throw new TransientError(
        'messaging.refused',
        `Expected the broker to let this account declare ${name}, found: ${messageOf(error)}. Load the definitions of this installation (docs/operations.md, "Accounts at the broker"); it is tried again by itself.`,
        { cause: error },
      );
    if (codeOf(error) !== 406) throw error;
    throw new PermanentError(
      'messaging.topology-drift',
      `Expected to declare ${name}, found one with other arguments or still in use by an earlier version (${messageOf(error)}). Stop earlier versions; else drain and delete it, or choose another CATENA_PREFIX.`,
      { cause: error },
    );
  }
}
