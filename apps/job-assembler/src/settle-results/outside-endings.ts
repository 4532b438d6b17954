import { Inject, Injectable } from '@nestjs/common';
import { Clock, crashPoint } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { DatablockPlaces } from '../aggregates/datablock-places.js';
import { OutsideOrders, type OutsideOrder } from '../aggregates/outside-orders.js';
import type { Fault, OutsideCopy, ReadBack } from '../aggregates/records.js';
import type { WorkEnd } from '../aggregates/work-orders.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { clearing } from '../release-work/outside-commands.js';
import { OutsidePlanning } from '../release-work/outside-planning.js';
import { DatasetSettling } from './dataset-settling.js';

/** How orders to workers end, or go wrong. Each step can be repeated, and the dataset is looked at in any case. */
@Injectable()
export class OutsideEndings {
  constructor(
    private readonly outside: OutsideOrders,
    private readonly orders: WorkOrders,
    private readonly places: DatablockPlaces,
    private readonly planning: OutsidePlanning,
    private readonly settling: DatasetSettling,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** The worker has read back what was archived: right is right, whichever attempt it answers. */
  async right(order: OutsideOrder): Promise<void> {
    const { packedSize, sha256 } = order.outside;
    const isNew = await this.outside.endWell(order, this.clock.now());
    crashPoint('assembler.after-result');
    const ended = isNew ? order : await this.outside.find(order._id);
    // The second time it is an old word: a crash may have cut it off, and more may have been heard of the copy since.
    if (isNew || (ended?.state === 'done' && (await this.isNews(ended))))
      await this.keep(order, { packedSize, sha256 });
    await this.settling.settle(order.taskId);
  }

  /** The archiver has made what the worker uploaded the retrieved copy. */
  async retrieved(
    order: OutsideOrder,
    result: NonNullable<Extract<WorkEnd, { state: 'done' }>['result']>,
  ): Promise<void> {
    await this.outside.endSeen(order._id, order.outside, { state: 'done', result }, this.clock.now());
    await this.settling.settle(order.taskId);
  }

  async cancelled(order: OutsideOrder): Promise<void> {
    await this.outside.endSeen(order._id, order.outside, { state: 'cancelled' }, this.clock.now());
    await this.settling.settle(order.taskId);
  }

  /**
   * Not good, and perhaps next time: so many times.
   *
   * @param found a copy that was stored, and is no good: it goes first, and is known until then, so that it goes with the datablock
   * where nothing is stored in its place
   */
  async wrong(order: OutsideOrder, fault: Fault, found?: ReadBack): Promise<void> {
    const { _id, outside } = order;
    const { pause, silence, maxFaults } = this.config.outside;
    const faults = outside.faults + 1;
    this.logger.warn({ orderId: _id, target: outside.target, faults, ...fault }, 'a worker could not do it');
    if (found !== undefined) await this.noteWrong(order, found);
    if (faults >= maxFaults) return this.giveUp(order, fault);
    const now = this.clock.now();
    const waits = { phase: 'waiting' as const, attempt: outside.attempt, faults };
    const { next, rows } = found
      ? clearing(order, { faults, found }, now, silence)
      : { next: { ...waits, dueAt: new Date(now.getTime() + pause * faults) }, rows: [] };
    await this.outside.step(_id, outside, next, rows);
  }

  /** A copy that others store is not what was archived. */
  async damaged(order: OutsideOrder, fault: Fault, found?: ReadBack): Promise<void> {
    const { archiveId, outside } = order;
    this.logger.error({ archiveId, target: outside.target, ...fault }, 'a copy that others store is damaged');
    await this.places.damagedOutside(archiveId, outside.target, this.clock.now(), found);
    await this.giveUp(order, fault);
  }

  /** Another target may have a good copy to be read; else the work has failed. Only as it was seen. */
  async giveUp(order: OutsideOrder, fault: Fault): Promise<void> {
    const isElsewhere = order.kind === 'retrieve' && (await this.planning.recallElsewhere(order));
    const end: WorkEnd = isElsewhere ? { state: 'done' } : { state: 'failed', fault };
    await this.outside.endSeen(order._id, order.outside, end, this.clock.now());
    await this.settling.settle(order.taskId);
  }

  private async noteWrong(order: OutsideOrder, found: ReadBack): Promise<void> {
    const { packedSize, sha256 } = order.outside;
    await this.keep(order, { packedSize, sha256, damagedAt: this.clock.now(), found });
  }

  private async copyOf({ archiveId, pid, outside }: OutsideOrder): Promise<OutsideCopy | undefined> {
    return (await this.places.outside(archiveId, pid))[outside.target];
  }

  /** Whether the end of an order says something newer of the copy than what is known. */
  private async isNews(order: OutsideOrder): Promise<boolean> {
    const known = await this.copyOf(order);
    if (known?.damagedAt === undefined) return known === undefined;
    return order.endedAt !== undefined && known.damagedAt < order.endedAt;
  }

  /** One that is to go is known already, and goes as it is; or it has gone, and no word that comes late makes a record of it. */
  private async keep(order: OutsideOrder, copy: OutsideCopy): Promise<void> {
    const { archiveId, pid, outside } = order;
    const wasKnown = (await this.copyOf(order)) !== undefined;
    await this.places.keepOutside(archiveId, pid, outside.target, copy);
    if (!wasKnown && (await this.orders.isAskedToGo(archiveId)))
      await this.places.removeOutside(archiveId, outside.target);
  }

  settle(order: OutsideOrder): Promise<void> {
    return this.settling.settle(order.taskId);
  }
}
