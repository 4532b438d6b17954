import { ClaimChecks } from '#claim-check';
import type { Clock } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { createLogger } from '#observability';
import type { ObjectStore } from '#storage';
import type { ArchiverConfig } from '../archiver.config.js';
import { DatablockLists } from '../originals/datablock-lists.js';
import type { CopyRecords } from '../persistence/copy-records.js';
import type { Datablocks } from '../persistence/datablocks.js';
import { BestCopy } from '../retrieve-datablock/best-copy.js';
import { PartRecall } from '../retrieve-datablock/part-recall.js';
import type { RecallLock } from '../retrieve-datablock/recall-lock.js';
import { RetrievalReports } from '../retrieve-datablock/retrieval-reports.js';
import { RetrieveDatablockHandler } from '../retrieve-datablock/retrieve-datablock.handler.js';

/** What a retrieval works with. */
export interface RetrieveScene {
  readonly datablocks: Datablocks;
  readonly objects: ObjectStore;
  readonly lock: RecallLock;
  readonly shares: readonly LongTermStorage[];
  readonly records: CopyRecords;
  readonly config: ArchiverConfig;
  readonly clock: Clock;
}

/** What retrieves, as the module wires it. */
export function retrieveHandler(scene: RetrieveScene): RetrieveDatablockHandler {
  const { datablocks, objects, lock, shares, records, config, clock } = scene;
  const logger = createLogger('retrieve-handler', 'silent');
  const reports = new RetrievalReports(objects, lock, clock, config);
  const copies = new BestCopy(datablocks, shares, records, logger);
  const options = { bucket: config.controlBucket, patience: config.referencePatience };
  const lists = new DatablockLists(objects, new ClaimChecks(objects, clock, options), config);
  const parts = new PartRecall(lists, copies, objects, lock, reports, config, logger);
  return new RetrieveDatablockHandler(
    ...([datablocks, objects, lock, reports, copies, parts, config, logger] as const),
  );
}
