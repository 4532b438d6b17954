import { Inject, Injectable } from '@nestjs/common';
import { pinsChangedV1, type ChangePinsV1, type changePinsV1, type PinLine } from '#contracts';
import { Clock, crashPoint } from '#kernel';
import { eventRow, type AnswerRow } from '#outbox';
import { ObjectStore } from '#storage';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import type { WorkContext } from '../domain/work.js';
import { DatablockLists } from '../originals/datablock-lists.js';
import type { Command, WorkOrder } from '../persistence/records.js';
import { RetrievedCopies } from '../persistence/retrieved-copies.js';
import { RoomWaits } from '../persistence/room-waits.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { fileNameOf, partFileName, partName } from '../retrieve-datablock/part-names.js';
import { RetrievalReports } from '../retrieve-datablock/retrieval-reports.js';

/** The first ones of the queue that look again at once when room was made. */
const maxHastened = 20;

/** A copy that a job has retrieved. */
interface Brought {
  readonly archiveId: string;
  /** In the bucket. */
  readonly name: string;
  readonly fileName: string;
}

/** Keeps what a job has retrieved for longer, or lets go of it. Nothing is recalled for it, and no other job loses anything. */
@Injectable()
export class ChangePinsHandler {
  constructor(
    private readonly orders: WorkOrders,
    private readonly copies: RetrievedCopies,
    private readonly waits: RoomWaits,
    private readonly reports: RetrievalReports,
    private readonly objects: ObjectStore,
    private readonly lists: DatablockLists,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  async handle(order: ChangePinsV1, context: WorkContext): Promise<AnswerRow<typeof changePinsV1>> {
    const { workOrderId, jobId, number, change } = order;
    const lines: PinLine[] = [];
    for await (const retrieval of this.orders.retrievalsOf(jobId)) {
      context.signal.throwIfAborted();
      const brought = broughtBy(retrieval);
      if (brought === undefined) continue;
      lines.push(await (change === 'extend' ? this.extended(jobId, brought) : this.released(jobId, brought)));
      context.progress('recalling', 0, 0);
    }
    if (change === 'release') await this.hasten();
    crashPoint('archiver.after-pins');
    const gone = lines.filter((line) => line.gone === true).length;
    const found = { workOrderId, jobId, number, change, changed: lines.length - gone, gone };
    const now = this.clock.now();
    if (lines.length === 0) return eventRow(pinsChangedV1, found, now);
    const copies = await this.lists.keepAnswer(workOrderId, context.epoch, lines);
    return eventRow(pinsChangedV1, { ...found, copies }, now);
  }

  /** There is room now: who waits for it need not wait for its next look. Those that come too early wait on. */
  private async hasten(): Promise<void> {
    const now = this.clock.now();
    const ids: string[] = [];
    for await (const { _id } of this.waits.waiting(now, maxHastened)) ids.push(_id);
    if (ids.length > 0) await this.orders.hastenForRoom(ids, now);
  }

  private async extended(jobId: string, { archiveId, name, fileName }: Brought): Promise<PinLine> {
    const now = this.clock.now();
    const { retrievedLifetime, retrievedLifetimeMost, retrievalBucket } = this.config;
    const wanted = new Date(now.getTime() + retrievedLifetime);
    const until = await this.copies.extend(name, jobId, now, wanted, retrievedLifetimeMost);
    if (until === undefined) return { archiveId, gone: true };
    if ((await this.objects.head(retrievalBucket, name)) === undefined) {
      await this.copies.missing(name);
      return { archiveId, gone: true };
    }
    // A pin of another call may last longer than a link can.
    const lifetime = Math.min(until.getTime() - now.getTime(), retrievedLifetime);
    const url = await this.reports.link(name, fileName, lifetime);
    return { archiveId, url, expiresAt: new Date(now.getTime() + lifetime).toISOString() };
  }

  private async released(jobId: string, { archiveId, name }: Brought): Promise<PinLine> {
    const isDone = await this.copies.unpin(name, jobId, this.clock.now());
    return isDone ? { archiveId } : { archiveId, gone: true };
  }
}

function broughtBy({ command }: Pick<WorkOrder, 'command'>): Brought | undefined {
  const { kind, data } = command as Extract<Command, { kind: 'retrieve' | 'take' }>;
  const { archiveId } = data;
  const selection = kind === 'retrieve' ? data.selection : undefined;
  if (selection === undefined) return { archiveId, name: archiveId, fileName: fileNameOf(archiveId) };
  const { sha256 } = selection.list;
  return { archiveId, name: partName(archiveId, sha256), fileName: partFileName(archiveId, sha256) };
}
