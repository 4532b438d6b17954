import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  copyMovedV1,
  datablockArchivedV1,
  datablockRepairedV1,
  datablockRetrievedV1,
  datablockVerifiedV1,
  discardConfirmedV1,
  originalsReleasedV1,
  uploadOfferedV1,
  workCancelledV1,
  workFailedV1,
  workProgressedV1,
  type CopyMovedV1,
  type DatablockArchivedV1,
  type DatablockRepairedV1,
  type DatablockRetrievedV1,
  type DatablockVerifiedV1,
  type DiscardConfirmedV1,
  type Envelope,
  type OriginalsReleasedV1,
  type UploadOfferedV1,
  type WorkCancelledV1,
  type WorkFailedV1,
  type WorkProgressedV1,
} from '#contracts';
import { Clock, crashPoint } from '#kernel';
import { done, Handles, type Outcome } from '#messaging';
import { type Logger, LOGGER } from '#observability';
import type { Fault } from '../aggregates/records.js';
import { WorkOrders, type WorkEnd } from '../aggregates/work-orders.js';
import { Dispatcher } from '../release-work/dispatcher.js';
import { DatasetSettling } from './dataset-settling.js';
import { OutsideStaging } from './outside-staging.js';
import { PlacedDatablocks } from './placed-datablocks.js';
import { ProgressReports } from './progress-reports.js';

/** What the archiver says of a datablock of which it has no good copy. */
const noGoodCopy = 'archiver.copy-damaged';

/** What ends a release of originals before it is done. */
const endedForReset: Fault = {
  code: 'assembly.release-ended',
  message: 'A reset of the dataset ended it: originals that were still in the landing zone stay there.',
  fault: 'user',
};

