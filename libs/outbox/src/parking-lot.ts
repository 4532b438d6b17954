import type { Connection } from 'mongoose';
import { contractOf, type AppName } from '#contracts';
import { messageOf, PermanentError, type Clock } from '#kernel';
import {
  attemptHeader,
  attemptOf,
  checkedSenderHeader,
  digestOfBody,
  headersFrom,
  senderOf,
  textFrom,
  type Delivery,
  type Inbox,
  type MessageTransport,
  type Naming,
  type Subscription,
} from '#messaging';
import type { Logger } from '#observability';
import { isDuplicateKey } from '#persistence';

/** A message that could not be handled, kept for people: to look at, replay or discard. */
export interface ParkedMessage {
  readonly _id: string;
  readonly messageId: string;
  readonly type: string;
  readonly outcome: string;
  readonly code: string;
  readonly reason: string;
  readonly attempts: number;
  readonly exchange: string;
  readonly routingKey: string;
  readonly headers: Record<string, string | number>;
  /** The account it came from at first; absent in what an earlier version parked. */
  readonly sender?: string;
  /** Text when it is UTF-8 JSON, else base64. */
  readonly body: string;
  readonly encoding: 'utf8' | 'base64';
  readonly parkedAt: Date;
  readonly state: 'parked' | 'replayed' | 'discarded';
  /** Only while it is replayed or discarded: by it the message expires. */
  readonly decision?: ParkingDecision;
  /** What was decided on it before and now, oldest first: a replayed message may come back. The latest twenty. */
  readonly decisions?: readonly (ParkingDecision & { readonly state: ParkedMessage['state'] })[];
}

/** Who decided, as the operator said. */
export interface ParkingDecision {
  readonly by: string;
  readonly at: Date;
  readonly reason: string;
}

const maxDecisions = 20;

/** Of messages that are perhaps not from whom they say. */
const strangers: readonly string[] = ['messaging.wrong-sender', 'messaging.wrong-key'];

/** What people have decided on goes after 180 days; what they have not stays. */
const decidedSeconds = 180 * 24 * 3600;

/** Whose parking lot it is. */
export interface ParkingLotAddress {
  readonly app: AppName;
  readonly naming: Naming;
}

