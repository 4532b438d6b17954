import { Module } from '@nestjs/common';
import { AttachmentsModule } from '../attachments/attachments.module.js';
import { MetadataKeysModule } from '../metadata-keys/metadata-keys.module.js';
import { SampleQueries } from './sample-queries.js';
import { SampleService } from './sample.service.js';
import { SamplesController } from './samples.controller.js';

/** Samples. */
@Module({
  imports: [AttachmentsModule, MetadataKeysModule],
  controllers: [SamplesController],
  providers: [SampleQueries, SampleService],
})
export class SamplesModule {}
