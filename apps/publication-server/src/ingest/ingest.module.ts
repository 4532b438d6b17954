import { Module } from '@nestjs/common';
import { Copies } from './copies.service.js';
import { FileLists } from './file-lists.js';
import { IngestController } from './ingest.controller.js';
import { Pictures } from './pictures.js';
import { RecallFeed } from './recall-feed.service.js';
import { RecordIngest } from './record-ingest.service.js';
import { StatusController } from './status.controller.js';
import { Upkeep } from './upkeep.js';

/** What the publisher sends, and what it comes to fetch. */
@Module({
  controllers: [IngestController, StatusController],
  providers: [Copies, FileLists, Pictures, RecallFeed, RecordIngest, Upkeep],
})
export class IngestModule {}
