import { Inject, Injectable } from '@nestjs/common';
import { confirmDiscardV1 } from '#contracts';
import { Clock } from '#kernel';
import { done, type Outcome } from '#messaging';
import { type Logger, LOGGER } from '#observability';
import { eventRow } from '#outbox';
import { OutsideOrders } from '../aggregates/outside-orders.js';
import type { Fault } from '../aggregates/records.js';
import { removalOf } from '../domain/outside-work.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { nextTry, removals } from '../release-work/outside-commands.js';

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

  /** The datablock is in use: an operator has brought it back. */
  async refused(workOrderId: string, { code, message }: Fault): Promise<void> {
    this.logger.error({ workOrderId, code, error: message }, 'copies that others store stay');
    await this.outside.keepCopies(workOrderId);
  }

  /** @returns whether an answer is about a removal */
  knows({ orderId, target }: About): boolean {
    return removalOf(orderId, target) !== undefined;
  }

  async removed(answer: About): Promise<Outcome> {
    const found = removalOf(answer.orderId, answer.target);
    if (found === undefined) return this.unknown(answer);
    if (found.word === 'remove') {
      await this.outside.removed(found.before.slice(0, -answer.target.length - 1), answer.target);
      return done;
    }
    return this.storeAnew(answer, found.before);
  }

  private async storeAnew(answer: About, orderId: string): Promise<Outcome> {
    const order = await this.outside.find(orderId);
    if (order === undefined || order.outside.target !== answer.target) return this.unknown(answer);
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
    const found = removalOf(orderId, target);
    if (found === undefined) return this.unknown(answer);
    this.logger.warn({ orderId, target, code, error: message, again }, 'a worker could not remove a copy');
    if (found.word === 'clear') return this.storeAnew(answer, found.before);
    const told = { code, message: `${target} says: ${message}`.slice(0, 2000), fault };
    if (!again) await this.outside.removalRefused(found.before.slice(0, -target.length - 1), target, told);
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
