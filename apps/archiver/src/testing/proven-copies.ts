import type { Clock } from '#kernel';
import type { OutboxRelay } from '#outbox';
import { CopyProofs } from '../archive-datablock/copy-proofs.js';
import type { CopyWriter } from '../archive-datablock/copy-writer.js';
import { ProvenCopies } from '../archive-datablock/proven-copies.js';
import type { DatablockLists } from '../originals/datablock-lists.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { WorkOrders } from '../persistence/work-orders.js';

/** The makers of copies, with orders that send nothing. */
export function provenCopies(
  store: ArchiverStore,
  writer: CopyWriter,
  lists: DatablockLists,
  clock: Clock,
): ProvenCopies {
  const orders = new WorkOrders(store, { wake: () => undefined } as unknown as OutboxRelay);
  return new ProvenCopies(writer, lists, new CopyProofs(orders, clock), clock);
}
