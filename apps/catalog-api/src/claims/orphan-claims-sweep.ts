import { Inject, Injectable } from '@nestjs/common';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { FileListFence } from './file-list-fence.js';
import { DatasetClaims } from './dataset-claims.js';

const interval = 30_000;

/** Gives back datasets that a crash left claimed by a job that was never accepted, and file lists from announced writes. One round at a time. */
@Injectable()
export class OrphanClaimsSweep extends HostedLoop {
  constructor(
    private readonly claims: DatasetClaims,
    private readonly fileLists: FileListFence,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'orphaned claims',
      pause: interval,
      logger,
      fault: 'could not look for orphaned claims',
      restsFirst: true,
    });
  }

  async round(): Promise<void> {
    await this.claims.releaseOrphans();
    await this.fileLists.sweep();
  }
}
