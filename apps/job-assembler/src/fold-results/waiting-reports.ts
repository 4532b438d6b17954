import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock, messageOf, newId, stillMoving, WorkLoop } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { AppHealth, type PartHealth } from '#service-host';
import { type OutboxPart } from '#outbox';
import { heldUp, waitingReasons, type ReleasedWork } from '../domain/waiting-reasons.js';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { ConfigToken } from '../job-assembler.tokens.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import { workTargets, type AssemblyJob, type WorkOrder } from '../persistence/records.js';
import { Slots } from '../release-work/fair-release.js';
import { ProgressReports } from './progress-reports.js';

const pause = 10_000;
/** Jobs in one look; more than these wait for one another, and are told so in turn. */
const mostJobs = 500;

const whatFor = { 'lts-write': 'writing to', 'lts-read': 'reading from' } as const;

/** Of messages only what tells their age: commands may be large. */
const releasedFields = {
  ...{ releasedAt: 1, createdAt: 1, heardAt: 1, waits: 1, acceptedAt: 1 },
  ...{ 'outbox.rows.time': 1, 'outbox.rows.publishedAt': 1 },
} as const;

/** Finds out what jobs wait for, says so in their records, and tells the catalogue: nobody has to read logs for it. */
@Injectable()
export class WaitingReports implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly holder = newId();
  private readonly loop: WorkLoop;

  constructor(
    private readonly store: AssemblerStore,
    private readonly progress: ProgressReports,
    private readonly health: AppHealth,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.loop = new WorkLoop({
      name: 'reports of waiting',
      takeOne: () => this.round(),
      pause,
      onFault: (error) => logger.warn({ error: messageOf(error) }, 'could not look at what jobs wait for'),
    });
  }

  onApplicationBootstrap(): void {
    this.health.add('archiver', () => this.archiver());
    this.loop.start(this.store.whenReady());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  private async round(): Promise<boolean> {
    if (await this.store.holdLease('waiting', this.holder, pause * 3)) await this.look();
    return false;
  }

  async look(): Promise<void> {
    await this.noteAcceptance();
    const slots = await this.store.heldSlots(this.config.limits);
    for await (const job of this.store.jobs
      .find(this.store.begunBy(this.clock.now()))
      .sort({ updatedAt: 1 })
      .limit(mostJobs)) {
      stillMoving();
      await this.report(job, slots);
    }
  }

  /** Said again at every look: nobody gives a receipt for it. */
  private async report(job: AssemblyJob, slots: Slots): Promise<void> {
    const waitsFor = await this.reasonsOf(job, slots);
    const before = job.waitsFor ?? [];
    if (waitsFor.length === 0 && before.length === 0) return;
    await this.store.jobs.updateOne(
      { _id: job._id, state: { $ne: 'finished' } },
      waitsFor.length === 0 ? { $unset: { waitsFor: '' } } : { $set: { waitsFor } },
    );
    await this.progress.tell(job._id, waitsFor.length === 0 ? 'packing' : 'waiting');
  }

  private async reasonsOf(
    { _id: jobId, state, planFault, group }: AssemblyJob,
    slots: Slots,
  ): Promise<string[]> {
    const [released, registering, limits] = await Promise.all([
      this.released({ jobId, state: 'released' }),
      this.store.tasks.findOne(
        { jobId, state: 'registering' },
        { projection: { updatedAt: 1 }, sort: { updatedAt: 1 } },
      ),
      this.limitsFor(jobId, group, slots),
    ]);
    return waitingReasons({
      now: this.clock.now().getTime(),
      ...(planFault === undefined || state !== 'accepted' ? {} : { planFault }),
      limits,
      released,
      ...(registering === null ? {} : { registeringSince: registering.updatedAt.getTime() }),
      silence: this.config.silence,
    });
  }

  /** Which limits the planned work of a job meets. */
  private async limitsFor(jobId: string, group: string, slots: Slots): Promise<string[]> {
    const { limits } = this.config;
    const met: string[] = [];
    for (const target of workTargets) {
      const waiting = { jobId, state: 'planned' as const, target };
      if ((await this.store.orders.countDocuments(waiting, { limit: 1 })) === 0) continue;
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

  private async released(which: Partial<Pick<WorkOrder, 'jobId' | 'state'>>): Promise<ReleasedWork[]> {
    const orders = await this.store.orders
      .find(which, { projection: releasedFields })
      .sort({ _id: 1 })
      .toArray();
    return orders.map(releasedWork);
  }

  /** The first look that finds the archiver to have accepted all of an order's messages notes it; a later message begins anew. */
  private async noteAcceptance(): Promise<void> {
    const all = { 'outbox.rows.0': { $exists: false }, acceptedAt: { $exists: false } };
    const some = { 'outbox.rows.0': { $exists: true }, acceptedAt: { $exists: true } };
    await this.store.orders.updateMany({ state: 'released', ...all } as object, {
      $set: { acceptedAt: this.clock.now() },
    });
    await this.store.orders.updateMany({ state: 'released', ...some } as object, {
      $unset: { acceptedAt: '' },
    });
  }

  /** As readiness shows it: a frozen archiver answers nothing, so those who wait for it must say so. */
  private async archiver(): Promise<PartHealth> {
    const released = await this.released({ state: 'released' });
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
