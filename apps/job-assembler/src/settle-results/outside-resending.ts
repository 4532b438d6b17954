import { Inject, Injectable } from '@nestjs/common';
import { Clock, newId, stillMoving } from '#kernel';
import { HostedLoop, type Found } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { Leases } from '../aggregates/leases.js';
import { OutsideOrders, type OutsideOrder } from '../aggregates/outside-orders.js';
import type { WorkOrder } from '../aggregates/records.js';
import type { ReleaseRules } from '../domain/release-rules.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { CurrentRules } from '../release-work/current-rules.js';
import { OutsideEndings } from './outside-endings.js';
import {
  cancelling,
  clearing,
  nextTry,
  removals,
  type OutsideTurn,
} from '../release-work/outside-commands.js';

const pause = 1000;
/** While no worker is asked for anything: who is asked is given longer than this. */
const maxPause = 5000;
/** After all times that are written. */
const endOfTime = new Date('9999-12-31T00:00:00Z');
const batch = 100;
/** Milliseconds between two requests to remove a copy, at most: the broker keeps a command for 24 hours, so that there always is one. */
const maxPatience = 12 * 3_600_000;

/**
 * Asks workers again of whom nothing was heard for WORKER_SILENCE, with a higher attempt and a fresh link, however long that takes:
 * a worker may be away for days, and its job says that it waits. Where a target is paused, or its window is closed, that waits as well. Each step misses when an answer came meanwhile.
 */
@Injectable()
export class OutsideResending extends HostedLoop {
  private readonly holder = newId();

  constructor(
    private readonly outside: OutsideOrders,
    private readonly endings: OutsideEndings,
    private readonly leases: Leases,
    private readonly rules: CurrentRules,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'orders to workers again',
      ...{ pause, maxPause },
      logger,
      fault: 'could not look at the orders to workers',
      ready: () => leases.whenReady(),
    });
  }

  async round(isQuiet = false): Promise<Found> {
    if (isQuiet && !(await this.isAnyDue(endOfTime))) return 'nothing';
    // A lease is for those who have something to do.
    if (!(await this.isAnyDue(this.clock.now()))) return false;
    return (await this.leases.hold('outside', this.holder, 60_000)) && (await this.look()) === batch;
  }

  private async isAnyDue(now: Date): Promise<boolean> {
    const due = await Promise.all([this.outside.due(now, 1), this.outside.removalsDue(now, 1)]);
    return due.some(({ length }) => length > 0);
  }

  /** @returns how many orders there were, at most as many as one look takes */
  async look(): Promise<number> {
    const closed = this.closedBy(await this.rules.now());
    const orders = await this.outside.due(this.clock.now(), batch, closed);
    for (const order of orders) {
      await this.again(order);
      stillMoving();
    }
    for (const order of await this.outside.removalsDue(this.clock.now(), batch)) {
      await this.removeAgain(order, closed);
      stillMoving();
    }
    return orders.length;
  }

  /** Where nothing begins now: people have paused it, or a window is closed. */
  private closedBy(rules: ReleaseRules): string[] {
    const { outside } = this.config.routes;
    return outside.filter((target) => rules.heldBack() === 'all' || rules.hindersAt(target) !== undefined);
  }

  private async removeAgain(order: WorkOrder, closed: readonly string[]): Promise<void> {
    const now = this.clock.now();
    const { silence } = this.config.outside;
    const asked = order.removal?.attempt ?? 0;
    const removing = order.removing?.filter(({ target }) => !closed.includes(target)) ?? [];
    const attempt = removing.length === 0 ? asked : asked + 1;
    // One that cannot be done is not asked for every time as often as one that is new.
    const wait =
      removing.length === 0 ? silence : Math.max(silence, Math.min(silence * attempt, maxPatience));
    const rows = removals({ ...order, removing }, attempt, now);
    await this.outside.orderRemoval(order, attempt, new Date(now.getTime() + wait), rows);
  }

  private async again(order: OutsideOrder): Promise<void> {
    const { outside } = order;
    const { silence, maxFaults } = this.config.outside;
    const now = this.clock.now();
    // Who cancels does not wait for a worker that is away: what it has stored is removed with the datablock.
    const isVain = outside.phase === 'cancelling' && outside.faults + 1 >= maxFaults;
    const turn = isVain ? undefined : this.turnOf(order, now, silence);
    if (turn === undefined) return this.endings.cancelled(order);
    await this.outside.step(order._id, outside, turn.next, turn.rows);
  }

  private turnOf(order: OutsideOrder, now: Date, silence: number): OutsideTurn | undefined {
    const { phase } = order.outside;
    if (phase === 'cancelling') return cancelling(order, now, silence);
    return phase === 'clearing' ? clearing(order, order.outside, now, silence) : nextTry(order, now, silence);
  }
}
