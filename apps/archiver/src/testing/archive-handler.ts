import type { Clock } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { createLogger } from '#observability';
import type { OutboxRelay } from '#outbox';
import { ArchiveDatablockHandler } from '../archive-datablock/archive-datablock.handler.js';
import { CopyProofs } from '../archive-datablock/copy-proofs.js';
import type { CopyWriter } from '../archive-datablock/copy-writer.js';
import { MissingCopies } from '../archive-datablock/missing-copies.js';
import { NewDatablock } from '../archive-datablock/new-datablock.js';
import { OrderTargets } from '../archive-datablock/order-targets.js';
import { ProvenCopies } from '../archive-datablock/proven-copies.js';
import type { ArchiverConfig } from '../archiver.config.js';
import { CopyCheck } from '../check-copies/copy-check.js';
import { CopyMending } from '../mend-copies/copy-mending.js';
import { CopyRecords } from '../persistence/copy-records.js';
import { FilesAside } from '../persistence/files-aside.js';
import { SetAside } from '../set-aside/set-aside.js';
import { TargetNames } from '../domain/target-names.js';
import type { DatablockLists } from '../originals/datablock-lists.js';
import type { Originals } from '../originals/originals.js';
import type { ArchiverStore } from '../persistence/archiver-store.js';
import { Datablocks } from '../persistence/datablocks.js';
import { WorkOrders } from '../persistence/work-orders.js';

/** What archives, with orders that send nothing. */
export function archiveHandler(
  store: ArchiverStore,
  { lists, originals, writer }: { lists: DatablockLists; originals: Originals; writer: CopyWriter },
  clock: Clock,
  shares: readonly LongTermStorage[],
  names = new TargetNames(),
): ArchiveDatablockHandler {
  const [datablocks, targets] = [new Datablocks(store), new OrderTargets(shares, names)];
  const orders = new WorkOrders(store, { wake: () => undefined } as unknown as OutboxRelay);
  const copies = new ProvenCopies(writer, lists, new CopyProofs(orders, clock), clock);
  const config = { reserve: 0, lease: 1000, discardGrace: 1000, referencePatience: 0 } as ArchiverConfig;
  const records = new CopyRecords(datablocks, clock, config, createLogger('archive-handler', 'silent'));
  const asides = new SetAside(new FilesAside(store), datablocks, clock, shares, config);
  const check = new CopyCheck(records, shares);
  const mending = new CopyMending(asides, records, orders, shares, config);
  const fresh = new NewDatablock(datablocks, lists, originals, copies, targets, clock);
  return new ArchiveDatablockHandler(
    datablocks,
    fresh,
    new MissingCopies(datablocks, check, mending, targets, clock),
    clock,
  );
}
