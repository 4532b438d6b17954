import { Inject, Injectable } from '@nestjs/common';
import { confirmDiscardV1 } from '#contracts';
import { Clock } from '#kernel';
import { done, type Outcome } from '#messaging';
import { type Logger, LOGGER } from '#observability';
import { eventRow } from '#outbox';
import { DatablockPlaces } from '../aggregates/datablock-places.js';
import { OutsideOrders, type OutsideOrder } from '../aggregates/outside-orders.js';
import type { CopyToRemove, Fault, WorkOrder } from '../aggregates/records.js';
import { outsideOrderId, removalOf } from '../domain/outside-work.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { nextTry, removals } from '../release-work/outside-commands.js';

/** What the archiver says when an operator has brought a datablock back. */
const datablockInUse = 'archiver.datablock-in-use';

interface About {
  readonly orderId: string;
  readonly target: string;
  readonly attempt: number;
}

/**
 * Has workers remove copies that nobody needs any more: only when the archiver says that it keeps nothing of the datablock either,
 * by which all that is proven before our own copies go is proven for these. They are asked until they answer.
 */
@Injectable()
export class OutsideRemovals {
  constructor(
    private readonly outside: OutsideOrders,
    private readonly places: DatablockPlaces,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** The archiver has taken the datablock out of the way. Can be repeated. */
  async discarded(workOrderId: string): Promise<void> {
    const order = await this.outside.removing(workOrderId);
    if (order === undefined) return;
    const { _id, jobId, pid, archiveId, context } = order;
    const request = { workOrderId: `${_id}/removal`, jobId, pid, archiveId };
    await this.outside.askForRemoval(_id, eventRow(confirmDiscardV1, request, this.clock.now(), context));
  }

  /** Nothing of the datablock is kept any more. Workers that were asked before are not asked twice at once. */
  async confirmed(workOrderId: string): Promise<void> {
    const order = await this.outside.removing(workOrderId);
    if (order?.removal?.attempt !== 0) return;
    const now = this.clock.now();
    await this.outside.orderRemoval(order, 1, this.due(now), removals(order, 1, now));
  }

  /** Where the datablock is in use again, its copies are as well; else they are still to go, once people have seen to it. */
  async refused(workOrderId: string, fault: Fault): Promise<void> {
    const { code, message } = fault;
    this.logger.error({ workOrderId, code, error: message }, 'copies that others store stay');
    if (code !== datablockInUse) return this.outside.holdRemoval(workOrderId, fault);
    const order = await this.outside.removing(workOrderId);
    if (order === undefined) return;
    for (const copy of order.removing ?? []) await this.bringBack(order, copy);
    await this.outside.keepCopies(workOrderId);
  }

  /** They are known as long as they have to go; versions before 0.7.1 have forgotten them by now. */
  private async bringBack(
    { _id, kind, archiveId, pid }: WorkOrder,
    { target, packedSize, sha256 }: CopyToRemove,
  ): Promise<void> {
    const stored = await this.outside.find(outsideOrderId(_id, target));
    // Of one that was perhaps never stored only a verification says that it is good.
    const isGood = kind !== 'archive' || stored?.state === 'done';
    const unproven = isGood ? {} : { damagedAt: this.clock.now() };
    await this.places.addOutside(archiveId, pid, target, { packedSize, sha256, ...unproven });
  }

  /** @returns whether an answer is about a removal */
  isAbout({ orderId, target }: About): boolean {
    return removalOf(orderId, target) !== undefined;
  }

  /** That the worker is at it is nothing that is waited for. */
  async heard(answer: About): Promise<Outcome> {
    return (await this.asked(answer)) === undefined ? this.unknown(answer) : done;
  }

  async removed(answer: About): Promise<Outcome> {
    const asked = await this.asked(answer);
    if (asked === undefined) return this.unknown(answer);
    if ('clear' in asked) return this.storeAnew(answer, asked.clear);
    await this.end(asked.remove, answer.target);
    return done;
  }

  /** The order that the answer is about; undefined when nobody has asked that target for it. */
  private async asked({
    orderId,
    target,
  }: About): Promise<{ readonly clear: OutsideOrder } | { readonly remove: WorkOrder } | undefined> {
    const { before = '', word } = removalOf(orderId, target) ?? {};
    if (word === 'remove') {
      const remove = await this.outside.removalAt(before.slice(0, -target.length - 1), target);
      return remove === undefined ? undefined : { remove };
    }
    const clear = await this.outside.find(before);
    return clear?.outside.target === target && clear.outside.cleared !== undefined ? { clear } : undefined;
  }

  /** First the place, then the order: the second time nothing is left of either. */
  private async end(
    { _id, archiveId, removing = [] }: WorkOrder,
    target: string,
    fault?: Fault,
  ): Promise<void> {
    // An answer that comes once more, when the copy has perhaps been stored anew.
    if (!removing.some((copy) => copy.target === target)) return;
    await this.places.removeOutside(archiveId, target);
    if (fault === undefined) await this.outside.removed(_id, target);
    else await this.outside.removalRefused(_id, target, fault);
  }

  private async storeAnew(answer: About, order: OutsideOrder): Promise<Outcome> {
    const { phase, attempt } = order.outside;
    // While the worker was asked once more, it may still be at that: what it stored anew would go with it.
    if (order.state !== 'released' || phase !== 'clearing' || answer.attempt !== attempt) return done;
    const { next, rows } = nextTry(order, this.clock.now(), this.config.outside.silence);
    await this.outside.step(order._id, order.outside, next, rows);
    return done;
  }

  /**
   * What could not be removed this time is asked for again after a while. What a worker will not remove stays: that is noted, for
   * people. Where it was to be stored anew, that is tried all the same: its checksum tells.
   */
  async failed(answer: About & Fault & { readonly again?: boolean }): Promise<Outcome> {
    const { orderId, target, code, message, fault, again = false } = answer;
    const asked = await this.asked(answer);
    if (asked === undefined) return this.unknown(answer);
    this.logger.warn({ orderId, target, code, error: message, again }, 'a worker could not remove a copy');
    if ('clear' in asked) return this.storeAnew(answer, asked.clear);
    const told = { code, message: `${target} says: ${message}`.slice(0, 2000), fault };
    if (!again) await this.end(asked.remove, target, told);
    return done;
  }

  unknown({ orderId, target }: About): Outcome {
    return {
      kind: 'dead',
      code: 'assembly.order-unknown',
      reason: `Expected an order ${orderId} to target ${target}, found none: it is another target's, was forgotten, or was never given.`,
    };
  }

  private due(now: Date): Date {
    return new Date(now.getTime() + this.config.outside.silence);
  }
}
