import { Module } from '@nestjs/common';
import { DatasetsModule } from '../datasets/datasets.module.js';
import { LandingUploads } from './landing-uploads.js';
import { LandingZoneSweep } from './landing-zone-sweep.js';
import { LandingZoneController } from './landing-zone.controller.js';
import { LandingZone } from './landing-zone.service.js';

/** Links by which clients upload files. */
@Module({
  imports: [DatasetsModule],
  controllers: [LandingZoneController],
  providers: [LandingUploads, LandingZone, LandingZoneSweep],
})
export class LandingZoneModule {}
