import { Inject, Injectable } from '@nestjs/common';
import { pinsChangedV1, workCancelledV1, workFailedV1, type FaultKind } from '#contracts';
import { Clock, crashPoint, isRetriable, messageOf } from '#kernel';
import { LOGGER, type Logger } from '#observability';
import { eventRow } from '#outbox';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { afterFault, factsOf, keptFault } from '../domain/after-fault.js';
import { targetsIn } from '../domain/missing-targets.js';
import { waitCodeOf } from '../domain/wait-codes.js';
import type { EndState } from '../domain/states.js';
import type { WorkOrder } from '../persistence/records.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { noteAttemptFailed, noteLeaseLost } from '../counters/archiver-counters.js';
import { ProgressReporting } from './progress-reporting.js';
import { WorkHandlers, type WorkAnswer } from './work-handlers.js';

/** How work orders end, or are given back: only by the worker that holds the newest token. */
@Injectable()
export class WorkEndings {
  constructor(
    private readonly orders: WorkOrders,
    private readonly handlers: WorkHandlers,
    private readonly reporting: ProgressReporting,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  done(order: WorkOrder, row: WorkAnswer): Promise<void> {
    return this.end(order, 'done', row);
  }

  async after(order: WorkOrder, error: unknown): Promise<void> {
    const facts = { workOrderId: order._id, kind: order.command.kind, ...factsOf(error) };
    const next = afterFault(error, order.attempts, this.config);
    if (next.kind === 'dropped') noteLeaseLost();
    if (next.kind === 'failed' || (next.kind === 'again' && !next.waits))
      noteAttemptFailed({ kind: facts.kind, code: facts.code });
    switch (next.kind) {
      case 'dropped':
        return this.logger.warn(facts, 'lost the lease; the other worker goes on');
      case 'cancelled':
        return this.cancelled(order);
      case 'failed':
        this.logger.error({ ...facts, attempts: next.attempts }, 'work failed');
        return this.end(order, 'failed', this.failedRow(order, next, messageOf(error)), error);
      case 'given-back':
        return this.giveBack(order, next.pause, order.attempts, error, true);
      case 'again':
        this.logger.warn(
          { ...facts, attempts: next.attempts, pause: next.pause },
          next.waits ? 'work waits' : 'work will be tried again',
        );
        return this.giveBack(order, next.pause, next.attempts, error, next.waits);
    }
  }

  /** "Cancelled" means that nothing is left; while storage is away, the order waits for that. */
  private async cancelled(order: WorkOrder): Promise<void> {
    try {
      // Only who holds the order takes anything back: its end may have been written, or another worker may run it.
      const until = new Date(this.clock.now().getTime() + this.config.lease);
      if ((await this.orders.renew(order, until)) === undefined)
        return this.logger.warn({ workOrderId: order._id }, 'no longer ours to cancel');
      await this.handlers.undo(order.command, order.left).catch((error: unknown) => {
        if (isRetriable(error)) throw error;
        // What must not be taken back stays, and the order is over all the same.
        this.logger.error({ workOrderId: order._id, error: messageOf(error) }, 'nothing was taken back');
      });
      const { _id: workOrderId, jobId } = order;
      await this.end(order, 'cancelled', eventRow(workCancelledV1, { workOrderId, jobId }, this.clock.now()));
    } catch (error) {
      this.logger.warn(
        { workOrderId: order._id, error: messageOf(error) },
        'cannot clean up after a cancelled order now; it waits',
      );
      await this.giveBack(order, this.config.retryPause.first, order.attempts, error, true);
    }
  }

  private async end(order: WorkOrder, state: EndState, row: WorkAnswer, error?: unknown): Promise<void> {
    const at = this.clock.now();
    const end = error === undefined ? { at } : { at, fault: keptFault(error, at) };
    // What an operator asked for is no job's: nobody waits for a message.
    const rows = order.asked === undefined ? [row] : [];
    if (!(await this.orders.end(order, state, rows, end)))
      this.logger.warn(
        { workOrderId: order._id, epoch: order.epoch },
        'another worker has the newer token; this result is dropped',
      );
    crashPoint('archiver.after-end');
  }

  private async giveBack(
    order: WorkOrder,
    pause: number,
    attempts: number,
    error: unknown,
    waits: boolean,
  ): Promise<void> {
    const now = this.clock.now();
    const dueAt = new Date(now.getTime() + pause);
    const [fault, waitCode] = [keptFault(error, now), waitCodeOf(factsOf(error).code, waits)];
    if (pause > 0) this.reporting.send(order, 'waiting', 0, 0, fault.message, waitCode);
    await this.orders.giveBack(order, {
      ...{ dueAt, attempts, pause, fault, waitCode },
      ...whereNext(order, error),
    });
  }

  private failedRow(
    { _id: workOrderId, jobId, command }: WorkOrder,
    { code, fault }: { readonly code: string; readonly fault: FaultKind },
    message: string,
  ): WorkAnswer {
    if (command.kind === 'pins') {
      const { number, change } = command.data;
      const problem = `${message} (${code})`.slice(0, 2000);
      const none = { workOrderId, jobId, number, change, changed: 0, gone: 0, problem };
      return eventRow(pinsChangedV1, none, this.clock.now());
    }
    const data = { workOrderId, jobId, pid: command.data.pid, code, message: message.slice(0, 2000), fault };
    return eventRow(workFailedV1, data, this.clock.now());
  }
}

/**
 * Who may take an order next: after a discard that did what it could here, archivers that have one of the other targets. An order
 * from before 0.6, which anybody may take, goes to one that has what is missing here.
 */
function whereNext({ needs }: WorkOrder, error: unknown): Pick<WorkOrder, 'needs' | 'left'> {
  const left = targetsIn(error, 'left');
  if (left !== undefined) return { left, needs: { of: 'any', targets: left } };
  const missing = needs === undefined ? targetsIn(error, 'missing') : undefined;
  return missing === undefined ? {} : { needs: { of: 'any', targets: missing } };
}
