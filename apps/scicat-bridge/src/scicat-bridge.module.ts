import { Module, type DynamicModule } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import { IngestorModule, OperatedUploadsController, storeConnections } from '#ingestor-uploads';
import { Clock } from '#kernel';
import { ServiceHostModule } from '#service-host';
import { ObjectStore, S3ObjectStore } from '#storage';
import { Buckets } from './buckets.lifecycle.js';
import { EndedJobsSweep } from './forget-jobs/ended-jobs-sweep.js';
import { BridgeNumbers } from './observation/bridge-numbers.js';
import { BridgeJobsController } from './operate/bridge-jobs.controller.js';
import { BridgeJobs } from './persistence/bridge-jobs.js';
import { BridgeLists } from './persistence/bridge-lists.js';
import { BridgeParts } from './persistence/bridge-parts.js';
import { BridgeStore } from './persistence/bridge-store.js';
import { Errands } from './persistence/errands.js';
import { RestScicat } from './scicat/rest-scicat.js';
import { Scicat } from './scicat/scicat.js';
import { ConfigToken, type ScicatBridgeConfig } from './scicat-bridge.config.js';
import { JobLook } from './take-jobs/job-look.js';
import { OtherReportsConsumer } from './take-reports/other-reports.consumer.js';
import { ReportsConsumer } from './take-reports/reports.consumer.js';
import { DatablockRegistration } from './tell-scicat/datablock-registration.js';
import { DatasetResets } from './tell-scicat/dataset-resets.js';
import { DatasetWords } from './tell-scicat/dataset-words.js';
import { ErrandRunner } from './tell-scicat/errand-runner.js';
import { JobErrands } from './tell-scicat/job-errands.js';
import { JobPresence } from './tell-scicat/job-presence.js';
import { JobRefusals } from './tell-scicat/job-refusals.js';
import { JobSteps } from './tell-scicat/job-steps.js';
import { JobTurn } from './tell-scicat/job-turn.js';
import { JobWords } from './tell-scicat/job-words.js';
import { JobWorker } from './tell-scicat/job-worker.js';
import { BridgeUploadCatalogue } from './uploads/bridge-upload-catalogue.js';
import { UploadableDatasets } from './uploads/uploadable-datasets.js';
import { JobFeed } from './ways-in/job-feed.js';
import { JobPoll } from './ways-in/job-poll.js';

/** Everything that knows a job. */
@Module({})
class JobsModule {
  static forRoot(config: ScicatBridgeConfig): DynamicModule {
    return {
      module: JobsModule,
      controllers: [ReportsConsumer, OtherReportsConsumer, BridgeJobsController],
      providers: [
        { provide: ConfigToken, useValue: config },
        {
          provide: ObjectStore,
          useFactory: () =>
            new S3ObjectStore({ ...config.storage, connections: storeConnections(config.ingestor) }),
        },
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
          provide: Scicat,
          inject: [Clock],
          useFactory: (clock: Clock) => new RestScicat(config.scicat, clock),
        },
        ...[BridgeStore, BridgeJobs, BridgeParts, BridgeLists, Errands],
        ...[JobLook, JobWords, DatasetWords, DatablockRegistration, DatasetResets, ErrandRunner],
        ...[JobErrands, JobRefusals, JobPresence, JobSteps, JobTurn, JobWorker],
        ...[UploadableDatasets, BridgeUploadCatalogue],
        ...[JobFeed, JobPoll, EndedJobsSweep, BridgeNumbers, Buckets],
      ],
      exports: [BridgeUploadCatalogue, ObjectStore],
    };
  }
}

@Module({})
export class ScicatBridgeModule {
  static forRoot(config: ScicatBridgeConfig): DynamicModule {
    const jobs = JobsModule.forRoot(config);
    return {
      module: ScicatBridgeModule,
      imports: [
        ServiceHostModule.forRoot(config.serviceHost),
        jobs,
        IngestorModule.forRoot(config.ingestor, {
          imports: [jobs],
          catalogue: BridgeUploadCatalogue,
          operations: OperatedUploadsController,
          sweepsMultiparts: true,
        }),
      ],
    };
  }
}
