import { DatasetConsequences } from './dataset-consequences.js';
import { DatasetHistory } from './dataset-history.js';
import { DatasetIncludes } from './dataset-includes.js';
import { DatasetQueries } from './dataset-queries.js';
import { DatasetService } from './dataset.service.js';
import { DatasetSearchesV3Controller } from './endpoints/dataset-searches-v3.controller.js';
import { DatasetsPublicController } from './endpoints/datasets-public.controller.js';
import { DatasetsV3Controller } from './endpoints/datasets-v3.controller.js';
import { DatasetsV4Controller } from './endpoints/datasets-v4.controller.js';
import { PolicyService } from './policy.service.js';
import { MetadataSchemas } from './scientific-metadata.js';

export const datasetParts = {
  controllers: [
    DatasetSearchesV3Controller,
    DatasetsPublicController,
    DatasetsV3Controller,
    DatasetsV4Controller,
  ],
  providers: [
    DatasetConsequences,
    DatasetHistory,
    DatasetIncludes,
    DatasetQueries,
    DatasetService,
    MetadataSchemas,
    PolicyService,
  ],
};
