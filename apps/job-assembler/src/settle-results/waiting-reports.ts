import { Inject, Injectable } from '@nestjs/common';
import { Clock, newId, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { AppHealth } from '#service-host';
import { Jobs } from '../aggregates/jobs.js';
import { Leases } from '../aggregates/leases.js';
import type { AssemblyJob } from '../aggregates/records.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { JobSituations, type Room } from './job-situations.js';
import { ProgressReports } from './progress-reports.js';

const pause = 10_000;
/** Jobs in one look; more than these wait for one another, and are told so in turn. */
const maxJobs = 500;

/** Finds out what jobs wait for, says so in their records, and tells the catalogue: operators need not read logs for it. */
@Injectable()
export class WaitingReports extends HostedLoop {
  private readonly holder = newId();

  constructor(
    private readonly jobs: Jobs,
    private readonly orders: WorkOrders,
    private readonly situations: JobSituations,
    private readonly leases: Leases,
    private readonly progress: ProgressReports,
    private readonly health: AppHealth,
    private readonly clock: Clock,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'reports of waiting',
      pause,
      logger,
      fault: 'could not look at what jobs wait for',
      ready: () => leases.whenReady(),
    });
  }

  override onApplicationBootstrap(): void {
    this.health.add('archiver', () => this.situations.archiver());
    super.onApplicationBootstrap();
  }

  async round(): Promise<void> {
    // A lease is for those who have something to do: while no job is under way, no work is released either.
    if (!(await this.jobs.isAnyUnderWay(this.clock.now()))) return;
    if (await this.leases.hold('waiting', this.holder, pause * 3)) await this.look();
  }

  async look(): Promise<void> {
    await this.orders.noteAcceptance(this.clock.now());
    const room = await this.situations.room();
    for await (const job of this.jobs.underWay(this.clock.now(), maxJobs)) {
      stillMoving();
      await this.report(job, room);
    }
  }

  /** Said again at every look: the catalogue gives no receipt for it. */
  private async report(job: AssemblyJob, room: Room): Promise<void> {
    const reasons = await this.situations.reasonsOf(job, room);
    const before = job.waitsFor ?? [];
    if (reasons.length === 0 && before.length === 0) return;
    await this.jobs.noteWaiting(job._id, reasons);
    await this.progress.tell(job._id, reasons.length === 0 ? 'packing' : 'waiting');
  }
}
