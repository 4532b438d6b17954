import type { Channel, Options } from 'amqplib';
import { messageOf } from '#kernel';
import { placeTaken, type Place } from '../catalogue-side.js';
import { refusingDrift } from './declare-topology.js';
import type { BrokerLine } from './broker-line.js';

/** Milliseconds for which the broker keeps a place after its last holder was lost, so that a short break costs nobody the place. */
const kept = 10_000;

/** The argument that says who holds the place: the broker compares it with that of every later declaration. */
const holderArgument = 'x-max-length';

interface Hold {
  readonly line: BrokerLine;
  readonly channel: Channel;
  readonly consumerTag: string;
}

/**
 * One connection's hold on a place: it consumes the queue that stands for the place. A process of the same kind may
 * declare and consume it as well; the declaration of another kind is refused by the broker. The queue is replicated like
 * an inbox, so the place is lost with no node that does not take the inboxes along.
 */
export class HeldPlace {
  private hold: Hold | undefined;
  private letGo = false;

  constructor(private readonly place: Place) {}

  /** @throws PermanentError `messaging.catalogue-side-taken`; TransientError `messaging.refused` */
  async take(line: BrokerLine): Promise<void> {
    const { queue } = this.place;
    const channel = await line.answer('open a channel', line.connection.createChannel());
    channel.on('error', () => undefined);
    await refusingDrift(
      queue,
      line
        .answer(`declare ${queue}`, channel.assertQueue(queue, argumentsOf(this.place)))
        .catch((error: unknown) => {
          // Of the arguments that a declaration is compared by, the broker names the first that differs.
          throw messageOf(error).includes(holderArgument) ? placeTaken(this.place, error) : error;
        }),
    );
    const gone = (message: unknown): void => {
      if (message === null) this.lost(line);
    };
    const consuming = channel.consume(queue, gone, { noAck: true });
    const { consumerTag } = await line.answer(`consume ${queue}`, consuming);
    channel.once('close', () => this.lost(line));
    this.hold = { line, channel, consumerTag };
  }

  /** Before the connection closes: whoever is the last to go takes the queue along, so that nobody waits for its end. Never rejects. */
  async release(): Promise<void> {
    const { hold } = this;
    this.letGo = true;
    if (hold === undefined) return;
    const { line, channel, consumerTag } = hold;
    const { queue } = this.place;
    try {
      await line.answer(`stop to consume ${queue}`, channel.cancel(consumerTag));
      const { consumerCount } = await line.answer(`look at ${queue}`, channel.checkQueue(queue));
      // Who joins just now hears that the queue is gone, and takes the place anew.
      if (consumerCount === 0) await line.answer(`delete ${queue}`, channel.deleteQueue(queue));
    } catch {
      // The broker frees the place by itself.
    }
  }

  /** Without the place nothing may go on: the connection is opened again, and takes it first. */
  private lost(line: BrokerLine): void {
    if (!this.letGo) void line.close();
  }
}

function argumentsOf({ holder }: Place): Options.AssertQueue {
  return {
    durable: true,
    arguments: { 'x-queue-type': 'quorum', 'x-expires': kept, [holderArgument]: holder },
  };
}
