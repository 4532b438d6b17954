import type { Connection } from 'mongoose';
import type { Clock } from '#kernel';
import { Inbox } from '#messaging';
import { isDuplicateKey } from '#persistence';

interface HandledMessage {
  readonly _id: string;
  readonly type: string;
  /** Absent while the message was not handled and a copy of it waits. */
  readonly digest?: string;
  readonly waitsUntil?: Date;
  readonly at: Date;
  /** It was not handled: the decisions by which it was discarded. */
  readonly discardedBy?: string[];
}

/** Longer than any replay or repeated sending: 30 days. */
const retentionSeconds = 30 * 24 * 3600;

/** Handled messages in the collection `catena_inbox` of an app's own database. */
export class MongoInbox extends Inbox {
  constructor(
    private readonly connection: Connection,
    private readonly clock: Clock,
  ) {
    super();
  }

  async createIndexes(): Promise<void> {
    await this.messages.createIndex(
      { at: 1 },
      { name: 'catena_inbox_expiry', expireAfterSeconds: retentionSeconds },
    );
  }

  async check(messageId: string, digest: string): Promise<'new' | 'duplicate' | 'conflict' | 'waiting'> {
    const known = await this.messages.findOne(
      { _id: messageId },
      { projection: { digest: 1, waitsUntil: 1 } },
    );
    if (known?.digest !== undefined) return known.digest === digest ? 'duplicate' : 'conflict';
    return known?.waitsUntil !== undefined && known.waitsUntil > this.clock.now() ? 'waiting' : 'new';
  }

  async record(messageId: string, type: string, digest: string, discardedBy?: string): Promise<void> {
    const by = discardedBy === undefined ? {} : { discardedBy: [discardedBy] };
    const isNew = await this.unlessHandled(messageId, {
      $set: { type, digest, at: this.clock.now(), ...by },
      $unset: { waitsUntil: '' },
    });
    if (isNew) return;
    await this.messages.updateOne(
      { _id: messageId, discardedBy: { $exists: true } },
      discardedBy === undefined ? { $unset: { discardedBy: '' } } : { $addToSet: { discardedBy } },
    );
  }

  async forgetDiscarded(messageId: string, discardedBy?: string): Promise<void> {
    const _id = messageId;
    if (discardedBy === undefined) {
      await this.messages.deleteOne({ _id, discardedBy: { $exists: true } });
      return;
    }
    // Another decision in between leaves one in the list.
    await this.messages.updateOne({ _id, discardedBy }, { $pull: { discardedBy } });
    await this.messages.deleteOne({ _id, discardedBy: { $size: 0 } });
  }

  async wait(messageId: string, type: string, milliseconds: number): Promise<void> {
    const now = this.clock.now();
    const waitsUntil = new Date(now.getTime() + milliseconds);
    await this.unlessHandled(messageId, { $set: { type, waitsUntil, at: now } });
  }

  /** @returns false for a message that was handled before */
  private async unlessHandled(messageId: string, change: object): Promise<boolean> {
    try {
      await this.messages.updateOne({ _id: messageId, digest: { $exists: false } }, change, { upsert: true });
      return true;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      return false;
    }
  }

  private get messages() {
    return this.connection.collection<HandledMessage>('catena_inbox');
  }
}
