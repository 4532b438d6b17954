import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { JobFact, JobFacts } from '#console-api';
import { Clock } from '#kernel';
import { WhySources, type WhySource } from '#service-host';
import { Jobs, type PlannableJob } from '../aggregates/jobs.js';
import type { WaitReason } from '../aggregates/records.js';
import { WorkFigures, type LanePlace } from '../aggregates/work-figures.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { endOfTime, movedReason } from '../domain/lane-reasons.js';
import { JobSituations, type Room } from '../settle-results/job-situations.js';

/** Jobs that are looked at while the asker waits. Of more the last regular look counts, which says when it was. */
const maxLookedAt = 10;
/** Milliseconds: who asks now wants to know of what has just been sent, too. */
const patience = 2000;
/** Milliseconds of the rate by which a start is expected. */
const hour = 3_600_000;
/** Groups that are named as holders of slots. */
const maxHolders = 5;

/** What job-assembler knows of why jobs wait. */
@Injectable()
export class AssemblerFacts implements WhySource, OnModuleInit {
  constructor(
    private readonly jobs: Jobs,
    private readonly situations: JobSituations,
    private readonly orders: WorkOrders,
    private readonly figures: WorkFigures,
    private readonly clock: Clock,
    private readonly sources: WhySources,
  ) {}

  onModuleInit(): void {
    this.sources.add(this);
  }

  async factsOf(jobIds: readonly string[]): Promise<ReadonlyMap<string, JobFacts>> {
    const jobs = await this.jobs.findAll(jobIds);
    const open = jobs.filter(({ state }) => state !== 'finished');
    const room = open.length > 0 && open.length <= maxLookedAt ? await this.situations.room() : undefined;
    const facts = new Map<string, JobFacts>();
    for (const job of jobs)
      facts.set(job._id, { known: true, facts: job.state === 'finished' ? [] : await this.of(job, room) });
    return facts;
  }

  /** Kept reasons cost no query: with many jobs nothing is asked of each. */
  private async of(job: PlannableJob, room: Room | undefined): Promise<JobFact[]> {
    const now = this.clock.now();
    const moved = movedReason(job, now);
    // One that was cancelled ends, whatever time it was moved to.
    if (job.totals === undefined && moved !== undefined && !job.cancelRequested)
      return [factOf({ since: job.acceptedAt, ...moved })];
    const reasons =
      room === undefined ? (job.wait ?? []) : await this.situations.reasonsOf(job, room, patience);
    const facts = room === undefined ? reasons.map(factOf) : await this.withPlaces(job, reasons, room);
    return [...facts, ...planning(job, facts, now)];
  }

  /** Of limits also the place in line, who holds the slots, and when its turn may come. */
  private async withPlaces(
    job: PlannableJob,
    reasons: readonly WaitReason[],
    room: Room,
  ): Promise<JobFact[]> {
    const facts = reasons.map(factOf);
    if (!facts.some(({ code }) => code.startsWith('limit.'))) return facts;
    const now = this.clock.now();
    // Of several lanes it is not known here which one a limit is of: then no place is told.
    const lanes = await this.orders.lanesOf(job._id);
    const lane = lanes.length === 1 ? lanes[0] : undefined;
    const place =
      lane === undefined
        ? undefined
        : await this.figures.placeIn(job._id, lane, new Date(now.getTime() - hour));
    const holders = Object.entries(room.slots.used().groups)
      .sort(([, one], [, other]) => other - one)
      .slice(0, maxHolders)
      .map(([group, count]) => `${group}: ${count}`);
    return facts.map((fact) =>
      fact.code.startsWith('limit.')
        ? { ...fact, facts: { ...fact.facts, ...placed(place, fact, now), holders: holders.join(', ') } }
        : fact,
    );
  }
}

function placed(
  place: LanePlace | undefined,
  { facts: { limit } }: JobFact,
  now: Date,
): Record<string, string | number> {
  if (place === undefined) return {};
  const { before, endedSince, isShared } = place;
  // By the rate of the last hour; without one, with a limit of 0, or where groups take turns, nobody knows.
  const wait = endedSince === 0 || isShared || limit === 0 ? undefined : ((before + 1) / endedSince) * hour;
  return {
    place: before + 1,
    ...(wait === undefined ? {} : { expectedAt: new Date(now.getTime() + wait).toISOString() }),
  };
}

/** Its planning goes on, or is next; of one that was cancelled there is only its end to plan. */
function planning(job: PlannableJob, known: readonly JobFact[], now: Date): JobFact[] {
  const { state, totals, planned = 0, updatedAt, planFault, cancelRequested } = job;
  if (state !== 'accepted') return [];
  const since = updatedAt.toISOString();
  if (cancelRequested)
    return known.some(({ code }) => code === 'cancel.waiting')
      ? []
      : [{ code: 'cancel.waiting', since, facts: {} }];
  const isTold = planFault !== undefined || known.some(({ code }) => code.startsWith('plan.'));
  if (isTold || isPlanningAway(job, known, now)) return [];
  const facts: JobFact['facts'] = totals === undefined ? {} : { planned, datasets: totals.datasets };
  return [{ code: 'plan.running', since, facts }];
}

/** Whether its time has not come, or a pause keeps planners from it, and none has it still. */
function isPlanningAway(
  { group, totals, notBefore, planningUntil }: PlannableJob,
  known: readonly JobFact[],
  now: Date,
): boolean {
  if (totals === undefined && notBefore !== undefined && notBefore > now) return true;
  const scopes: unknown[] = ['all', `group:${group}`];
  const isPaused = known.some(({ code, facts }) => code === 'paused' && scopes.includes(facts['scope']));
  return isPaused && planningUntil <= now;
}

/** Without the sentence: who asks has words of its own. */
function factOf({
  code,
  since,
  facts,
  next,
}: Pick<WaitReason, 'code' | 'facts' | 'next'> & { readonly since?: Date }): JobFact {
  const { workOrders, ...others } = facts as Record<string, string | number>;
  return {
    code,
    ...(since === undefined ? {} : { since: since.toISOString() }),
    ...(typeof workOrders === 'number' ? { count: workOrders } : {}),
    facts: others,
    ...(next === undefined || next >= endOfTime ? {} : { next: next.toISOString() }),
  };
}
