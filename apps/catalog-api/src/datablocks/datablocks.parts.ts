import { BlockQueries } from './block-queries.js';
import { BlockService } from './block.service.js';
import { DatablocksController } from './datablocks.controller.js';
import { DatasetDatablocksController } from './dataset-datablocks.controller.js';
import { DatasetOrigDatablocksController } from './dataset-origdatablocks.controller.js';
import { FileListFence } from '../claims/file-list-fence.js';
import { OrigDatablockV4Reads } from './origdatablock-v4-reads.js';
import { OrigDatablocksPublicController } from './origdatablocks-public.controller.js';
import { OrigDatablocksV3Controller } from './origdatablocks-v3.controller.js';
import { OrigDatablocksV4Controller } from './origdatablocks-v4.controller.js';

export const datablockParts = {
  controllers: [
    DatablocksController,
    DatasetDatablocksController,
    DatasetOrigDatablocksController,
    OrigDatablocksPublicController,
    OrigDatablocksV3Controller,
    OrigDatablocksV4Controller,
  ],
  providers: [BlockQueries, BlockService, FileListFence, OrigDatablockV4Reads],
};
