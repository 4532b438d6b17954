import { Inject, Injectable } from '@nestjs/common';
import { Clock, crashPoint, newId, stillMoving } from '#kernel';
import { HostedLoop, type Found } from '#leased-work';
import { inContextOf, spanFactsOf } from '#messaging';
import { startSpan, type Logger, LOGGER } from '#observability';
import { Leases } from '../aggregates/leases.js';
import type { OutsideOrder } from '../aggregates/outside-orders.js';
import type { WorkOrder } from '../aggregates/records.js';
import { WorkOrders, type HowReleased } from '../aggregates/work-orders.js';
import { fairReleases, type Release } from '../domain/fair-release.js';
import type { ReleaseRules } from '../domain/release-rules.js';
import type { Slots } from '../domain/slots.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { noteReleased, noteWait } from '../counters/assembler-counters.js';
import { archiverCommand } from './archiver-commands.js';
import { Candidates } from './candidates.js';
import { CurrentRules } from './current-rules.js';
import { nextTry } from './outside-commands.js';
import { SteeredJobs } from './steered-jobs.js';

const pause = 1000;
/** While no work is planned: whoever plans some calls. */
const maxPause = 5000;
/** Releases after which the lease is asked for again. */
const releasesPerHold = 20;

/**
 * Releases planned work within the limits. The limits are counted from the stored states, so they hold over restarts;
 * a lease lets one process count at a time.
 */
@Injectable()
export class Dispatcher extends HostedLoop {
  private readonly holder = newId();
  private readonly candidates: Candidates;
  /** Undefined: releases may be under way that are not counted, of another process or of this one. */
  private turn: string | undefined;

  constructor(
    private readonly orders: WorkOrders,
    private readonly leases: Leases,
    private readonly rules: CurrentRules,
    private readonly steered: SteeredJobs,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    super({
      name: 'release of work',
      ...{ pause, maxPause },
      logger: log,
      fault: 'could not release work, trying again',
      ready: () => leases.whenReady(),
    });
    this.candidates = new Candidates(orders);
  }

  /**
   * What is left waits for room, and is looked at again when something ends.
   *
   * @returns whether there is more to look at at once
   */
  async round(): Promise<Found> {
    try {
      if (await this.isAnyWaiting()) return (await this.hold()) && (await this.releaseWork());
      // Whoever has work to release may count meanwhile: nothing is held that is not needed.
      this.turn = undefined;
      return 'nothing';
    } catch (error) {
      this.turn = undefined;
      throw error;
    }
  }

  /** Work, or a word for it that its writer left. */
  private async isAnyWaiting(): Promise<boolean> {
    return (await this.orders.isAnyPlanned()) || (await this.steered.isAnyWaiting());
  }

  /** Whether this process may count and release. Asked again within a round: another one may count meanwhile. */
  private async hold(): Promise<boolean> {
    const isHeld = await this.leases.hold('dispatcher', this.holder, this.config.lease / 4);
    if (!isHeld) this.turn = undefined;
    return isHeld;
  }

  /** Before anything is counted: what was sent in an earlier turn, and is still on its way, must not come on top. */
  private async beginTurn(): Promise<void> {
    if (this.turn !== undefined) return;
    const turn = newId();
    await this.orders.beginTurn(turn);
    this.turn = turn;
  }

  private async releaseWork(): Promise<boolean> {
    await this.steered.catchUp();
    if (!(await this.hold())) return false;
    await this.beginTurn();
    const slots = await this.orders.slots(await this.rules.now());
    const { found, isAll } = await this.candidates.find(slots);
    const releases = fairReleases(slots, found);
    for (const [place, release] of releases.entries()) {
      if (place % releasesPerHold === 0 && !(await this.hold())) return false;
      // Decided by rules that hold no more: an operator who was told that a pause holds counts on it.
      if (!(await this.release(slots, release))) return true;
      stillMoving();
    }
    return !isAll && releases.length > 0;
  }

  /**
   * One that was cancelled, or deferred, meanwhile stays: the write decides.
   *
   * @returns whether the rules still hold that it was chosen by
   */
  private async release({ rules }: Slots, release: Release): Promise<boolean> {
    // The one before did not happen: it was cancelled, or this turn is over.
    if (this.turn === undefined) return false;
    const [order, areStill] = await Promise.all([
      this.orders.planned(release.candidate.id),
      this.rules.areStill(rules),
    ]);
    if (areStill && order !== undefined) await this.send(rules, release, order);
    return areStill;
  }

  private async send(rules: ReleaseRules, { at }: Release, order: WorkOrder): Promise<void> {
    const now = this.clock.now();
    const readAt = rules.needsOf(order.target)?.needs === 'any' ? at[0] : undefined;
    const chosen = readAt === undefined ? {} : { readAt };
    // Room for the whole job is kept in the retrieval area from its first copy on.
    const isRecall = order.kind === 'retrieve' && order.outside === undefined;
    const together = isRecall ? (await this.orders.bytes(order.jobId)).total : undefined;
    const subject = { jobId: order.jobId, workOrderId: order._id };
    const span = startSpan({
      ...{ name: 'release', kind: 'internal', parent: order.context?.traceparent ?? '' },
      waited: now.getTime() - order.createdAt.getTime(),
      attributes: { ...spanFactsOf(subject), 'catena.target': order.target },
    });
    const within =
      order.context === undefined
        ? order
        : { ...order, context: { ...order.context, traceparent: span.traceparent } };
    const how = this.orderOf(within, readAt, now, together);
    if (how === undefined)
      return this.log.error(
        { workOrderId: order._id, kind: order.kind },
        'Expected work of a kind that this version knows, found another one: a newer job-assembler planned it, and releases it. It waits until one is up.',
      );
    const { turn } = this;
    const release = { ...how, now, ...chosen, ...(turn === undefined ? {} : { turn }) };
    const isReleased = await inContextOf(within, () => this.orders.release(order._id, release), subject);
    span.end();
    if (!isReleased) {
      this.turn = undefined;
      return;
    }
    noteReleased({ target: order.target });
    noteWait({ stage: 'limit' }, (now.getTime() - order.createdAt.getTime()) / 1000);
    crashPoint('assembler.after-release');
  }

  /** The command, and how work for a worker goes on; undefined for work that this version does not know. */
  private orderOf(
    order: WorkOrder,
    readAt: string | undefined,
    now: Date,
    together?: number,
  ): Pick<HowReleased, 'command' | 'outside'> | undefined {
    if (order.outside === undefined) {
      const preferred = { ...order, ...preferring(order.targets, readAt) };
      const command = archiverCommand(preferred, this.config.copies, now, together);
      return command === undefined ? undefined : { command };
    }
    const { next, rows } = nextTry(order as OutsideOrder, now, this.config.outside.silence);
    return { command: rows[0]!, outside: next };
  }
}

/** The target that was chosen comes first; the others stay, for an archiver that finds the copy there unreadable. */
function preferring(
  targets: readonly string[] | undefined,
  chosen: string | undefined,
): Pick<WorkOrder, 'targets'> {
  if (targets === undefined || chosen === undefined) return {};
  return { targets: [chosen, ...targets.filter((target) => target !== chosen)] };
}
