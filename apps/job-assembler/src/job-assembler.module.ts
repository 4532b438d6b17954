import { Module, type DynamicModule } from '@nestjs/common';
import { ServiceHostModule } from '#service-host';
import { ObjectStore, S3ObjectStore } from '#storage';
import { JobCancellation } from './accept-job/job-cancellation.js';
import { JobRequestsConsumer } from './accept-job/job-requests.consumer.js';
import { CatalogClient } from './catalog/catalog-client.js';
import { ArchiverReportsConsumer } from './fold-results/archiver-reports.consumer.js';
import { DatasetRegisteredConsumer } from './fold-results/dataset-registered.consumer.js';
import { DatasetResetConsumer } from './fold-results/dataset-reset.consumer.js';
import { DatasetResetting } from './fold-results/dataset-resetting.js';
import { JobEnding } from './fold-results/job-ending.js';
import { JobFolds } from './fold-results/job-folds.js';
import { ProgressReports } from './fold-results/progress-reports.js';
import { FoldingSurroundings, ResultFolder } from './fold-results/result-folder.js';
import { UnregisteredDatablocks } from './fold-results/unregistered-datablocks.js';
import { UnregisteredSweep } from './fold-results/unregistered-sweep.js';
import { WaitingReports } from './fold-results/waiting-reports.js';
import { FinishedJobsSweep } from './forget-jobs/finished-jobs-sweep.js';
import type { JobAssemblerConfig } from './job-assembler.config.js';
import { ConfigToken } from './job-assembler.tokens.js';
import { AssemblerStore } from './persistence/assembler-store.js';
import { ControlObjects } from './plan-job/control-objects.js';
import { DatasetFiles } from './plan-job/dataset-files.js';
import { DatasetSources } from './plan-job/dataset-sources.js';
import { DatasetPlanner, PlanningSurroundings } from './plan-job/dataset-planner.js';
import { JobPlanner, PlanningAfterwards } from './plan-job/job-planner.js';
import { Dispatcher } from './release-work/dispatcher.js';

@Module({})
export class JobAssemblerModule {
  static forRoot(config: JobAssemblerConfig): DynamicModule {
    return {
      module: JobAssemblerModule,
      imports: [ServiceHostModule.forRoot(config.serviceHost)],
      controllers: [
        JobRequestsConsumer,
        ArchiverReportsConsumer,
        DatasetRegisteredConsumer,
        DatasetResetConsumer,
      ],
      providers: [
        { provide: ConfigToken, useValue: config },
        { provide: ObjectStore, useFactory: () => new S3ObjectStore(config.store) },
        AssemblerStore,
        CatalogClient,
        ControlObjects,
        DatasetFiles,
        DatasetSources,
        DatasetPlanner,
        PlanningSurroundings,
        JobPlanner,
        PlanningAfterwards,
        Dispatcher,
        ResultFolder,
        FoldingSurroundings,
        JobEnding,
        JobFolds,
        JobCancellation,
        ProgressReports,
        WaitingReports,
        UnregisteredDatablocks,
        DatasetResetting,
        UnregisteredSweep,
        FinishedJobsSweep,
      ],
    };
  }
}
