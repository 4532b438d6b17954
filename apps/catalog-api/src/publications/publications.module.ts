import { Module } from '@nestjs/common';
import { EmbargoSweep } from './embargo-sweep.js';
import { PublicationFiles } from './publication-files.js';
import { PublicationReportsConsumer } from './publication-reports.consumer.js';
import { PublicationSnapshots } from './publication-snapshots.js';
import { PublicationsController } from './publications.controller.js';
import { PublishedDataModule } from '../published-data/published-data.module.js';

/** What the publisher asks for, and what it reports. */
@Module({
  imports: [PublishedDataModule],
  controllers: [PublicationsController, PublicationReportsConsumer],
  providers: [EmbargoSweep, PublicationFiles, PublicationSnapshots],
})
export class PublicationsModule {}
