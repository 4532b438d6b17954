import { messageOf, stillMoving, TransientError, type Clock } from '#kernel';
import { Heartbeat } from '#leased-work';
import type { Logger } from '#observability';
import type { Jobs } from '../aggregates/jobs.js';
import type { AssemblyJob } from '../aggregates/records.js';
import { planTaken } from './dataset-drafts.js';

export interface PlanningLeaseOptions {
  readonly clock: Clock;
  /** Milliseconds. */
  readonly lease: number;
  readonly logger: Logger;
}

/** Leases after which a planner that takes no step hangs: longer than the catalogue takes for any answer. */
const patience = 10;

/** Keeps a job for its planner for as long as that makes headway: one that hangs in a step must not keep the job for ever. */
export class PlanningLease {
  private loss: TransientError | undefined;
  private readonly heartbeat: Heartbeat;
  private movedAt: number;

  /** @param job as the planner took it */
  constructor(
    private readonly jobs: Jobs,
    private readonly job: Pick<AssemblyJob, '_id' | 'planner' | 'planningUntil'>,
    private readonly options: PlanningLeaseOptions,
  ) {
    const { clock, lease, logger } = options;
    const { _id: jobId, planningUntil: until } = job;
    this.movedAt = clock.now().getTime();
    this.heartbeat = new Heartbeat({
      ...{ clock, lease, until },
      renew: (next) => this.renew(next),
      onFault: (error) =>
        logger.warn({ jobId, error: messageOf(error) }, 'heartbeat failed; the lease may run out'),
      onLost: () => (this.loss = new TransientError(planTaken, `Another planner may plan ${jobId}.`)),
    });
  }

  /** Called between steps: it shows that there is headway. @throws TransientError when the job is another planner's */
  readonly keep = (): Promise<void> => {
    stillMoving();
    this.movedAt = this.options.clock.now().getTime();
    return this.loss === undefined ? Promise.resolve() : Promise.reject(this.loss);
  };

  /** What to end with when the job may be another planner's. */
  get lost(): TransientError | undefined {
    return this.loss;
  }

  end(): void {
    this.heartbeat.stop();
  }

  private renew(until: Date): Promise<boolean> {
    const { clock, lease } = this.options;
    if (clock.now().getTime() - this.movedAt > patience * lease) return Promise.resolve(false);
    return this.jobs.renew(this.job, until);
  }
}
