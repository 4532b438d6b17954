import type { Provider, Type } from '@nestjs/common';
import { ArchivePlans } from './archive-plan.js';
import { CopySource } from './copy-source.js';
import { DownloadGate } from './download-gate.js';
import { DownloadsService } from './downloads.service.js';
import { PublishedFiles } from './published-files.js';
import { RefusalAnswers } from './refusal-answers.js';
import { UsageCounter } from './usage-counter.js';

/** Without controllers: see DownloadGate. */
export const downloadsParts: {
  readonly controllers: readonly Type[];
  readonly providers: readonly Provider[];
} = {
  controllers: [],
  providers: [
    PublishedFiles,
    ArchivePlans,
    CopySource,
    UsageCounter,
    DownloadsService,
    RefusalAnswers,
    DownloadGate,
  ],
};
