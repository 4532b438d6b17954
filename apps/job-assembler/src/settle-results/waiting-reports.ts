import { Inject, Injectable } from '@nestjs/common';
import { Clock, newId, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { AppHealth, type PartHealth } from '#service-host';
import { type OutboxPart } from '#outbox';
import { DatasetTasks } from '../aggregates/dataset-tasks.js';
import { Jobs } from '../aggregates/jobs.js';
import { Leases } from '../aggregates/leases.js';
import { type AssemblyJob, type WorkOrder } from '../aggregates/records.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import type { Slots } from '../domain/fair-release.js';
import { heldUp, waitingReasons, type ReleasedWork } from '../domain/waiting-reasons.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { ProgressReports } from './progress-reports.js';

const pause = 10_000;
/** Jobs in one look; more than these wait for one another, and are told so in turn. */
const maxJobs = 500;

const whatFor = { 'lts-write': 'writing to', 'lts-read': 'reading from' } as const;

/** Finds out what jobs wait for, says so in their records, and tells the catalogue: operators need not read logs for it. */
@Injectable()
export class WaitingReports extends HostedLoop {
  private readonly holder = newId();

  constructor(
    private readonly jobs: Jobs,
    private readonly tasks: DatasetTasks,
    private readonly orders: WorkOrders,
    private readonly leases: Leases,
    private readonly progress: ProgressReports,
    private readonly health: AppHealth,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
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
    this.health.add('archiver', () => this.archiver());
    super.onApplicationBootstrap();
  }

  async round(): Promise<void> {
    if (await this.leases.hold('waiting', this.holder, pause * 3)) await this.look();
  }

  async look(): Promise<void> {
    await this.orders.noteAcceptance(this.clock.now());
    const slots = await this.orders.slots(this.config.limits);
    for await (const job of this.jobs.underWay(this.clock.now(), maxJobs)) {
      stillMoving();
      await this.report(job, slots);
    }
  }

  /** Said again at every look: the catalogue gives no receipt for it. */
  private async report(job: AssemblyJob, slots: Slots): Promise<void> {
    const waitsFor = await this.reasonsOf(job, slots);
    const before = job.waitsFor ?? [];
    if (waitsFor.length === 0 && before.length === 0) return;
    await this.jobs.noteWaiting(job._id, waitsFor);
    await this.progress.tell(job._id, waitsFor.length === 0 ? 'packing' : 'waiting');
  }

  private async reasonsOf(
    { _id: jobId, state, planFault, group }: AssemblyJob,
    slots: Slots,
  ): Promise<string[]> {
    const [released, registeringSince, limits] = await Promise.all([
      this.released(jobId),
      this.tasks.registeringSince(jobId),
      this.limitsFor(jobId, group, slots),
    ]);
    return waitingReasons({
      now: this.clock.now().getTime(),
      ...(planFault === undefined || state !== 'accepted' ? {} : { planFault }),
      limits,
      released,
      ...(registeringSince === undefined ? {} : { registeringSince: registeringSince.getTime() }),
      silence: this.config.silence,
    });
  }

  /** Which limits the planned work of a job meets. */
  private async limitsFor(jobId: string, group: string, slots: Slots): Promise<string[]> {
    const { limits } = this.config;
    const met: string[] = [];
    for (const target of ['lts-write', 'lts-read'] as const) {
      if (!(await this.orders.hasPlanned(jobId, target))) continue;
      const purpose = `a slot for ${whatFor[target]} long-term storage`;
      const full = slots.fullFor({ group, target });
      if (full === 'global') met.push(`${purpose}: all ${limits.global} are taken (LIMIT_GLOBAL)`);
      if (full === 'group')
        met.push(`${purpose}: its group has all of its ${limits.perGroup} (LIMIT_PER_GROUP)`);
      if (full === 'target')
        met.push(`${purpose}: all ${limits.perTarget} for that are taken (LIMIT_PER_TARGET)`);
    }
    return met;
  }

  private async released(jobId?: string): Promise<ReleasedWork[]> {
    return (await this.orders.releasedWork(jobId)).map(releasedWork);
  }

  /** As readiness shows it: a frozen archiver answers nothing, so those who wait for it must say so. */
  private async archiver(): Promise<PartHealth> {
    const released = await this.released();
    const { unaccepted, silent } = heldUp(released, this.clock.now().getTime(), this.config.silence);
    return {
      status: silent.count > 0 ? 'silent' : unaccepted.count > 0 ? 'not-accepting' : 'up',
      released: released.length,
      unaccepted: unaccepted.count,
      unacceptedMs: unaccepted.ms,
      silent: silent.count,
      silentMs: silent.ms,
    };
  }
}

function releasedWork({
  _id,
  releasedAt,
  createdAt,
  heardAt,
  acceptedAt,
  waits,
  outbox,
}: WorkOrder): ReleasedWork {
  const rows = outbox.rows ?? [];
  return {
    id: _id,
    releasedAt: (releasedAt ?? createdAt).getTime(),
    heardAt: heardAt?.getTime(),
    waits,
    acceptedAt: acceptedAt?.getTime(),
    unsentSince: oldest(rows.filter(({ publishedAt }) => publishedAt === undefined)),
    unacceptedSince: oldest(rows.filter(({ publishedAt }) => publishedAt !== undefined)),
  };
}

function oldest(rows: OutboxPart['rows']): number | undefined {
  return rows.length === 0 ? undefined : Math.min(...rows.map(({ time }) => time.getTime()));
}