/** Takes in what the archiver reports. Only a released work order can end, and only once. */
@Controller()
export class ArchiverReportsConsumer {
  constructor(
    private readonly orders: WorkOrders,
    private readonly settling: DatasetSettling,
    private readonly progress: ProgressReports,
    private readonly dispatcher: Dispatcher,
    private readonly places: PlacedDatablocks,
    private readonly staging: OutsideStaging,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Handles(datablockArchivedV1)
  archived(@Payload() { data }: Envelope<DatablockArchivedV1>): Promise<Outcome> {
    const { size, packedSize, fileCount, sha256, manifest, targets, placement } = data;
    const where = {
      ...(targets === undefined ? {} : { targets }),
      ...(placement === undefined ? {} : { placement }),
    };
    return this.end(data.workOrderId, {
      state: 'done',
      result: { kind: 'archive', size, packedSize, fileCount, sha256, manifest, ...where },
    });
  }

  @Handles(datablockRetrievedV1)
  async retrieved(@Payload() { data }: Envelope<DatablockRetrievedV1>): Promise<Outcome> {
    if (await this.staging.retrieved(data)) return done;
    const { packedSize, sha256, url, expiresAt, name } = data;
    const ofPart = name === undefined ? {} : { name };
    return this.end(data.workOrderId, {
      state: 'done',
      result: { kind: 'retrieve', packedSize, sha256, url, expiresAt, ...ofPart },
    });
  }

  @Handles(datablockVerifiedV1)
  verified(@Payload() { data }: Envelope<DatablockVerifiedV1>): Promise<Outcome> {
    return this.end(data.workOrderId, { state: 'done' });
  }

  @Handles(datablockRepairedV1)
  repaired(@Payload() { data }: Envelope<DatablockRepairedV1>): Promise<Outcome> {
    return this.copiesChanged(data);
  }

  @Handles(copyMovedV1)
  moved(@Payload() { data }: Envelope<CopyMovedV1>): Promise<Outcome> {
    return this.copiesChanged(data);
  }

  @Handles(workFailedV1)
  async failed(@Payload() { data }: Envelope<WorkFailedV1>): Promise<Outcome> {
    const { code, message, fault, workOrderId } = data;
    if (workOrderId.endsWith('/certify')) {
      this.logger.error({ workOrderId, code, error: message }, 'the archiver could not certify a dataset');
      return done;
    }
    const followUp = /^(.+)\/(release|discard)$/.exec(workOrderId);
    if (await this.staging.failed(workOrderId, { code, message, fault })) return done;
    if (followUp === null) return this.fail(workOrderId, { code, message, fault });
    // The archive itself is complete: what was to follow is noted, for people.
    const [_id = '', kind] = [followUp[1], followUp[2] as 'release' | 'discard'];
    this.logger.error(
      { workOrderId, code, error: message },
      `the archiver could not ${kind} as it was asked to`,
    );
    await this.orders.noteFault(_id, kind, { code, message, fault });
    return done;
  }

  @Handles(workCancelledV1)
  async cancelled(@Payload() { data }: Envelope<WorkCancelledV1>): Promise<Outcome> {
    const released = /^(.+)\/release$/.exec(data.workOrderId);
    if (released !== null) {
      await this.orders.noteFault(released[1] ?? '', 'release', endedForReset);
      return done;
    }
    const followUp = /^(.+)\/discard$/.exec(data.workOrderId);
    if (followUp !== null) {
      await this.places.discarded(data.archiveId);
      await this.staging.discarded(followUp[1] ?? '');
    }
    return this.end(data.workOrderId, { state: 'cancelled' });
  }

  @Handles(uploadOfferedV1)
  async offered(@Payload() { data }: Envelope<UploadOfferedV1>): Promise<Outcome> {
    await this.staging.offered(data);
    return done;
  }

  @Handles(discardConfirmedV1)
  async confirmed(@Payload() { data }: Envelope<DiscardConfirmedV1>): Promise<Outcome> {
    await this.staging.discardConfirmed(data.workOrderId);
    return done;
  }

  @Handles(workProgressedV1)
  async progressed(@Payload() { data }: Envelope<WorkProgressedV1>): Promise<Outcome> {
    await this.progress.take(data);
    return done;
  }

  /** Nothing waits for it: the archive is complete without. */
  @Handles(originalsReleasedV1)
  async released(@Payload() { data }: Envelope<OriginalsReleasedV1>): Promise<Outcome> {
    const _id = data.workOrderId.replace(/\/release$/, '');
    const { released, kept, keptFiles } = data;
    await this.orders.noteOriginals(_id, {
      ...{ released, kept },
      ...(keptFiles === undefined ? {} : { keptFiles }),
    });
    return done;
  }

  private copiesChanged(data: CopyMovedV1 & Partial<Pick<DatablockRepairedV1, 'mended'>>): Promise<Outcome> {
    const { workOrderId, packedSize, targets, placement, mended } = data;
    const where = targets === undefined ? {} : { targets };
    const count = mended === undefined ? {} : { mended };
    return this.end(workOrderId, {
      state: 'done',
      result: { kind: 'copies', packedSize, placement, ...where, ...count },
    });
  }

  /** Where no copy of our own is good, one that others store may be. */
  private async fail(id: string, fault: Fault): Promise<Outcome> {
    const isElsewhere = fault.code === noGoodCopy && (await this.staging.recallElsewhere(id));
    return this.end(id, isElsewhere ? { state: 'done' } : { state: 'failed', fault });
  }

  private async end(id: string, end: WorkEnd): Promise<Outcome> {
    const ended = await this.orders.end(id, end, this.clock.now());
    if (end.state === 'done') {
      if (end.result?.kind === 'copies') await this.places.changed(id);
      else await this.places.archived(id);
    }
    crashPoint('assembler.after-result');
    // There may be room for the next one.
    this.dispatcher.wake();
    const taskId = ended ?? (await this.orders.taskOf(id));
    if (taskId !== undefined) await this.settling.settle(taskId);
    return done;
  }
}
