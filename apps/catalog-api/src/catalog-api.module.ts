import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { IngestorModule, OperatedUploadsController } from '#ingestor-uploads';
import { ServiceHostModule } from '#service-host';
import type { CatalogApiConfig } from './catalog-api.config.js';
import type { JobConfiguration } from './domain/job-configuration.js';
import { AdmitsGuard } from './http/admits.guard.js';
import { EmptyResultInterceptor } from './http/empty-result.interceptor.js';
import { LongListInterceptor } from './http/long-list.interceptor.js';
import { PersonalInfoInterceptor } from './http/personal-info.interceptor.js';
import { RefusalLog } from './http/refusal-log.js';
import { ScicatErrorsFilter } from './http/scicat-errors.filter.js';
import { ScicatValidationPipe } from './http/scicat-validation.pipe.js';
import { describeHealth } from './openapi/health.js';
import { EntityTagInterceptor } from './records/entity-tag.interceptor.js';
import { SharedModule } from './shared.module.js';
import { CallerGuard } from './sign-in/caller.guard.js';
import { AccountsModule } from './accounts/accounts.module.js';
import { ApplyJobReportsModule } from './apply-job-reports/apply-job-reports.module.js';
import { AttachmentsModule } from './attachments/attachments.module.js';
import { CertificatesModule } from './certificates/certificates.module.js';
import { DatablocksModule } from './datablocks/datablocks.module.js';
import { DatasetsModule } from './datasets/datasets.module.js';
import { EventsModule } from './events/events.module.js';
import { HistoryModule } from './history/history.module.js';
import { CatalogUploadCatalogue } from './ingestor/catalog-upload-catalogue.js';
import { IngestorCatalogueModule } from './ingestor/ingestor-catalogue.module.js';
import { InstrumentsModule } from './instruments/instruments.module.js';
import { JobMailsModule } from './job-mails/job-mails.module.js';
import { RetrievedCopiesModule } from './retrieved-copies/retrieved-copies.module.js';
import { JobControlModule } from './job-control/job-control.module.js';
import { JobRowsModule } from './job-rows/job-rows.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { LandingZoneModule } from './landing-zone/landing-zone.module.js';
import { LogbooksModule } from './logbooks/logbooks.module.js';
import { MetadataKeysModule } from './metadata-keys/metadata-keys.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { ObservationModule } from './observation/observation.module.js';
import { PoliciesModule } from './policies/policies.module.js';
import { ProposalsModule } from './proposals/proposals.module.js';
import { PublicationsModule } from './publications/publications.module.js';
import { PublishedDataModule } from './published-data/published-data.module.js';
import { ReconcileModule } from './reconcile/reconcile.module.js';
import { RuntimeConfigModule } from './runtime-config/runtime-config.module.js';
import { SamplesModule } from './samples/samples.module.js';
import { SignInModule } from './sign-in/sign-in.module.js';
import { UsersModule } from './users/users.module.js';

/** Each feature with its own endpoints and consumers; what it does not export is nobody else's. */
const features: readonly Type[] = [
  SignInModule,
  UsersModule,
  EventsModule,
  HistoryModule,
  LogbooksModule,
  MetricsModule,
  ObservationModule,
  RuntimeConfigModule,
  DatasetsModule,
  DatablocksModule,
  CertificatesModule,
  PublishedDataModule,
  PublicationsModule,
  AttachmentsModule,
  InstrumentsModule,
  MetadataKeysModule,
  PoliciesModule,
  ProposalsModule,
  SamplesModule,
  JobRowsModule,
  JobControlModule,
  JobsModule,
  RetrievedCopiesModule,
  JobMailsModule,
  LandingZoneModule,
  ApplyJobReportsModule,
];

/** What the OpenAPI document describes: every feature's endpoints, and the health check that every app has. */
export const describedControllers: readonly Type[] = [
  ...features.flatMap((feature) => (Reflect.getMetadata('controllers', feature) ?? []) as Type[]),
  describeHealth(),
];

@Module({})
export class CatalogApiModule {
  static forRoot(config: CatalogApiConfig, jobs: JobConfiguration): DynamicModule {
    return {
      module: CatalogApiModule,
      imports: [
        ServiceHostModule.forRoot(config.serviceHost),
        SharedModule.forRoot(config, jobs),
        AccountsModule,
        ...features,
        IngestorModule.forRoot(config.ingestor, {
          imports: [IngestorCatalogueModule],
          catalogue: CatalogUploadCatalogue,
          operations: OperatedUploadsController,
        }),
        ReconcileModule,
      ],
      providers: [
        { provide: APP_GUARD, useClass: CallerGuard },
        { provide: APP_GUARD, useClass: AdmitsGuard },
        { provide: APP_PIPE, useClass: ScicatValidationPipe },
        { provide: APP_FILTER, useClass: ScicatErrorsFilter },
        { provide: APP_INTERCEPTOR, useClass: LongListInterceptor },
        { provide: APP_INTERCEPTOR, useClass: EmptyResultInterceptor },
        { provide: APP_INTERCEPTOR, useClass: EntityTagInterceptor },
        { provide: APP_INTERCEPTOR, useClass: PersonalInfoInterceptor },
        RefusalLog,
      ],
    };
  }
}