/** Drains an app's dead-letter queue into the collection `catena_parking_lot` and gives people a say about each message. */
export class ParkingLot {
  private subscription: Subscription | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly transport: MessageTransport,
    private readonly address: ParkingLotAddress,
    private readonly inbox: Inbox,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async createIndexes(): Promise<void> {
    await this.messages.createIndex({ state: 1, parkedAt: -1 }, { name: 'catena_parking_lot_state' });
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

  /** Newest first, at most 100. */
  async list(state: ParkedMessage['state'] = 'parked'): Promise<ParkedMessage[]> {
    return this.messages.find({ state }).sort({ parkedAt: -1 }).limit(100).toArray();
  }

  /** How many there are in each state. */
  async counts(): Promise<Readonly<Record<ParkedMessage['state'], number>>> {
    const [parked, replayed, discarded] = await Promise.all(
      (['parked', 'replayed', 'discarded'] as const).map((state) => this.messages.countDocuments({ state })),
    );
    return { parked: parked ?? 0, replayed: replayed ?? 0, discarded: discarded ?? 0 };
  }

  /** Gives the message to the inbox again, with its own id, so that what was handled before stays handled once. */
  async replay(id: string, by: string): Promise<void> {
    const message = await this.decide(id, 'replayed', by, 'replay');
    try {
      await this.transport.publish({
        exchange: this.address.naming.ownOf(this.address.app),
        routingKey: this.address.naming.inboxOf(this.address.app),
        body: Buffer.from(message.body, message.encoding),
        contentType: 'application/cloudevents+json',
        messageId: message.messageId,
        type: message.type,
        timestamp: this.clock.now(),
        appId: this.address.app,
        headers: {
          // Earlier versions parked whatever came.
          ...headersFrom(message.headers),
          [attemptHeader]: 0,
          [checkedSenderHeader]: this.senderOf(message),
        },
      });
    } catch (error) {
      // If the broker took it all the same, the inbox drops the second replay.
      await this.messages.updateOne(
        { _id: id, state: 'replayed' },
        {
          $set: { state: 'parked' },
          $unset: { decision: '' },
          ...noted('parked', {
            by,
            at: this.clock.now(),
            reason: `could not be replayed: ${messageOf(error)}`,
          }),
        },
      );
      throw error;
    }
  }

  /** The inbox takes it for handled from now on: its emitter, who sends it again and again, gets its receipt. */
  async discard(id: string, by: string, reason: string): Promise<void> {
    const message = await this.messages.findOne({ _id: id, state: 'parked' });
    // First: once it is decided on nobody comes back to it.
    // A stranger's message may bear the id of a true one, which is still to be handled.
    if (message !== null && message.messageId !== '' && !strangers.includes(message.code))
      await this.inbox.record(
        message.messageId,
        message.type,
        digestOfBody(Buffer.from(message.body, message.encoding)),
      );
    await this.decide(id, 'discarded', by, reason);
  }

  /** A replay changes nothing about who sent it. Of earlier versions' messages nobody knows; there the operator's word counts. */
  private senderOf({ sender, type }: ParkedMessage): string {
    if (sender !== undefined) return sender;
    const contract = contractOf(type);
    return contract === undefined ? '' : this.address.naming.accountOfParty(contract.emitter, '');
  }

  private async decide(
    id: string,
    state: 'replayed' | 'discarded',
    by: string,
    reason: string,
  ): Promise<ParkedMessage> {
    const decision = { by, at: this.clock.now(), reason };
    const before = await this.messages.findOneAndUpdate(
      { _id: id, state: 'parked' },
      { $set: { state, decision }, ...noted(state, decision) },
    );
    if (before === null)
      throw new PermanentError(
        'outbox.not-parked',
        `Expected a parked message ${id}, found none: it was decided on before, or the id is wrong.`,
      );
    return before;
  }

  private async park(delivery: Delivery): Promise<void> {
    const text = delivery.body.toString('utf8');
    const isText = Buffer.from(text, 'utf8').equals(delivery.body);
    const sender = senderOf(delivery, this.transport.account);
    const id = idOf(delivery, sender);
    const park = this.messages.updateOne(
      { _id: id, state: { $ne: 'discarded' } },
      {
        $setOnInsert: {
          messageId: delivery.messageId,
          type: delivery.type,
          outcome: textFrom(delivery.headers['outcome']) || 'dead',
          code: textFrom(delivery.headers['code']) || 'messaging.delivery-limit',
          reason: String(delivery.headers['reason'] ?? 'A consumer crashed on it too often.'),
          attempts: attemptOf(delivery),
          exchange: textFrom(delivery.headers['origin-exchange']),
          routingKey: textFrom(delivery.headers['origin-key']),
          headers: headersFrom(delivery.headers),
          sender,
          body: isText ? text : delivery.body.toString('base64'),
          encoding: isText ? 'utf8' : 'base64',
          parkedAt: this.clock.now(),
        },
        $set: { state: 'parked' },
        // It came back after a replay: nobody has decided on it any more.
        $unset: { decision: '' },
      },
      { upsert: true },
    );
    await park.catch((error: unknown) => {
      // Discarded before: people have decided.
      if (!isDuplicateKey(error)) throw error;
    });
  }

  private get messages() {
    return this.connection.collection<ParkedMessage>('catena_parking_lot');
  }
}

function noted(state: ParkedMessage['state'], decision: ParkingDecision): { $push: object } {
  return { $push: { decisions: { $each: [{ state, ...decision }], $slice: -maxDecisions } } };
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
