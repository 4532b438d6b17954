import { isThere } from '#persistence';
import type { ArchiverStore } from './archiver-store.js';

/**
 * Requests to cancel orders that are not here yet: a message may overtake another one by as long as it takes to send that again.
 * Such an order ends as cancelled as soon as it comes, whichever archiver gets it.
 */
export class EarlyCancels {
  constructor(private readonly store: ArchiverStore) {}

  async remember(workOrderId: string, at: Date): Promise<void> {
    await this.store.earlyCancels.updateOne({ _id: workOrderId }, { $setOnInsert: { at } }, { upsert: true });
  }

  isThere(workOrderId: string): Promise<boolean> {
    return isThere(this.store.earlyCancels, { _id: workOrderId });
  }

  /** Whatever has not come by now does not come any more. */
  async forgetBefore(at: Date): Promise<void> {
    await this.store.earlyCancels.deleteMany({ at: { $lt: at } });
  }
}
