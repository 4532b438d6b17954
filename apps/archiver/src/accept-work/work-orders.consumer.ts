import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  archiveDatablockV1,
  cancelWorkV1,
  certifyDatasetV1,
  changePinsV1,
  confirmDiscardV1,
  discardDatablockV1,
  moveCopyV1,
  offerUploadV1,
  releaseOriginalsV1,
  repairDatablockV1,
  retrieveDatablockV1,
  takeUploadV1,
  verifyDatablockV1,
  type ArchiveDatablockV1,
  type CancelWorkV1,
  type CertifyDatasetV1,
  type ChangePinsV1,
  type ConfirmDiscardV1,
  type DiscardDatablockV1,
  type Envelope,
  type MoveCopyV1,
  type OfferUploadV1,
  type ReleaseOriginalsV1,
  type RepairDatablockV1,
  type RetrieveDatablockV1,
  type TakeUploadV1,
  type VerifyDatablockV1,
} from '#contracts';
import { Clock, crashPoint } from '#kernel';
import { currentContext, done, Handles, type Outcome } from '#messaging';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import type { WorkFault } from '../domain/work-fault.js';
import type { Command } from '../persistence/records.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { WorkRunner } from '../run-work/work-runner.js';
import { NeededTargets } from '../persistence/operators/needed-targets.js';

/** Takes work orders over: one record, inserted first, and the message is settled. The work itself takes its time. */
@Controller()
export class WorkOrdersConsumer {
  constructor(
    private readonly orders: WorkOrders,
    private readonly runner: WorkRunner,
    private readonly needed: NeededTargets,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  @Handles(archiveDatablockV1)
  archive(@Payload() { data }: Envelope<ArchiveDatablockV1>): Promise<Outcome> {
    return this.accept({ kind: 'archive', data });
  }

  @Handles(retrieveDatablockV1)
  retrieve(@Payload() { data }: Envelope<RetrieveDatablockV1>): Promise<Outcome> {
    return this.accept({ kind: 'retrieve', data });
  }

  @Handles(verifyDatablockV1)
  verify(@Payload() { data }: Envelope<VerifyDatablockV1>): Promise<Outcome> {
    return this.accept({ kind: 'verify', data });
  }

  @Handles(repairDatablockV1)
  repair(@Payload() { data }: Envelope<RepairDatablockV1>): Promise<Outcome> {
    return this.accept({ kind: 'repair', data });
  }

  @Handles(moveCopyV1)
  move(@Payload() { data }: Envelope<MoveCopyV1>): Promise<Outcome> {
    return this.accept({ kind: 'move', data });
  }

  @Handles(releaseOriginalsV1)
  release(@Payload() { data }: Envelope<ReleaseOriginalsV1>): Promise<Outcome> {
    return this.accept({ kind: 'release', data });
  }

  @Handles(discardDatablockV1)
  discard(@Payload() { data }: Envelope<DiscardDatablockV1>): Promise<Outcome> {
    return this.accept({ kind: 'discard', data });
  }

  @Handles(offerUploadV1)
  offer(@Payload() { data }: Envelope<OfferUploadV1>): Promise<Outcome> {
    return this.accept({ kind: 'offer', data });
  }

  @Handles(takeUploadV1)
  take(@Payload() { data }: Envelope<TakeUploadV1>): Promise<Outcome> {
    return this.accept({ kind: 'take', data });
  }

  @Handles(confirmDiscardV1)
  confirm(@Payload() { data }: Envelope<ConfirmDiscardV1>): Promise<Outcome> {
    return this.accept({ kind: 'confirm', data });
  }

  @Handles(changePinsV1)
  changePins(@Payload() { data }: Envelope<ChangePinsV1>): Promise<Outcome> {
    return this.accept({ kind: 'pins', data });
  }

  /** Without a key there are no certificates, and nothing to remember of it. */
  @Handles(certifyDatasetV1)
  certify(@Payload() { data }: Envelope<CertifyDatasetV1>): Promise<Outcome> {
    return this.config.certificates.key === undefined
      ? Promise.resolve(done)
      : this.accept({ kind: 'certify', data });
  }

  /**
   * Due at once, so that even a waiting or abandoned work order ends soon. One that has not come yet ends when it comes: the request is
   * kept first, and then asked for once more, so that of an order that comes meanwhile this request or the order finds the other one.
   */
  @Handles(cancelWorkV1)
  async cancel(@Payload() { data }: Envelope<CancelWorkV1>): Promise<Outcome> {
    const { workOrderId } = data;
    if (!(await this.orders.requestCancel(workOrderId))) {
      await this.orders.early.remember(workOrderId, this.clock.now());
      await this.orders.requestCancel(workOrderId);
    }
    this.runner.cancel(workOrderId);
    return done;
  }

  private async accept(command: Command): Promise<Outcome> {
    const now = this.clock.now();
    const needs = await this.needed.of(command);
    const { workOrderId } = command.data;
    const grace = command.kind === 'release' ? this.config.releaseGrace : 0;
    await this.orders.accept({
      ...(needs === undefined ? {} : { needs }),
      ...{ command, acceptedAt: now, dueAt: new Date(now.getTime() + grace), context: currentContext() },
      ...(grace === 0 ? {} : { fault: graceAt(now) }),
    });
    crashPoint('archiver.after-accept');
    if (await this.orders.early.isThere(workOrderId)) {
      await this.orders.requestCancel(workOrderId);
      this.runner.cancel(workOrderId);
    }
    this.runner.wake();
    return done;
  }
}

function graceAt(at: Date): WorkFault {
  const message = 'Waits until no upload link of the dataset is good any more.';
  return { code: 'archiver.deferred', message, at, fault: 'system' };
}
