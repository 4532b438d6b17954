import { Module } from '@nestjs/common';
import { ArchivePlans } from './archive-plan.js';
import { CopySource } from './copy-source.js';
import { DownloadGate } from './download-gate.js';
import { DownloadsService } from './downloads.service.js';
import { PublishedFiles } from './published-files.js';
import { RefusalAnswers } from './refusal-answers.js';
import { UsageCounter } from './usage-counter.js';
import { SiteModule } from '../site/site.module.js';

/** Published files. Without controllers: see DownloadGate. */
@Module({
  imports: [SiteModule],
  providers: [
    ArchivePlans,
    CopySource,
    DownloadGate,
    DownloadsService,
    PublishedFiles,
    RefusalAnswers,
    UsageCounter,
  ],
})
export class DownloadsModule {}
