import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock, messageOf } from '#kernel';
import { LeasedWorker } from '#leased-work';
import { LOGGER, type Logger } from '#observability';
import { LeaseLost } from '../domain/lease.js';
import { BridgeJobs } from '../persistence/bridge-jobs.js';
import { BridgeStore } from '../persistence/bridge-store.js';
import type { BridgeJob } from '../persistence/records.js';
import { ConfigToken, type ScicatBridgeConfig } from '../scicat-bridge.config.js';
import { JobTurn } from './job-turn.js';

const idlePause = 1000;

/** A job that a worker has taken. */
type Taken = Pick<BridgeJob, '_id' | 'epoch'> & {
  /** When the lease ends, as far as this process knows. */
  until: Date;
};

/**
 * Takes one job at a time under a lease with heartbeat and fencing token, and does what is due: looks at it in SciCat, hands it over,
 * tells SciCat what became of it. One worker for each job, because SciCat knows no conditional writes and its order matters.
 */
@Injectable()
export class JobWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly worker: LeasedWorker<Taken>;

  constructor(
    private readonly store: BridgeStore,
    jobs: BridgeJobs,
    turn: JobTurn,
    clock: Clock,
    @Inject(ConfigToken) config: ScicatBridgeConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.worker = new LeasedWorker<Taken>({
      ...{ name: 'jobs of SciCat', clock, lease: config.lease, lanes: config.workers, pause: idlePause },
      take: async (now, until) => {
        const taken = await jobs.takeDue(now, until);
        return taken && { ...taken, until };
      },
      renew: async ({ item }, until) => {
        const isHeld = await jobs.renew(item, until);
        if (isHeld) item.until = until;
        return isHeld;
      },
      run: ({ item, signal }) =>
        turn.take(
          {
            ...{ jobId: item._id, epoch: item.epoch, signal },
            mustHold: () => {
              const left = item.until.getTime() - clock.now().getTime();
              if (signal.aborted || left <= config.scicat.patience) throw new LeaseLost(item._id);
            },
          },
          this.worker.stopping,
        ),
      leaseLost: ({ _id }) => new LeaseLost(_id),
      onFault: (error) => logger.warn({ error: messageOf(error) }, 'could not take a job, trying again'),
      onSkippedBeat: ({ _id: jobId }, error) =>
        logger.warn({ jobId, error: messageOf(error) }, 'heartbeat failed; the lease may run out'),
    });
  }

  onApplicationBootstrap(): void {
    this.worker.start(this.store.whenReady());
  }

  /** A call that runs is waited for: each has a limit, and is safe to make again. */
  beforeApplicationShutdown(): Promise<void> {
    return this.worker.stop();
  }

  wake(): void {
    this.worker.wake();
  }
}
