import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock, messageOf, newId, stillMoving, WorkLoop } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { ConfigToken } from '../job-assembler.tokens.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import { UnregisteredDatablocks } from './unregistered-datablocks.js';

const pause = 600_000;
const batch = 100;
/** Milliseconds after which a dataset is looked at again whose datablocks a running job uses. */
const later = 86_400_000;

/** After UNREGISTERED_LIFETIME nobody retries a failed dataset any more: what was archived for it goes. */
@Injectable()
export class UnregisteredSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly holder = newId();
  private readonly loop: WorkLoop;

  constructor(
    private readonly store: AssemblerStore,
    private readonly unregistered: UnregisteredDatablocks,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.loop = new WorkLoop({
      name: 'datablocks nobody registered',
      takeOne: async () =>
        (await this.store.holdLease('unregistered', this.holder, pause * 2)) &&
        (await this.sweep()) === batch,
      pause,
      onFault: (error) =>
        logger.warn({ error: messageOf(error) }, 'could not discard unregistered datablocks'),
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start(this.store.whenReady());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** @returns how many datasets were looked at: those that are done with, and those that others go before from now on */
  async sweep(): Promise<number> {
    const before = new Date(this.clock.now().getTime() - this.config.unregisteredLifetime);
    const failed = { state: 'failed' as const, workflow: 'archive' as const, swept: { $exists: false } };
    let looked = 0;
    for await (const { _id, updatedAt } of this.store.tasks
      .find({ ...failed, updatedAt: { $lt: before } } as object, { projection: { _id: 1, updatedAt: 1 } })
      .sort({ updatedAt: 1 })
      .limit(batch)) {
      stillMoving();
      const isOver = await this.unregistered.discard(_id, ['done', 'failed']);
      // Misses when anything about the dataset has changed meanwhile: then it is looked at anew.
      const { modifiedCount } = await this.store.tasks.updateOne(
        { _id, ...failed, updatedAt },
        {
          $set: isOver ? { swept: this.clock.now() } : { updatedAt: new Date(before.getTime() + later) },
        },
      );
      looked += modifiedCount;
    }
    return looked;
  }
}
