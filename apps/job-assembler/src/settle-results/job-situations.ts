import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import type { PartHealth } from '#service-host';
import type { OutboxPart } from '#outbox';
import { DatasetTasks } from '../aggregates/dataset-tasks.js';
import type { AssemblyJob, WaitReason, WorkOrder } from '../aggregates/records.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { closedReason, keptReason, laneReason, movedReason } from '../domain/lane-reasons.js';
import { Reservations } from '../domain/reservations.js';
import type { Lane, Slots } from '../domain/slots.js';
import { heldUp, waitingReasons, type FoundReason, type ReleasedWork } from '../domain/waiting-reasons.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { Candidates } from '../release-work/candidates.js';
import { CurrentRules } from '../release-work/current-rules.js';

/** A job without its messages. */
type JobLookedAt = Omit<AssemblyJob, 'outbox'>;

/** What is taken, and what is kept of the rest. */
export interface Room {
  readonly slots: Slots;
  readonly kept: Reservations;
}

/** Finds out what holds up jobs. */
@Injectable()
export class JobSituations {
  constructor(
    private readonly tasks: DatasetTasks,
    private readonly orders: WorkOrders,
    private readonly rules: CurrentRules,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
  ) {}

  /** Work under way as it is now, and what is kept, for many jobs. */
  async room(): Promise<Room> {
    const slots = await this.orders.slots(await this.rules.now());
    return { slots, kept: new Reservations(slots, await new Candidates(this.orders).claimants(slots)) };
  }

  /** @param patience milliseconds after which a message that is under way counts as waiting */
  async reasonsOf(job: JobLookedAt, room: Room, patience?: number): Promise<WaitReason[]> {
    const [released, registeringSince, lanes] = await Promise.all([
      this.released(job._id),
      this.tasks.registeringSince(job._id),
      this.lanesOf(job, room),
    ]);
    const { planFault, planFaultCode: code, state, planningUntil, wait } = job;
    const fault = planFault === undefined || state !== 'accepted' ? undefined : planFault;
    return waitingReasons({
      now: this.clock.now().getTime(),
      ...(fault === undefined ? {} : { planFault: { message: fault, code, next: planningUntil } }),
      lanes,
      released,
      cancelling: job.cancelRequested,
      ...(registeringSince === undefined ? {} : { registeringSince: registeringSince.getTime() }),
      silence: this.config.silence,
      ...(patience === undefined ? {} : { patience }),
      before: wait ?? [],
    });
  }

  /** As readiness shows it: a frozen archiver answers nothing, so those who wait for it must say so. */
  async archiver(): Promise<PartHealth> {
    const released = (await this.released()).filter(({ worker }) => worker === undefined);
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

  /** What keeps the rest of its plan, and its planned work, from beginning. */
  private async lanesOf(job: JobLookedAt, { slots, kept }: Room): Promise<FoundReason[]> {
    const { _id, state, group } = job;
    if (job.cancelRequested) return [];
    const moved = movedReason(job, this.clock.now());
    if (moved !== undefined) return [moved];
    const planning = state === 'accepted' ? slots.rules.hindersPlanning(group) : undefined;
    const lanes = (await this.orders.lanesOf(_id)).sort();
    const waits = lanes.map(
      async (target) =>
        laneReason(slots, { group, target }) ??
        (await this.keptFrom(_id, { group, target }, { slots, kept })),
    );
    return [
      ...(planning === undefined ? [] : [closedReason(planning)]),
      ...(await Promise.all(waits)).filter((one) => one !== undefined),
    ];
  }

  /** Its lane has room: does work that comes first keep it? */
  private async keptFrom(jobId: string, lane: Lane, { slots, kept }: Room): Promise<FoundReason | undefined> {
    const at = kept.isEmpty ? undefined : slots.placesFor(lane);
    const next = at === undefined ? undefined : await this.orders.nextOf(jobId, lane.target);
    const held = at === undefined || next === undefined ? undefined : kept.heldBackBy(next, at);
    return held && keptReason(held);
  }

  private async released(jobId?: string): Promise<ReleasedWork[]> {
    return (await this.orders.releasedWork(jobId)).map(releasedWork);
  }
}

function releasedWork({
  _id,
  releasedAt,
  createdAt,
  heardAt,
  acceptedAt,
  waits,
  waitCode,
  outside,
  outbox,
}: WorkOrder): ReleasedWork {
  const rows = outbox.rows ?? [];
  return {
    id: _id,
    releasedAt: (releasedAt ?? createdAt).getTime(),
    heardAt: heardAt?.getTime(),
    waits,
    waitCode,
    ...(outside === undefined ? {} : { worker: outside.target }),
    acceptedAt: acceptedAt?.getTime(),
    unsentSince: oldest(rows.filter(({ publishedAt }) => publishedAt === undefined)),
    unacceptedSince: oldest(rows.filter(({ publishedAt }) => publishedAt !== undefined)),
  };
}

function oldest(rows: OutboxPart['rows']): number | undefined {
  return rows.length === 0 ? undefined : Math.min(...rows.map(({ time }) => time.getTime()));
}
