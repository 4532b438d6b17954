import { Module } from '@nestjs/common';
import { DatasetClaims } from './dataset-claims.js';
import { DatasetLifecycles } from './dataset-lifecycles.js';
import { DatasetSchedule } from './dataset-schedule.js';
import { FileListFence } from './file-list-fence.js';
import { OrphanClaimsSweep } from './orphan-claims-sweep.js';
import { PublishedDataModule } from '../published-data/published-data.module.js';

/** Which job has which dataset to itself, and what must not change meanwhile. */
@Module({
  imports: [PublishedDataModule],
  providers: [DatasetClaims, DatasetLifecycles, DatasetSchedule, FileListFence, OrphanClaimsSweep],
  exports: [DatasetClaims, FileListFence],
})
export class ClaimsModule {}
