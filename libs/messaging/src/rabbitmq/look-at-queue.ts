import type { QueueLook } from '../message-transport.js';
import type { BrokerLine } from './broker-line.js';

/** Undefined where there is no such queue. Each look has a channel of its own: the broker closes it for a missing queue. */
export async function lookAtQueue(line: BrokerLine, queue: string): Promise<QueueLook | undefined> {
  const channel = await line.answer('open a channel', line.connection.createChannel());
  channel.on('error', () => undefined);
  try {
    const { messageCount, consumerCount } = await line.answer(`look at ${queue}`, channel.checkQueue(queue));
    await line.answer('close a channel', channel.close());
    return { messages: messageCount, consumers: consumerCount };
  } catch (error) {
    if ((error as { code?: unknown }).code === 404) return undefined;
    throw error;
  }
}
