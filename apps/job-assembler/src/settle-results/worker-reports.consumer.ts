import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  copyAcceptedV1,
  copyCancelledV1,
  copyFailedV1,
  copyProgressedV1,
  copyRecalledV1,
  copyRemovedV1,
  copyStoredV1,
  copyVerifiedV1,
  type CopyAcceptedV1,
  type CopyCancelledV1,
  type CopyFailedV1,
  type CopyProgressedV1,
  type CopyRecalledV1,
  type CopyRemovedV1,
  type CopyStoredV1,
  type CopyVerifiedV1,
  type Envelope,
} from '#contracts';
import { Clock } from '#kernel';
import { done, Handles, type Outcome } from '#messaging';
import { OutsideOrders, type OutsideOrder } from '../aggregates/outside-orders.js';
import type { Fault, ReadBack } from '../aggregates/records.js';
import { isRight, isUnderWay } from '../domain/outside-work.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { taking } from '../release-work/outside-commands.js';
import { Dispatcher } from '../release-work/dispatcher.js';
import { OutsideEndings } from './outside-endings.js';
import { OutsideRemovals } from './outside-removals.js';

interface Answer {
  readonly orderId: string;
  readonly target: string;
  readonly attempt: number;
}

type Reading = Answer & ReadBack;

/**
 * Takes in what workers of outside targets report. Whose word it is, the inbox has checked by the account; here it has to be about an
 * order of that target. Nothing that a worker says is believed without a checksum, and an answer that is late decides nothing.
 */
@Controller()
export class WorkerReportsConsumer {
  constructor(
    private readonly outside: OutsideOrders,
    private readonly endings: OutsideEndings,
    private readonly removals: OutsideRemovals,
    private readonly dispatcher: Dispatcher,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
  ) {}

  @Handles(copyAcceptedV1)
  accepted(@Payload() { data }: Envelope<CopyAcceptedV1>): Promise<Outcome> {
    return this.sign(data, 0);
  }

  @Handles(copyProgressedV1)
  progressed(@Payload() { data }: Envelope<CopyProgressedV1>): Promise<Outcome> {
    const { bytesDone, bytesTotal } = data;
    return this.sign(data, bytesTotal === 0 ? 0 : Math.min(1, bytesDone / bytesTotal), data.reason);
  }

  @Handles(copyStoredV1)
  stored(@Payload() { data }: Envelope<CopyStoredV1>): Promise<Outcome> {
    return this.about(data, async (order) => {
      if (order.kind !== 'store') return;
      // Of a copy that was removed since nobody says anything any more.
      if (data.attempt <= (order.outside.cleared ?? 0)) return;
      if (isRight(order.outside, data)) return this.endings.right(order);
      if (isCurrent(order, data)) await this.endings.wrong(order, wrongCopy(order, data), foundIn(data));
    });
  }

  @Handles(copyVerifiedV1)
  verified(@Payload() { data }: Envelope<CopyVerifiedV1>): Promise<Outcome> {
    return this.about(data, async (order) => {
      if (order.kind !== 'verify') return;
      if (isRight(order.outside, data)) return this.endings.right(order);
      if (isCurrent(order, data)) await this.endings.damaged(order, wrongCopy(order, data), foundIn(data));
    });
  }

  /**
   * What it says of the checksum counts for nothing: the archiver reads what was uploaded. So whichever attempt it answers is as good:
   * who takes longer than our patience would else never be done.
   */
  @Handles(copyRecalledV1)
  recalled(@Payload() { data }: Envelope<CopyRecalledV1>): Promise<Outcome> {
    return this.about(data, async (order) => {
      if (order.kind !== 'retrieve' || order.state !== 'released') return;
      if (order.outside.phase === 'cancelling') return this.endings.cancelled(order);
      if (!isUnderWay(order.outside, data.attempt)) return;
      const { next, rows } = taking(order, data.attempt, this.clock.now());
      await this.outside.step(order._id, order.outside, next, rows);
    });
  }

  @Handles(copyRemovedV1)
  removed(@Payload() { data }: Envelope<CopyRemovedV1>): Promise<Outcome> {
    return this.removals.removed(data);
  }

  @Handles(copyCancelledV1)
  cancelled(@Payload() { data }: Envelope<CopyCancelledV1>): Promise<Outcome> {
    return this.about(data, async (order) => {
      if (order.state !== 'released') return;
      if (order.outside.phase === 'cancelling') return this.endings.cancelled(order);
      if (isCurrent(order, data)) await this.endings.wrong(order, stoppedItself(order));
    });
  }

  @Handles(copyFailedV1)
  failed(@Payload() { data }: Envelope<CopyFailedV1>): Promise<Outcome> {
    if (this.removals.isAbout(data)) return this.removals.failed(data);
    const { code, message, fault, again } = data;
    return this.about(data, async (order) => {
      if (order.state !== 'released') return;
      if (order.outside.phase === 'cancelling') return this.endings.cancelled(order);
      if (!isCurrent(order, data)) return;
      const found: Fault = { code, message: `${data.target} says: ${message}`.slice(0, 2000), fault };
      if (again === true) return this.endings.wrong(order, found);
      // A copy that was there and cannot be read is none: nobody is sent to it, until a verification finds it right.
      await (order.kind === 'store' ? this.endings.giveUp(order, found) : this.endings.damaged(order, found));
    });
  }

  /** A sign of life. */
  private async sign(answer: Answer, share: number, reason?: string): Promise<Outcome> {
    if (this.removals.isAbout(answer)) return this.removals.heard(answer);
    const order = await this.outside.find(answer.orderId);
    if (order?.outside.target !== answer.target) return this.removals.unknown(answer);
    const now = this.clock.now();
    const dueAt = new Date(now.getTime() + this.config.outside.silence);
    await this.outside.heard(order._id, { heardAt: now, dueAt, share, reason });
    return done;
  }

  private async about(answer: Answer, take: (order: OutsideOrder) => Promise<void>): Promise<Outcome> {
    const order = await this.outside.find(answer.orderId);
    if (order === undefined || order.outside.target !== answer.target) return this.removals.unknown(answer);
    await take(order);
    // It may have been the second time: what a crash cut off is done now.
    if (order.state !== 'released') await this.endings.settle(order);
    this.dispatcher.wake();
    return done;
  }
}

/** Whether the answer is to the command that was sent last, and the worker has its turn. */
function isCurrent({ state, outside }: OutsideOrder, { attempt }: Answer): boolean {
  return state === 'released' && outside.phase === 'ordered' && outside.attempt === attempt;
}

function foundIn({ packedSize, sha256 }: Reading): ReadBack {
  return { packedSize, sha256 };
}

function wrongCopy({ archiveId, outside }: OutsideOrder, found: Reading): Fault {
  const { target, packedSize, sha256 } = outside;
  return {
    code: 'assembly.copy-wrong',
    message: `Expected ${archiveId} at ${target} with SHA-256 ${sha256} and ${packedSize} bytes, its worker read back ${found.sha256} and ${found.packedSize} bytes. Ask those who operate ${target}.`,
    fault: 'system',
  };
}

function stoppedItself({ archiveId, outside: { target } }: OutsideOrder): Fault {
  return {
    code: 'assembly.worker-stopped',
    message: `Expected the worker of ${target} to go on with ${archiveId}, it says that it was cancelled, and nobody has asked for that.`,
    fault: 'system',
  };
}
