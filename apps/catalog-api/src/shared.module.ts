import { Module, type DynamicModule } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import { storeConnections } from '#ingestor-uploads';
import { Clock } from '#kernel';
import { ObjectStore, S3ObjectStore } from '#storage';
import { ConfigToken, type CatalogApiConfig } from './catalog-api.config.js';
import { AccessRules } from './domain/access.js';
import type { JobConfiguration } from './domain/job-configuration.js';
import { ChangeLog } from './history/change-log.js';
import { JobConfigurationToken } from './jobs/job-configuration.provider.js';
import { Catalogue } from './persistence/catalogue.js';
import { DatasetClaimRecords } from './persistence/dataset-claim-records.js';
import { JobMailRecords } from './persistence/job-mail-records.js';
import { JobRecords } from './persistence/job-records.js';
import { IndexedQueries } from './record-index/indexed-queries.js';
import { RecordIndex } from './record-index/record-index.js';
import { RemovedRecords } from './record-index/removed-records.js';
import { MetadataShapes } from './records/metadata-shapes.js';
import { RecordQueries } from './records/record-queries.js';
import { RecordStore } from './records/record-store.js';

const shared = [
  ConfigToken,
  JobConfigurationToken,
  AccessRules,
  ObjectStore,
  ClaimChecks,
  Catalogue,
  DatasetClaimRecords,
  JobMailRecords,
  JobRecords,
  MetadataShapes,
  RecordStore,
  RecordQueries,
  RecordIndex,
  RemovedRecords,
  IndexedQueries,
];

/** What every feature may use without asking: configuration, access, records and the object store. */
@Module({})
export class SharedModule {
  static forRoot(config: CatalogApiConfig, jobs: JobConfiguration): DynamicModule {
    return {
      module: SharedModule,
      global: true,
      providers: [
        { provide: ConfigToken, useValue: config },
        { provide: JobConfigurationToken, useValue: jobs },
        { provide: AccessRules, useFactory: () => new AccessRules(config.groups) },
        {
          provide: ObjectStore,
          useFactory: () =>
            new S3ObjectStore({ ...config.store, connections: storeConnections(config.ingestor) }),
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
        Catalogue,
        DatasetClaimRecords,
        JobMailRecords,
        JobRecords,
        ChangeLog,
        MetadataShapes,
        RecordStore,
        RecordQueries,
        RecordIndex,
        RemovedRecords,
        IndexedQueries,
      ],
      exports: shared,
    };
  }
}
