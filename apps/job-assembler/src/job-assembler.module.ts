import { Module, type DynamicModule } from '@nestjs/common';
import { Clock } from '#kernel';
import {
  RECONCILIATION_CHECKS,
  ReconciliationRecords,
  Reconciliations,
  ReconciliationsController,
  ServiceHostModule,
  UnacceptedMessages,
  type ReconciliationCheck,
} from '#service-host';
import { EarlyRequests } from '#persistence';
import { ObjectStore, S3ObjectStore } from '#storage';
import { JobCancellation } from './accept-job/job-cancellation.js';
import { JobRequestsConsumer } from './accept-job/job-requests.consumer.js';
import { DatablockPlaces } from './aggregates/datablock-places.js';
import { DatasetTasks } from './aggregates/dataset-tasks.js';
import { Jobs } from './aggregates/jobs.js';
import { EarlyCancels } from './aggregates/early-cancels.js';
import { Leases } from './aggregates/leases.js';
import { OutsideOrders } from './aggregates/outside-orders.js';
import { OriginalReleases } from './aggregates/original-releases.js';
import { ReconciledWork } from './aggregates/reconciled-work.js';
import { SteeredWork } from './aggregates/steered-work.js';
import { Steering } from './aggregates/steering.js';
import { WorkFigures } from './aggregates/work-figures.js';
import { WorkOrders } from './aggregates/work-orders.js';
import { CatalogClient } from './catalog/catalog-client.js';
import { FinishedJobsSweep } from './forget-jobs/finished-jobs-sweep.js';
import { ConfigToken, type JobAssemblerConfig } from './job-assembler.config.js';
import { AssemblerStore } from './persistence/assembler-store.js';
import { ClaimChecks } from '#claim-check';
import { MongoDatablockPlaces } from './persistence/mongo-datablock-places.js';
import { MongoDatasetTasks } from './persistence/mongo-dataset-tasks.js';
import { MongoJobs } from './persistence/mongo-jobs.js';
import { MongoLeases } from './persistence/mongo-leases.js';
import { MongoOutsideOrders } from './persistence/mongo-outside-orders.js';
import { MongoOriginalReleases } from './persistence/mongo-original-releases.js';
import { MongoReconciledWork } from './persistence/mongo-reconciled-work.js';
import { MongoSteeredWork } from './persistence/mongo-steered-work.js';
import { MongoSteering } from './persistence/mongo-steering.js';
import { MongoWorkFigures } from './persistence/mongo-work-figures.js';
import { MongoWorkOrders } from './persistence/mongo-work-orders.js';
import { AssemblerNumbers } from './observation/assembler-numbers.js';
import { DatablocksToRead } from './plan-job/datablocks-to-read.js';
import { DatasetDrafts } from './plan-job/dataset-drafts.js';
import { DatasetFiles } from './plan-job/dataset-files.js';
import { DatasetPlanner } from './plan-job/dataset-planner.js';
import { DatasetRoutes } from './plan-job/dataset-routes.js';
import { DatasetSources } from './plan-job/dataset-sources.js';
import { JobAnnouncement } from './plan-job/job-announcement.js';
import { JobDatasets } from './plan-job/job-datasets.js';
import { JobPlanner } from './plan-job/job-planner.js';
import { PlanningLoop } from './plan-job/planning-loop.js';
import { ReleasesBeforeReset } from './plan-job/releases-before-reset.js';
import { ListsOfJobs } from './reconcile/lists-of-jobs.js';
import { QuietWork } from './reconcile/quiet-work.js';
import { CurrentRules } from './release-work/current-rules.js';
import { SteeredJobs } from './release-work/steered-jobs.js';
import { Dispatcher } from './release-work/dispatcher.js';
import { DraftRelease } from './release-work/draft-release.js';
import { OutsidePlanning } from './release-work/outside-planning.js';
import { OutsideResending } from './settle-results/outside-resending.js';
import { MissingTargets } from './release-work/missing-targets.js';
import { AcceptedReports } from './settle-results/accepted-reports.js';
import { ArchiverReportsConsumer } from './settle-results/archiver-reports.consumer.js';
import { Certification } from './settle-results/certification.js';
import { CertificationReportsConsumer } from './settle-results/certification-reports.consumer.js';
import { DatasetEnding } from './settle-results/dataset-ending.js';
import { DatasetRegisteredConsumer } from './settle-results/dataset-registered.consumer.js';
import { DatasetResetConsumer } from './settle-results/dataset-reset.consumer.js';
import { DatasetSettling } from './settle-results/dataset-settling.js';
import { DatasetSubmission } from './settle-results/dataset-submission.js';
import { JobEnding } from './settle-results/job-ending.js';
import { JobSituations } from './settle-results/job-situations.js';
import { JobSettling } from './settle-results/job-settling.js';
import { OutsideEndings } from './settle-results/outside-endings.js';
import { OutsideRemovals } from './settle-results/outside-removals.js';
import { OutsideStaging } from './settle-results/outside-staging.js';
import { PlacedDatablocks } from './settle-results/placed-datablocks.js';
import { ProgressReports } from './settle-results/progress-reports.js';
import { ResetDatablocks } from './settle-results/reset-datablocks.js';
import { UnregisteredDatablocks } from './settle-results/unregistered-datablocks.js';
import { UnregisteredSweep } from './settle-results/unregistered-sweep.js';
import { WorkerReportsConsumer } from './settle-results/worker-reports.consumer.js';
import { WaitingReports } from './settle-results/waiting-reports.js';
import { JobSteering } from './steer-work/job-steering.js';
import { JobView } from './steer-work/job-view.js';
import { JobsController } from './steer-work/jobs.controller.js';
import { LimitsView } from './steer-work/limits-view.js';
import { LimitsController } from './steer-work/limits.controller.js';
import { AssemblerFacts } from './why/assembler-facts.js';
import { SteeringActions } from './steer-work/steering-actions.js';
import { WorkOrdersController } from './steer-work/work-orders.controller.js';
import { ReleaseSteering } from './steer-work/release-steering.js';
import { SteeringSweep } from './steer-work/steering-sweep.js';

