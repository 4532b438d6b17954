import { Inject, Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { ConfigToken, SharesToken, type ArchiverConfig } from '../archiver.config.js';
import { mayWaitForMedium } from '../domain/work-needs.js';
import { ReaderTurns, type Reader } from '../persistence/reader-turns.js';
import { RecallQueue, type Closed, type Looking } from '../persistence/recall-queue.js';
import type { RecallPlace, WorkOrder } from '../persistence/records.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { ServedTargets } from './served-targets.js';

/** Seconds that one mount costs where nobody said (`mountCost` of a target). */
const usualMountCost = 90;
/** A reader stays with a medium, while others wait, for so many times what a mount costs: mounts take a twentieth of the time. */
const mountsWorth = 20;
/** Milliseconds for which a closed worker leaves cancelled work to the others. */
const patienceForOthers = 5000;
/** Media that are looked at for one that is free. */
const maxLooks = 50;

/** One worker's time with one medium. */
interface Run extends Reader {
  readonly since: number;
  /** Where the tape stands. */
  position: number;
  /** The order that reads there at this moment. */
  order?: string;
}

/**
 * Which work comes next. Retrievals that lie on a medium are read one after the other in its order, by one reader, as long as
 * there are any; all other work is taken as it came due. While others wait, a reader leaves a medium after some time, and whoever has
 * waited longest says which one comes next: nobody waits for ever.
 */
@Injectable()
export class RecallOrder {
  private readonly runs = new Set<Run>();
  private readonly ordered: readonly LongTermStorage[];

  constructor(
    private readonly orders: WorkOrders,
    private readonly queue: RecallQueue,
    private readonly turns: ReaderTurns,
    private readonly served: ServedTargets,
    @Inject(SharesToken) shares: readonly LongTermStorage[],
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {
    this.ordered = shares.filter(({ knowsPlaces }) => knowsPlaces);
  }

  /** Whether a drive is held, for which what comes next is looked for even when there is nothing. */
  get isReading(): boolean {
    return this.runs.size > 0;
  }

  /** Takes the next piece of work until the lease ends. */
  async take(now: Date, until: Date): Promise<WorkOrder | undefined> {
    const looking = { now, served: this.served.names, ordered: this.ordered.map(({ name }) => name) };
    if (this.ordered.length === 0) return this.orders.takeDue(now, until, looking.served);
    for (const run of this.runs) {
      if (run.order !== undefined) continue;
      const next = await this.claimed(run, () => this.nextOf(run, looking, until));
      if (next !== undefined) return next;
    }
    return this.begin(looking, until);
  }

  /**
   * For a worker that is to take nothing new: what was cancelled is to end all the same, or its job would wait for the operator.
   * Workers that may take everything come first: this one may be closed because its storage does not answer.
   */
  takeCancelled(now: Date, until: Date): Promise<WorkOrder | undefined> {
    const dueBefore = new Date(now.getTime() - patienceForOthers);
    return this.orders.takeCancelled(dueBefore, now, until, this.served.names);
  }

  /** Whether work of this archiver that has given no byte yet may wait for a tape. */
  mayWaitForMedium({ command: { kind }, needs, place }: WorkOrder): boolean {
    return mayWaitForMedium({ kind, needs, medium: place?.medium }, this.served.media);
  }

  /** Its lease was renewed: so is the turn at the drive. */
  async renew(order: Pick<WorkOrder, '_id'>, until: Date): Promise<void> {
    const run = this.runOf(order);
    // A turn that is lost costs order, and no work: the lease of the work order was renewed.
    if (run !== undefined) await this.turns.renew(run, until).catch(() => false);
  }

  /** The tape stands behind it now. */
  ended(order: Pick<WorkOrder, '_id'>): void {
    const run = this.runOf(order);
    if (run !== undefined) delete run.order;
  }

  /** Other archivers need not wait until the turns of this one are over by themselves. */
  async giveBackAll(): Promise<void> {
    const held = [...this.runs];
    this.runs.clear();
    for (const run of held) await this.turns.giveBack(run);
  }

  private async begin(looking: Looking, until: Date): Promise<WorkOrder | undefined> {
    const closed = await this.closedAt(looking.now);
    for (let look = 0; look < maxLooks; look += 1) {
      const next = await this.queue.next(looking, closed);
      if (next === undefined) return undefined;
      const { place, cancelRequested } = next;
      if (cancelRequested || place === undefined || !looking.ordered.includes(place.target)) {
        const taken = await this.orders.takeDue(looking.now, until, looking.served, looking.ordered);
        if (taken !== undefined) return taken;
        // Another worker was faster.
        continue;
      }
      const taken = await this.beginAt(place, looking, until);
      if (taken !== undefined) return taken;
      closed.push({ target: place.target, medium: place.medium });
    }
    return undefined;
  }

  private async beginAt(
    { target, medium }: RecallPlace,
    looking: Looking,
    until: Date,
  ): Promise<WorkOrder | undefined> {
    const reader = { target, medium, holder: newId() };
    if (!(await this.turns.take(reader, this.mediaAtOnce(target), looking.now, until))) return undefined;
    const run: Run = { ...reader, since: looking.now.getTime(), position: 0 };
    this.runs.add(run);
    return this.claimed(run, () => this.takeFor(run, looking, until));
  }

  /** What is next on the medium of a run that is free. */
  private async nextOf(run: Run, looking: Looking, until: Date): Promise<WorkOrder | undefined> {
    const isOver = looking.now.getTime() - run.since > this.patienceOf(run.target);
    if (isOver && (await this.isAwaited(run, looking))) return undefined;
    if (!(await this.turns.renew(run, until))) return undefined;
    return this.takeFor(run, looking, until);
  }

  private async takeFor(run: Run, looking: Looking, until: Date): Promise<WorkOrder | undefined> {
    const ahead = await this.queue.takeAt(looking, run, run.position, until);
    const taken = ahead ?? (await this.queue.takeAt(looking, run, 0, until));
    if (taken?.place !== undefined) run.position = taken.place.position;
    return taken;
  }

  /** No other lane of this process takes the run meanwhile; one that finds nothing is over. */
  private async claimed(
    run: Run,
    take: () => Promise<WorkOrder | undefined>,
  ): Promise<WorkOrder | undefined> {
    run.order = '';
    const taken = await take().catch(async (error: unknown) => {
      await this.leave(run);
      throw error;
    });
    if (taken === undefined) await this.leave(run);
    else run.order = taken._id;
    return taken;
  }

  private async leave(run: Run): Promise<void> {
    this.runs.delete(run);
    await this.turns.giveBack(run);
  }

  /** Whether other work waits that this worker could do. */
  private async isAwaited({ target, medium }: Run, looking: Looking): Promise<boolean> {
    const closed = await this.closedAt(looking.now, target);
    return (await this.queue.next(looking, [...closed, { target, medium }])) !== undefined;
  }

  /** @param giving a target at which a reader would leave its place to another one */
  private async closedAt(now: Date, giving?: string): Promise<Closed[]> {
    const names = this.ordered.map(({ name }) => name);
    const closed: Closed[] = [];
    for (const [target, readers] of await this.turns.taken(names, now)) {
      const atOnce = this.mediaAtOnce(target) ?? Infinity;
      if (readers.length >= atOnce + (target === giving ? 1 : 0)) closed.push({ target });
      else closed.push(...readers.map(({ medium }) => ({ target, medium })));
    }
    return closed;
  }

  private mediaAtOnce(target: string): number | undefined {
    return this.ordered.find(({ name }) => name === target)?.mediaAtOnce;
  }

  /** Milliseconds. */
  private patienceOf(target: string): number {
    const cost = this.config.targets?.find(({ name }) => name === target)?.mountCost ?? usualMountCost;
    return cost * mountsWorth * 1000;
  }

  private runOf({ _id }: Pick<WorkOrder, '_id'>): Run | undefined {
    return [...this.runs].find(({ order }) => order === _id);
  }
}
