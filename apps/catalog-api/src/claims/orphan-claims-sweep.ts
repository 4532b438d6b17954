import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { messageOf, wait, WorkLoop } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { FileListFence } from './file-list-fence.js';
import { DatasetClaims } from './dataset-claims.js';

const interval = 30_000;

/** Gives back datasets that a crash left claimed by a job that was never accepted, and file lists from announced writes. One round at a time. */
@Injectable()
export class OrphanClaimsSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: WorkLoop;

  constructor(claims: DatasetClaims, fileLists: FileListFence, @Inject(LOGGER) logger: Logger) {
    this.loop = new WorkLoop({
      name: 'orphaned claims',
      takeOne: async () => {
        await claims.releaseOrphans();
        await fileLists.sweep();
        return false;
      },
      pause: interval,
      onFault: (error) => logger.warn({ error: messageOf(error) }, 'could not look for orphaned claims'),
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start(wait(interval, this.loop.stopping));
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }
}
