import { CatalogApiConfigToken } from '../catalog-api.tokens.js';
import type { CatalogApiConfig } from '../catalog-api.config.js';
import { PublicationSettings } from './publication-settings.js';
import { PublishedDataQueries } from './published-data-queries.js';
import { PublishedDataV3Controller } from './published-data-v3.controller.js';
import { PublishedDataV4Controller } from './published-data-v4.controller.js';
import { PublicationChecks } from './publication-checks.js';
import { PublicationDatasets } from './publication-datasets.js';
import { PublicationLife } from './publication-life.service.js';
import { PublicationPolicy } from './publication-policy.js';
import { PublishedDataService } from './published-data.service.js';

export const publishedDataParts = {
  controllers: [PublishedDataV3Controller, PublishedDataV4Controller],
  providers: [
    PublishedDataQueries,
    PublishedDataService,
    PublicationChecks,
    PublicationDatasets,
    PublicationLife,
    PublicationPolicy,
    {
      provide: PublicationSettings,
      inject: [CatalogApiConfigToken],
      useFactory: (config: CatalogApiConfig) => new PublicationSettings(config.publishedDataConfigFile),
    },
  ],
};
