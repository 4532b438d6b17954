import { Module, type DynamicModule } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import { Clock } from '#kernel';
import { IdentifiedStorage, storageForTarget, storageNameOf, storagesAt } from '#long-term-storage';
import {
  RECONCILIATION_CHECKS,
  ReconciliationRecords,
  Reconciliations,
  ReconciliationsController,
  ServiceHostModule,
  type ReconciliationCheck,
} from '#service-host';
import { ObjectStore, S3ObjectStore } from '#storage';
import { NeededTargets } from './persistence/operators/needed-targets.js';
import { AdoptDatablock } from './adopt-datablocks/adopt-datablock.js';
import { AdoptionRuns } from './adopt-datablocks/adoption-runs.js';
import { AdoptionsController } from './adopt-datablocks/adoptions.controller.js';
import { Adoptions } from './persistence/adoptions.js';
import { WorkOrdersConsumer } from './accept-work/work-orders.consumer.js';
import { ArchiveDatablockHandler } from './archive-datablock/archive-datablock.handler.js';
import { CopyProofs } from './archive-datablock/copy-proofs.js';
import { CopyWriter } from './archive-datablock/copy-writer.js';
import { MissingCopies } from './archive-datablock/missing-copies.js';
import { NewDatablock } from './archive-datablock/new-datablock.js';
import { OrderTargets } from './archive-datablock/order-targets.js';
import { ProvenCopies } from './archive-datablock/proven-copies.js';
import { DatablockLists } from './originals/datablock-lists.js';
import { Originals } from './originals/originals.js';
import { ConfigToken, SharesToken, type ArchiverConfig } from './archiver.config.js';
import { Buckets } from './buckets.lifecycle.js';
import { CatalogueWord } from './catalog/catalogue-word.js';
import { ArchiverStore } from './persistence/archiver-store.js';
import { TargetNames } from './domain/target-names.js';
import { DiscardDatablockHandler } from './discard-datablock/discard-datablock.handler.js';
import { CopyCheck } from './check-copies/copy-check.js';
import { CopyMending } from './mend-copies/copy-mending.js';
import { DatablockRepair } from './mend-copies/datablock-repair.js';
import { FormerCopy } from './move-copy/former-copy.js';
import { MoveCopyHandler } from './move-copy/move-copy.handler.js';
import { RepairDatablockHandler } from './repair-datablock/repair-datablock.handler.js';
import { OutsideCopiesHandler } from './outside-copies/outside-copies.handler.js';
import { Uploads } from './outside-copies/uploads.js';
import { UploadsSweep } from './outside-copies/uploads-sweep.js';
import { ReleaseOriginalsHandler } from './release-originals/release-originals.handler.js';
import { ReleasedDatablocks } from './release-originals/released-datablocks.js';
import { EndedWorkSweep } from './forget-work/ended-work-sweep.js';
import { CopyAges } from './persistence/copy-ages.js';
import { CopyRecords } from './persistence/copy-records.js';
import { CertificateKeys } from './persistence/certificate-keys.js';
import { CertifiedDatablocks } from './certify-dataset/certified-datablocks.js';
import { CertifyDatasetHandler } from './certify-dataset/certify-dataset.handler.js';
import { KeyAnnouncement } from './certify-dataset/key-announcement.js';
import { Datablocks } from './persistence/datablocks.js';
import { FilesAside } from './persistence/files-aside.js';
import { AreaFigures } from './persistence/area-figures.js';
import { RoomWaits } from './persistence/room-waits.js';
import { RetrievedCopies } from './persistence/retrieved-copies.js';
import { ScrubTurns } from './persistence/scrub-turns.js';
import { ShareModes } from './persistence/share-modes.js';
import { TargetIdentities } from './persistence/target-identities.js';
import { WorkOrders } from './persistence/work-orders.js';
import { ChangePinsHandler } from './change-pins/change-pins.handler.js';
import { EndedCopies } from './retrieval-area/ended-copies.js';
import { RetrievalArea } from './retrieval-area/retrieval-area.js';
import { RetrievalsController } from './retrieval-area/retrievals.controller.js';
import { Retrievals } from './retrieval-area/retrievals.js';
import { ExpireRetrievedCopies } from './retrieve-datablock/expire-retrieved-copies.js';
import { RetrievalReports } from './retrieve-datablock/retrieval-reports.js';
import { BestCopy } from './retrieve-datablock/best-copy.js';
import { PartRecall } from './retrieve-datablock/part-recall.js';
import { BroughtCopies } from './retrieve-datablock/brought-copies.js';
import { RecallLock } from './retrieve-datablock/recall-lock.js';
import { RecallOrder } from './order-recalls/recall-order.js';
import { RecallPlaces } from './order-recalls/recall-places.js';
import { ReconciledRecords } from './persistence/reconciled-records.js';
import { reconciliationChecks } from './reconcile/reconciliation-checks.js';
import { ReaderTurns } from './persistence/reader-turns.js';
import { RecallQueue } from './persistence/recall-queue.js';
import { RetrieveDatablockHandler } from './retrieve-datablock/retrieve-datablock.handler.js';
import { ProgressReporting } from './run-work/progress-reporting.js';
import { ServedTargets } from './order-recalls/served-targets.js';
import { WaitReasons } from './run-work/wait-reasons.js';
import { WaitingSigns } from './run-work/waiting-signs.js';
import { CopyHandlers } from './run-work/copy-handlers.js';
import { RetrievalHandlers } from './run-work/retrieval-handlers.js';
import { WorkHandlers } from './run-work/work-handlers.js';
import { ThreadWatch } from './run-work/thread-watch.js';
import { WorkEndings } from './run-work/work-endings.js';
import { ArchiverNumbers } from './observation/archiver-numbers.js';
import { WorkRunner } from './run-work/work-runner.js';
import { CopyScrub } from './scrub-copies/copy-scrub.js';
import { ScrubCopies } from './scrub-copies/scrub-copies.js';
import { ScrubFigures } from './scrub-copies/scrub-figures.js';
import { ScrubQueue } from './scrub-copies/scrub-queue.js';
import { Scrubbing } from './scrub-copies/scrubbing.js';
import { ScrubbingController } from './scrub-copies/scrubbing.controller.js';
import { TargetScrub } from './scrub-copies/target-scrub.js';
import { DataElsewhere } from './set-aside/data-elsewhere.js';
import { FormerCopies } from './set-aside/former-copies.js';
import { SetAsideSweep } from './set-aside/set-aside-sweep.js';
import { SetAside } from './set-aside/set-aside.js';
import { SetAsideController } from './set-aside/set-aside.controller.js';
import { SharesController } from './shares/shares.controller.js';
import { Shares } from './shares/shares.js';
import { VerifyDatablockHandler } from './verify-datablock/verify-datablock.handler.js';

