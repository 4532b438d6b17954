import { Inject, Injectable } from '@nestjs/common';
import type { DatablockRetrievedV1, UploadOfferedV1 } from '#contracts';
import { Clock } from '#kernel';
import { OutsideOrders, type OutsideOrder } from '../aggregates/outside-orders.js';
import type { Fault } from '../aggregates/records.js';
import { WorkOrders } from '../aggregates/work-orders.js';
import { stagingOf, type StagingStep } from '../domain/outside-work.js';
import { ConfigToken, type JobAssemblerConfig } from '../job-assembler.config.js';
import { orderWith, type StagedLink } from '../release-work/outside-commands.js';
import { OutsidePlanning } from '../release-work/outside-planning.js';
import { OutsideEndings } from './outside-endings.js';
import { OutsideRemovals } from './outside-removals.js';

/** What was uploaded is not what was archived: the worker's storage has something else. */
const wrongUpload = 'archiver.upload-wrong';

/** What the archiver does for workers: links to read from and to put at, and the look at what they put there. */
@Injectable()
export class OutsideStaging {
  constructor(
    private readonly outside: OutsideOrders,
    private readonly endings: OutsideEndings,
    private readonly removals: OutsideRemovals,
    private readonly orders: WorkOrders,
    private readonly planning: OutsidePlanning,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
  ) {}

  /** @returns false when it is about other work */
  async retrieved(data: DatablockRetrievedV1): Promise<boolean> {
    const step = stagingOf(data.workOrderId)?.step;
    if (step === undefined) return false;
    const order = await this.seen(data.workOrderId);
    if (order === undefined) return true;
    const { packedSize, sha256, url, expiresAt } = data;
    if (step === 'link') await this.order(order, { url, expiresAt });
    else await this.endings.retrieved(order, { kind: 'retrieve', packedSize, sha256, url, expiresAt });
    return true;
  }

  async offered({ workOrderId, url, expiresAt }: UploadOfferedV1): Promise<void> {
    const order = await this.seen(workOrderId);
    if (order !== undefined) await this.order(order, { url, expiresAt });
  }

  /** @returns false when it is about other work */
  async failed(workOrderId: string, fault: Fault): Promise<boolean> {
    const removal = /^(.+)\/removal$/.exec(workOrderId)?.[1];
    if (removal !== undefined) {
      await this.removals.refused(removal, fault);
      return true;
    }
    const step = stagingOf(workOrderId)?.step;
    if (step === undefined) return false;
    const order = await this.seen(workOrderId);
    if (order === undefined) return true;
    if (step === 'link') await this.endings.giveUp(order, fault);
    else if (fault.code === wrongUpload) await this.endings.damaged(order, fault);
    else await this.endings.wrong(order, fault);
    return true;
  }

  /** The archiver has taken a datablock out of the way: the copies that others store follow when nothing of it is kept. */
  discarded(workOrderId: string): Promise<void> {
    return this.removals.discarded(workOrderId);
  }

  discardConfirmed(workOrderId: string): Promise<void> {
    return this.removals.confirmed(workOrderId.replace(/\/removal$/, ''));
  }

  /** @returns whether a worker is asked for its copy, or was */
  async recallElsewhere(workOrderId: string): Promise<boolean> {
    const order = await this.orders.retrieval(workOrderId);
    return order !== undefined && (await this.planning.recallElsewhere(order));
  }

  private async order(order: OutsideOrder, link: StagedLink): Promise<void> {
    const { next, rows } = orderWith(order, link, this.clock.now(), this.config.outside.silence);
    await this.outside.step(order._id, order.outside, next, rows);
  }

  /** The order that waits for this; undefined when it does not any more. */
  private async seen(workOrderId: string): Promise<OutsideOrder | undefined> {
    const { orderId = '', step, attempt } = stagingOf(workOrderId) ?? {};
    const order = await this.outside.find(orderId);
    if (order === undefined || step === undefined) return undefined;
    // The second time: what a crash cut off is done now.
    if (order.state !== 'released') await this.endings.settle(order);
    const isWaiting = order.state === 'released' && order.outside.phase === phaseOf[step];
    return isWaiting && order.outside.attempt === attempt ? order : undefined;
  }
}

const phaseOf: Readonly<Record<StagingStep, OutsideOrder['outside']['phase']>> = {
  link: 'staging',
  take: 'taking',
};
