import { isThere } from './is-there.js';

/** That something was asked of what is not here yet; its id is that of what is to come. */
export interface EarlyRequest {
  readonly _id: string;
  readonly at: Date;
}

/** What is needed of a collection to keep them. */
interface Requests {
  updateOne(filter: object, change: object, options: { readonly upsert: true }): Promise<unknown>;
  findOne(filter: object, options: object): Promise<unknown>;
  deleteMany(filter: object): Promise<unknown>;
}

/**
 * Requests about what is not here yet: a message may overtake another one by as long as it takes to send that again. Who keeps one asks for
 * what it is about once more afterwards, and what comes asks for it once it is stored: whichever is second finds the other.
 */
export class EarlyRequests {
  constructor(private readonly requests: Requests) {}

  async remember(id: string, at: Date): Promise<void> {
    await this.requests.updateOne({ _id: id }, { $setOnInsert: { at } }, { upsert: true });
  }

  isThere(id: string): Promise<boolean> {
    return isThere(this.requests, { _id: id });
  }

  /** Whatever has not come by now does not come any more. */
  async forgetBefore(at: Date): Promise<void> {
    await this.requests.deleteMany({ at: { $lt: at } });
  }
}
