import { Module } from '@nestjs/common';
import { ClaimsModule } from '../claims/claims.module.js';
import { BlockQueries } from './block-queries.js';
import { BlockService } from './block.service.js';
import { DatablocksController } from './datablocks.controller.js';
import { DatasetDatablocksController } from './dataset-datablocks.controller.js';
import { DatasetOrigDatablocksController } from './dataset-origdatablocks.controller.js';
import { OrigDatablockV4Reads } from './origdatablock-v4-reads.js';
import { OrigDatablocksPublicController } from './origdatablocks-public.controller.js';
import { OrigDatablocksV3Controller } from './origdatablocks-v3.controller.js';
import { OrigDatablocksV4Controller } from './origdatablocks-v4.controller.js';
import { DatasetsModule } from '../datasets/datasets.module.js';

/** File lists of datasets: as ingested, and as archived. */
@Module({
  imports: [ClaimsModule, DatasetsModule],
  controllers: [
    DatablocksController,
    DatasetDatablocksController,
    DatasetOrigDatablocksController,
    OrigDatablocksPublicController,
    OrigDatablocksV3Controller,
    OrigDatablocksV4Controller,
  ],
  providers: [BlockQueries, BlockService, OrigDatablockV4Reads],
})
export class DatablocksModule {}
