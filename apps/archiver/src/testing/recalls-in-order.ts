import type { LongTermStorage } from '#long-term-storage';
import type { ArchiverConfig } from '../archiver.config.js';
import { TargetNames } from '../domain/target-names.js';
import { RecallOrder } from '../order-recalls/recall-order.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { ReaderTurns } from '../persistence/reader-turns.js';
import { RecallQueue } from '../persistence/recall-queue.js';
import type { WorkOrders } from '../persistence/work-orders.js';
import { ServedTargets } from '../order-recalls/served-targets.js';

/** Who says which work comes next at an archiver with these storages. */
export function recallsInOrder(
  store: ArchiverStore,
  orders: WorkOrders,
  shares: readonly LongTermStorage[] = [],
  config: Partial<ArchiverConfig> = {},
): RecallOrder {
  const served = new ServedTargets(shares, new TargetNames());
  return new RecallOrder(
    ...([orders, new RecallQueue(store), new ReaderTurns(store), served, shares] as const),
    config as ArchiverConfig,
  );
}
