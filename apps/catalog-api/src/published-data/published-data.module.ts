import { Module } from '@nestjs/common';
import { ConfigToken, type CatalogApiConfig } from '../catalog-api.config.js';
import { PublicationChecks } from './publication-checks.js';
import { PublicationDatasets } from './publication-datasets.js';
import { PublicationLife } from './publication-life.service.js';
import { PublicationPolicy } from './publication-policy.js';
import { PublicationResources } from './publication-resources.js';
import { PublicationSettings } from './publication-settings.js';
import { PublishedDataQueries } from './published-data-queries.js';
import { PublishedDataV3Controller } from './published-data-v3.controller.js';
import { PublishedDataV4Controller } from './published-data-v4.controller.js';
import { PublishedDataService } from './published-data.service.js';

/** SciCat's records of publications, and the life of a publication. */
@Module({
  controllers: [PublishedDataV3Controller, PublishedDataV4Controller],
  providers: [
    PublicationChecks,
    PublicationDatasets,
    PublicationLife,
    PublicationPolicy,
    PublicationResources,
    PublishedDataQueries,
    PublishedDataService,
    {
      provide: PublicationSettings,
      inject: [ConfigToken],
      useFactory: (config: CatalogApiConfig) => new PublicationSettings(config.publishedDataConfigFile),
    },
  ],
  exports: [
    PublicationChecks,
    PublicationDatasets,
    PublicationLife,
    PublicationPolicy,
    PublicationResources,
    PublishedDataQueries,
  ],
})
export class PublishedDataModule {}