@Module({})
export class JobAssemblerModule {
  static forRoot(config: JobAssemblerConfig): DynamicModule {
    return {
      module: JobAssemblerModule,
      imports: [ServiceHostModule.forRoot(config.serviceHost)],
      controllers: [
        WorkOrdersController,
        JobRequestsConsumer,
        ArchiverReportsConsumer,
        WorkerReportsConsumer,
        DatasetRegisteredConsumer,
        DatasetResetConsumer,
        CertificationReportsConsumer,
        LimitsController,
        JobsController,
        ReconciliationsController,
      ],
      providers: [
        { provide: ConfigToken, useValue: config },
        { provide: ObjectStore, useFactory: () => new S3ObjectStore(config.store) },
        AssemblerStore,
        { provide: Jobs, useClass: MongoJobs },
        { provide: DatasetTasks, useClass: MongoDatasetTasks },
        { provide: WorkOrders, useClass: MongoWorkOrders },
        { provide: OriginalReleases, useClass: MongoOriginalReleases },
        { provide: OutsideOrders, useClass: MongoOutsideOrders },
        { provide: DatablockPlaces, useClass: MongoDatablockPlaces },
        { provide: WorkFigures, useClass: MongoWorkFigures },
        {
          provide: EarlyCancels,
          inject: [AssemblerStore],
          useFactory: (store: AssemblerStore): EarlyCancels => new EarlyRequests(store.earlyCancels),
        },
        { provide: Leases, useClass: MongoLeases },
        { provide: Steering, useClass: MongoSteering },
        { provide: SteeredWork, useClass: MongoSteeredWork },
        {
          provide: ClaimChecks,
          inject: [ObjectStore, Clock],
          // The only list it reads, that of a job's datasets, it can ask for as well: it waits for none that is not there.
          useFactory: (store: ObjectStore, clock: Clock) =>
            new ClaimChecks(store, clock, { bucket: config.controlBucket, patience: 0 }),
        },
        CatalogClient,
        DatasetFiles,
        DatasetSources,
        DatasetRoutes,
        DatablocksToRead,
        DatasetDrafts,
        ReleasesBeforeReset,
        DatasetPlanner,
        JobAnnouncement,
        JobDatasets,
        JobPlanner,
        PlanningLoop,
        CurrentRules,
        SteeredJobs,
        Dispatcher,
        OutsidePlanning,
        DraftRelease,
        Certification,
        DatasetEnding,
        DatasetSubmission,
        DatasetSettling,
        JobEnding,
        JobSettling,
        AcceptedReports,
        JobCancellation,
        ProgressReports,
        PlacedDatablocks,
        OutsideEndings,
        OutsideRemovals,
        OutsideStaging,
        OutsideResending,
        MissingTargets,
        JobSituations,
        WaitingReports,
        ResetDatablocks,
        UnregisteredDatablocks,
        UnregisteredSweep,
        ReleaseSteering,
        SteeringActions,
        AssemblerFacts,
        JobSteering,
        LimitsView,
        JobView,
        SteeringSweep,
        AssemblerNumbers,
        FinishedJobsSweep,
        ReconciliationRecords,
        Reconciliations,
        { provide: ReconciledWork, useClass: MongoReconciledWork },
        ListsOfJobs,
        QuietWork,
        UnacceptedMessages,
        {
          provide: RECONCILIATION_CHECKS,
          inject: [ListsOfJobs, QuietWork, UnacceptedMessages],
          useFactory: (...checks: ReconciliationCheck[]) => checks,
        },
      ],
    };
  }
}
