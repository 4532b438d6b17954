import type { Connection } from 'mongoose';
import type { AppName } from '#contracts';
import { messageOf, type Clock } from '#kernel';
import {
  attemptOf,
  digestOfBody,
  headersFrom,
  senderOf,
  textFrom,
  type Delivery,
  type MessageTransport,
  type Naming,
  type Subscription,
} from '#messaging';
import type { Logger } from '#observability';
import { isDuplicateKey } from '#persistence';
import { jobIdIn, parkedMessages, parkedStates, typeIn, type ParkedState } from './parked-message.js';

/** What people have decided on goes after 180 days; what they have not stays. */
const decidedSeconds = 180 * 24 * 3600;

/** Whose parking lot it is. */
export interface ParkingLotAddress {
  readonly app: AppName;
  readonly naming: Naming;
}

/** Messages of an earlier version, whose job is looked for at a start. */
const maxFormer = 10_000;

/** Drains an app's dead-letter queue into the collection `catena_parking_lot`, where people decide on each message. */
export class ParkingLot {
  private subscription: Subscription | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly transport: MessageTransport,
    private readonly address: ParkingLotAddress,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async createIndexes(): Promise<void> {
    const { messages } = this;
    await messages.createIndex({ state: 1, parkedAt: -1 }, { name: 'catena_parking_lot_state' });
    await messages.createIndex({ parkedAt: -1, _id: -1 }, { name: 'catena_parking_lot_newest' });
    await messages.createIndex({ code: 1, parkedAt: -1 }, { name: 'catena_parking_lot_code' });
    await messages.createIndex({ type: 1, parkedAt: -1 }, { name: 'catena_parking_lot_type' });
    await messages.createIndex({ jobId: 1, state: 1 }, { name: 'catena_parking_lot_job', sparse: true });
    await messages.createIndex({ 'pending.since': 1 }, { name: 'catena_parking_lot_pending', sparse: true });
    await this.nameJobs();
    // Earlier versions left the decision on a replayed message that came back, and it would have expired by it.
    await this.messages.updateMany(
      { state: 'parked', decision: { $exists: true } },
      { $unset: { decision: '' } },
    );
    await this.messages.createIndex(
      { 'decision.at': 1 },
      { name: 'catena_parking_lot_expiry', expireAfterSeconds: decidedSeconds },
    );
  }

  async start(): Promise<void> {
    this.subscription = await this.transport.consume(
      this.address.naming.deadOf(this.address.app),
      { prefetch: 10 },
      async (delivery) => {
        try {
          await this.park(delivery);
          return 'ack';
        } catch (error) {
          this.logger.error(
            { messageId: delivery.messageId, error: messageOf(error) },
            'could not park a message; it stays in the dead-letter queue',
          );
          await new Promise((resolve) => setTimeout(resolve, 1000));
          return 'requeue';
        }
      },
    );
  }

  async stop(): Promise<void> {
    await this.subscription?.drain();
  }

  /** How many there are in each state. */
  async counts(): Promise<Readonly<Record<ParkedState, number>>> {
    const counts = await Promise.all(
      parkedStates.map(async (state) => [state, await this.messages.countDocuments({ state })] as const),
    );
    return Object.fromEntries(counts) as Record<ParkedState, number>;
  }

  /** Earlier versions did not keep which job a message is about. */
  private async nameJobs(): Promise<void> {
    const former = this.messages
      .find({ state: 'parked', jobId: { $exists: false } }, { projection: { body: 1 } })
      .limit(maxFormer);
    for await (const { _id, body } of former) {
      const jobId = jobIdIn(body);
      if (jobId !== undefined) await this.messages.updateOne({ _id }, { $set: { jobId } });
    }
  }

  private async park(delivery: Delivery): Promise<void> {
    const text = delivery.body.toString('utf8');
    const isText = Buffer.from(text, 'utf8').equals(delivery.body);
    const sender = senderOf(delivery, this.transport.account);
    const id = idOf(delivery, sender);
    const jobId = isText ? jobIdIn(text) : undefined;
    const now = this.clock.now();
    // It came back after a replay: parked from now on, and nobody has decided on it any more.
    const back = await this.messages.updateOne(
      { _id: id, state: 'replayed' },
      { $set: { state: 'parked', parkedAt: now }, $unset: { decision: '', pending: '' } },
    );
    if (back.matchedCount > 0) return;
    const park = this.messages.updateOne(
      { _id: id, state: 'parked' },
      {
        $setOnInsert: {
          messageId: delivery.messageId,
          type: delivery.type || typeIn(text),
          outcome: textFrom(delivery.headers['outcome']) || 'dead',
          code: textFrom(delivery.headers['code']) || 'messaging.delivery-limit',
          reason: String(delivery.headers['reason'] ?? 'A consumer crashed on it too often.'),
          attempts: attemptOf(delivery),
          exchange: textFrom(delivery.headers['origin-exchange']),
          routingKey: textFrom(delivery.headers['origin-key']),
          headers: headersFrom(delivery.headers),
          sender,
          ...(jobId === undefined ? {} : { jobId }),
          body: isText ? text : delivery.body.toString('base64'),
          encoding: isText ? 'utf8' : 'base64',
          parkedAt: now,
        },
      },
      { upsert: true },
    );
    await park.catch((error: unknown) => {
      // Discarded or edited before, or replayed at this moment: people have decided.
      if (!isDuplicateKey(error)) throw error;
    });
  }

  private get messages() {
    return parkedMessages(this.connection);
  }
}

/**
 * The same for a message that the broker delivers again, another one for any other message: ids may be missing or taken,
 * and what a stranger sent must not hide what the true sender did.
 */
function idOf(delivery: Delivery, sender: string): string {
  const content = digestOfBody(Buffer.from(`${digestOfBody(delivery.body)} ${sender}`));
  const digest = Buffer.from(content, 'base64').toString('hex').slice(0, 32);
  const time = delivery.timestamp.getTime();
  return `${delivery.messageId || 'without-id'}:${attemptOf(delivery)}:${time}:${digest}`;
}
