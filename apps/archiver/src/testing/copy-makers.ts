import type { Clock } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import type { OutboxRelay } from '#outbox';
import { CopyProofs } from '../archive-datablock/copy-proofs.js';
import type { CopyWriter } from '../archive-datablock/copy-writer.js';
import { MissingCopies } from '../archive-datablock/missing-copies.js';
import { ProvenCopies } from '../archive-datablock/proven-copies.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { DatablockLists } from '../originals/datablock-lists.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { WorkOrders } from '../persistence/work-orders.js';

/** The makers of copies, as the handler of archivals wants them, with orders that send nothing. */
export function copyMakers(
  store: ArchiverStore,
  writer: CopyWriter,
  lists: DatablockLists,
  clock: Clock,
  shares: readonly LongTermStorage[],
): [ProvenCopies, MissingCopies] {
  const orders = new WorkOrders(store, { wake: () => undefined } as unknown as OutboxRelay);
  const proven = new ProvenCopies(writer, lists, new CopyProofs(orders, clock), clock);
  return [proven, new MissingCopies(new Datablocks(store), proven, writer, shares)];
}
