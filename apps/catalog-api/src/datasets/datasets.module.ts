import { Module } from '@nestjs/common';
import { AttachmentsModule } from '../attachments/attachments.module.js';
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
import { DatasetLogbooksController } from './endpoints/dataset-logbooks.controller.js';
import { DatasetSearchesV3Controller } from './endpoints/dataset-searches-v3.controller.js';
import { DatasetsPublicController } from './endpoints/datasets-public.controller.js';
import { DatasetsV3Controller } from './endpoints/datasets-v3.controller.js';
import { DatasetsV4Controller } from './endpoints/datasets-v4.controller.js';
import { IdempotencyKeySweep } from './idempotency-key-sweep.js';
import { ProposalCounters } from './proposal-counters.js';
import { MetadataSchemas } from './scientific-metadata.js';
import { LogbooksModule } from '../logbooks/logbooks.module.js';
import { MetadataKeysModule } from '../metadata-keys/metadata-keys.module.js';
import { PoliciesModule } from '../policies/policies.module.js';

/** Datasets; other features read them, and change them through the record store only. */
@Module({
  imports: [AttachmentsModule, LogbooksModule, MetadataKeysModule, PoliciesModule],
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
    ComputedDatasetValues,
    DatasetConsequences,
    DatasetCreations,
    DatasetExtras,
    DatasetHistory,
    DatasetIncludes,
    DatasetKeys,
    DatasetLists,
    DatasetQueries,
    DatasetService,
    IdempotencyKeySweep,
    MetadataSchemas,
    ProposalCounters,
  ],
  exports: [DatasetIncludes, DatasetQueries],
})
export class DatasetsModule {}
