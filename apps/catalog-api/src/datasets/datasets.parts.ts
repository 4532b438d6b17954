import { ArchiveStateGuard } from './archive-state-guard.js';
import { ComputedDatasetValues } from './computed-values.js';
import { DatasetConsequences } from './dataset-consequences.js';
import { DatasetCreations } from './dataset-creations.js';
import { DatasetExtras } from './dataset-extras.js';
import { DatasetHistory } from './dataset-history.js';
import { DatasetIncludes } from './dataset-includes.js';
import { DatasetKeys } from './dataset-keys.js';
import { DatasetLists } from './dataset-lists.js';
import { DatasetQueries } from './dataset-queries.js';
import { DatasetService } from './dataset.service.js';
import {
  DatasetCreationV3Controller,
  DatasetCreationV4Controller,
} from './endpoints/dataset-creation.controller.js';
import { IdempotencyKeySweep } from './idempotency-key-sweep.js';
import { DatasetLogbooksController } from './endpoints/dataset-logbooks.controller.js';
import { DatasetSearchesV3Controller } from './endpoints/dataset-searches-v3.controller.js';
import { DatasetsPublicController } from './endpoints/datasets-public.controller.js';
import { DatasetsV3Controller } from './endpoints/datasets-v3.controller.js';
import { DatasetsV4Controller } from './endpoints/datasets-v4.controller.js';
import { MetadataSchemas } from './scientific-metadata.js';

export const datasetParts = {
  controllers: [
    DatasetCreationV3Controller,
    DatasetCreationV4Controller,
    DatasetLogbooksController,
    DatasetSearchesV3Controller,
    DatasetsPublicController,
    DatasetsV3Controller,
    DatasetsV4Controller,
  ],
  providers: [
    ArchiveStateGuard,
    DatasetConsequences,
    DatasetCreations,
    DatasetHistory,
    DatasetIncludes,
    DatasetKeys,
    DatasetLists,
    DatasetQueries,
    DatasetService,
    IdempotencyKeySweep,
    MetadataSchemas,
    ComputedDatasetValues,
    DatasetExtras,
  ],
};
