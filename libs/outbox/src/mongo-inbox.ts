import type { Connection } from 'mongoose';
import { Inbox } from '#messaging';

interface HandledMessage {
  readonly _id: string;
  readonly type: string;
  readonly digest: string;
  readonly at: Date;
}

/** Longer than any replay or repeated sending: 30 days. */
const retentionSeconds = 30 * 24 * 3600;

/** Handled messages in the collection `catena_inbox` of an app's own database. */
export class MongoInbox extends Inbox {
  constructor(private readonly connection: Connection) {
    super();
  }

  async createIndexes(): Promise<void> {
    await this.messages.createIndex(
      { at: 1 },
      { name: 'catena_inbox_expiry', expireAfterSeconds: retentionSeconds },
    );
  }

  async check(messageId: string, digest: string): Promise<'new' | 'duplicate' | 'conflict'> {
    const known = await this.messages.findOne({ _id: messageId }, { projection: { digest: 1 } });
    return known === null ? 'new' : known.digest === digest ? 'duplicate' : 'conflict';
  }

  async record(messageId: string, type: string, digest: string): Promise<void> {
    await this.messages.updateOne(
      { _id: messageId },
      { $setOnInsert: { type, digest, at: new Date() } },
      { upsert: true },
    );
  }

  private get messages() {
    return this.connection.collection<HandledMessage>('catena_inbox');
  }
}