import { WorkerPresence } from './workers/worker-presence.js';
import { Workers } from './persistence/operators/workers.js';

import { WorkFacts } from './works/work-facts.js';
import { WorkGroups } from './persistence/operators/work-groups.js';

import { CopiesController } from './copies/copies.controller.js';
import { CopiesList } from './copies/copies-list.js';
import { CopyTending } from './persistence/operators/copy-tending.js';
import { RetrievedController } from './retrieval-area/retrieved.controller.js';
import { RetrievedList } from './persistence/operators/retrieved-list.js';
import { ShareNumbers } from './persistence/operators/share-numbers.js';
import { WorkNumbers } from './persistence/operators/work-numbers.js';
import { ShareUse } from './persistence/operators/share-use.js';
import { WorkersController } from './workers/workers.controller.js';
import { WorksController } from './works/works.controller.js';
import { WorksList } from './persistence/operators/works-list.js';

@Module({})
export class ArchiverModule {
  /** @throws PermanentError `kernel.configuration` for a storage of LTS_ROOTS, or a target of ROUTES_FILE, that cannot be */
  static forRoot(config: ArchiverConfig): DynamicModule {
    const { targets } = config;
    const shares =
      targets === undefined
        ? storagesAt(config.shares, config.shareMarker)
        : targets.map((target) => storageForTarget(target));
    return {
      module: ArchiverModule,
      imports: [ServiceHostModule.forRoot(config.serviceHost)],
      controllers: [
        WorkOrdersConsumer,
        AdoptionsController,
        SetAsideController,
        SharesController,
        ScrubbingController,
        RetrievalsController,
        RetrievedController,
        WorksController,
        WorkersController,
        CopiesController,
        ReconciliationsController,
      ],
      providers: [
        { provide: ConfigToken, useValue: config },
        { provide: ObjectStore, useFactory: () => new S3ObjectStore(config.store) },
        {
          provide: ClaimChecks,
          inject: [ObjectStore, Clock],
          useFactory: (store: ObjectStore, clock: Clock) =>
            new ClaimChecks(store, clock, {
              bucket: config.controlBucket,
              patience: config.referencePatience,
            }),
        },
        {
          provide: SharesToken,
          inject: [TargetIdentities, ShareModes],
          // Whoever looks at a share sees it as itself, or not at all.
          useFactory: (identities: TargetIdentities, modes: ShareModes) =>
            shares.map((share) => new IdentifiedStorage(share, identities, modes)),
        },
        { provide: TargetNames, useValue: new TargetNames(asRecorded(targets), config.targetNames) },
        ArchiverStore,
        TargetIdentities,
        ShareModes,
        Shares,
        WorkOrders,
        Datablocks,
        FilesAside,
        RetrievedCopies,
        CopyRecords,
        Buckets,
        CatalogueWord,
        Originals,
        DatablockLists,
        CopyWriter,
        CopyProofs,
        ProvenCopies,
        MissingCopies,
        OrderTargets,
        NewDatablock,
        SetAside,
        SetAsideSweep,
        DataElsewhere,
        FormerCopies,
        NeededTargets,
        ServedTargets,
        Adoptions,
        AdoptDatablock,
        AdoptionRuns,
        RecallQueue,
        ReaderTurns,
        RecallOrder,
        RecallPlaces,
        WorkRunner,
        WorkGroups,
        WorksList,
        CopiesList,
        CopyTending,
        RetrievedList,
        ShareNumbers,
        WorkNumbers,
        ShareUse,
        WorkFacts,
        Workers,
        WorkerPresence,
        ThreadWatch,
        CopyHandlers,
        RetrievalHandlers,
        WorkHandlers,
        ProgressReporting,
        WorkEndings,
        WaitReasons,
        WaitingSigns,
        ArchiveDatablockHandler,
        RetrieveDatablockHandler,
        BestCopy,
        PartRecall,
        AreaFigures,
        RoomWaits,
        EndedCopies,
        RetrievalArea,
        Retrievals,
        ChangePinsHandler,
        RecallLock,
        BroughtCopies,
        RetrievalReports,
        ExpireRetrievedCopies,
        CopyCheck,
        VerifyDatablockHandler,
        CopyMending,
        DatablockRepair,
        RepairDatablockHandler,
        FormerCopy,
        MoveCopyHandler,
        ReleaseOriginalsHandler,
        ReleasedDatablocks,
        EndedWorkSweep,
        DiscardDatablockHandler,
        OutsideCopiesHandler,
        Uploads,
        UploadsSweep,
        CopyAges,
        ScrubTurns,
        ScrubQueue,
        ScrubFigures,
        CopyScrub,
        TargetScrub,
        ScrubCopies,
        Scrubbing,
        ReconciliationRecords,
        Reconciliations,
        ReconciledRecords,
        ...reconciliationChecks,
        {
          provide: RECONCILIATION_CHECKS,
          inject: [...reconciliationChecks],
          useFactory: (...checks: ReconciliationCheck[]) => checks,
        },
        CertificateKeys,
        CertifiedDatablocks,
        CertifyDatasetHandler,
        KeyAnnouncement,
        ArchiverNumbers,
      ],
    };
  }
}

/** By former names as records hold them, however the file writes them: as items of LTS_ROOTS, or without their schemes. */
function asRecorded(targets: ArchiverConfig['targets'] = []) {
  return targets.map(({ name, formerNames }) => ({
    name,
    formerNames: [...new Set(formerNames.flatMap((item) => [storageNameOf(item), item]))],
  }));
}
