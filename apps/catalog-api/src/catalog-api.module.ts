import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { ClaimChecks } from '#claim-check';
import { Clock } from '#kernel';
import { ServiceHostModule } from '#service-host';
import { ObjectStore, S3ObjectStore } from '#storage';
import { DatablockRegistration } from './apply-job-reports/datablock-registration.js';
import { DatasetResets } from './apply-job-reports/dataset-resets.js';
import { DatasetReportsConsumer } from './apply-job-reports/dataset-reports.consumer.js';
import { JobReportsConsumer } from './apply-job-reports/job-reports.consumer.js';
import { JobResults } from './apply-job-reports/job-results.js';
import { attachmentParts } from './attachments/attachments.parts.js';
import { authenticationParts } from './sign-in/sign-in.parts.js';
import { CallerGuard } from './sign-in/caller.guard.js';
import type { CatalogApiConfig } from './catalog-api.config.js';
import { CatalogApiConfigToken } from './catalog-api.tokens.js';
import { datablockParts } from './datablocks/datablocks.parts.js';
import { datasetParts } from './datasets/datasets.parts.js';
import { AccessRules } from './domain/access.js';
import type { JobConfiguration } from './domain/job-configuration.js';
import { ChangeLog } from './history/change-log.js';
import { AdmitsGuard } from './http/admits.guard.js';
import { EmptyResultInterceptor } from './http/empty-result.interceptor.js';
import { LongListInterceptor } from './http/long-list.interceptor.js';
import { PersonalInfoInterceptor } from './http/personal-info.interceptor.js';
import { RefusalLog } from './http/refusal-log.js';
import { ScicatErrorsFilter } from './http/scicat-errors.filter.js';
import { ScicatValidationPipe } from './http/scicat-validation.pipe.js';
import { instrumentParts } from './instruments/instruments.parts.js';
import { DatasetLifecycles } from './claims/dataset-lifecycles.js';
import { DatasetSchedule } from './claims/dataset-schedule.js';
import { FileListComparison } from './apply-job-reports/file-list-comparison.js';
import { DatasetClaims } from './claims/dataset-claims.js';
import { JobActions } from './jobs/job-actions.js';
import { JobConfigurationToken } from './jobs/job-configuration.provider.js';
import { JobOwners } from './jobs/job-owners.js';
import { AnonymousJobLimits } from './jobs/anonymous-job-limits.js';
import { JobCreation } from './jobs/job-creation.js';
import { JobDatasets } from './jobs/job-datasets.js';
import { JobPostings } from './jobs/job-postings.js';
import { JobExtrasController } from './jobs/job-extras.controller.js';
import { JobNews } from './events/job-news.js';
import { JobQueries } from './jobs/job-queries.js';
import { JobTemplates } from './jobs/job-templates.js';
import { JobUpdates } from './jobs/job-updates.js';
import { JobQueues } from './jobs/job-queues.js';
import { JobV3Bodies } from './jobs/job-v3-bodies.js';
import { JobsV3Controller } from './jobs/jobs-v3.controller.js';
import { JobsV4Controller } from './jobs/jobs-v4.controller.js';
import { OrphanClaimsSweep } from './claims/orphan-claims-sweep.js';
import { LandingZoneController } from './landing-zone/landing-zone.controller.js';
import { LandingUploads } from './landing-zone/landing-uploads.js';
import { LandingZoneSweep } from './landing-zone/landing-zone-sweep.js';
import { LandingZone } from './landing-zone/landing-zone.service.js';
import { metadataKeyParts } from './metadata-keys/metadata-keys.parts.js';
import { describeHealth } from './openapi/health.js';
import { Catalogue } from './persistence/catalogue.js';
import { PublicationReportsConsumer } from './publications/publication-reports.consumer.js';
import { publicationParts } from './publications/publications.parts.js';
import { publishedDataParts } from './published-data/published-data.parts.js';
import { EntityTagInterceptor } from './records/entity-tag.interceptor.js';
import { surroundingsParts } from './surroundings.parts.js';
import { usersParts } from './users/users.parts.js';

import { policyParts } from './policies/policies.parts.js';
import { proposalParts } from './proposals/proposals.parts.js';
import { RecordQueries } from './records/record-queries.js';
import { RecordStore } from './records/record-store.js';
import { sampleParts } from './samples/samples.parts.js';

/** Everything of this app that answers HTTP requests. */
const httpControllers: readonly Type[] = [
  ...authenticationParts.controllers,
  ...usersParts.controllers,
  ...surroundingsParts.controllers,
  ...datasetParts.controllers,
  ...datablockParts.controllers,
  ...publishedDataParts.controllers,
  ...publicationParts.controllers,
  ...attachmentParts.controllers,
  ...instrumentParts.controllers,
  ...metadataKeyParts.controllers,
  ...policyParts.controllers,
  ...proposalParts.controllers,
  ...sampleParts.controllers,
  JobsV3Controller,
  JobsV4Controller,
  JobExtrasController,
  LandingZoneController,
];

/** What the OpenAPI document describes: all of them, and the health check that every app has. */
export const describedControllers: readonly Type[] = [...httpControllers, describeHealth()];

@Module({})
export class CatalogApiModule {
  static forRoot(config: CatalogApiConfig, jobs: JobConfiguration): DynamicModule {
    return {
      module: CatalogApiModule,
      imports: [ServiceHostModule.forRoot(config.serviceHost)],
      controllers: [
        ...httpControllers,
        JobReportsConsumer,
        DatasetReportsConsumer,
        PublicationReportsConsumer,
      ],
      providers: [
        { provide: CatalogApiConfigToken, useValue: config },
        { provide: JobConfigurationToken, useValue: jobs },
        { provide: AccessRules, useFactory: () => new AccessRules(config.groups) },
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
        { provide: APP_GUARD, useClass: CallerGuard },
        { provide: APP_GUARD, useClass: AdmitsGuard },
        { provide: APP_PIPE, useClass: ScicatValidationPipe },
        { provide: APP_FILTER, useClass: ScicatErrorsFilter },
        { provide: APP_INTERCEPTOR, useClass: LongListInterceptor },
        { provide: APP_INTERCEPTOR, useClass: EmptyResultInterceptor },
        { provide: APP_INTERCEPTOR, useClass: EntityTagInterceptor },
        { provide: APP_INTERCEPTOR, useClass: PersonalInfoInterceptor },
        JobQueues,
        ...authenticationParts.providers,
        ...usersParts.providers,
        ...surroundingsParts.providers,
        RefusalLog,
        Catalogue,
        ChangeLog,
        RecordStore,
        ...datasetParts.providers,
        ...datablockParts.providers,
        ...publishedDataParts.providers,
        ...publicationParts.providers,
        RecordQueries,
        DatasetClaims,
        DatasetLifecycles,
        DatasetSchedule,
        OrphanClaimsSweep,
        JobActions,
        JobTemplates,
        JobCreation,
        JobDatasets,
        JobPostings,
        AnonymousJobLimits,
        JobUpdates,
        JobQueries,
        JobV3Bodies,
        JobOwners,
        JobNews,
        JobResults,
        DatablockRegistration,
        DatasetResets,
        FileListComparison,
        LandingUploads,
        LandingZone,
        LandingZoneSweep,
        ...attachmentParts.providers,
        ...instrumentParts.providers,
        ...metadataKeyParts.providers,
        ...policyParts.providers,
        ...proposalParts.providers,
        ...sampleParts.providers,
      ],
    };
  }
}
