import { Inject, Injectable } from '@nestjs/common';
import { pinsChangedV1, type ChangePinsV1, type changePinsV1, type PinLine } from '#contracts';
import { Clock, crashPoint } from '#kernel';
import { eventRow, type AnswerRow } from '#outbox';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import type { WorkContext } from '../domain/work.js';
import { DatablockLists } from '../originals/datablock-lists.js';
import type { Command } from '../persistence/records.js';
import { RoomWaits } from '../persistence/room-waits.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { BroughtCopies } from '../retrieve-datablock/brought-copies.js';
import { RetrievalReports } from '../retrieve-datablock/retrieval-reports.js';

/** The first ones of the queue that look again at once when room was made. */
const maxHastened = 20;

type Bringing = Extract<Command, { kind: 'retrieve' | 'take' }>;

/** Keeps what a job has retrieved for longer, or lets go of it. Nothing is recalled for it, and no other job loses anything. */
@Injectable()
export class ChangePinsHandler {
  constructor(
    private readonly orders: WorkOrders,
    private readonly brought: BroughtCopies,
    private readonly waits: RoomWaits,
    private readonly reports: RetrievalReports,
    private readonly lists: DatablockLists,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  async handle(order: ChangePinsV1, context: WorkContext): Promise<AnswerRow<typeof changePinsV1>> {
    const { workOrderId, jobId, number, change } = order;
    const lines: PinLine[] = [];
    for await (const { state, command } of this.orders.retrievalsOf(jobId)) {
      context.signal.throwIfAborted();
      if (await this.orders.hasLaterPins(jobId, number)) return this.overtaken(order);
      const line = await this.lineOf(order, command as Bringing);
      // What failed, or was cancelled, was promised to nobody: it may have left nothing at all.
      if (state === 'done' || line.gone !== true) lines.push(line);
      context.progress('recalling', 0, 0);
    }
    if (await this.orders.hasLaterPins(jobId, number)) return this.overtaken(order);
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

  /** The later request changes all copies: what an earlier one has done to some says nothing any more. */
  private overtaken({ workOrderId, jobId, number, change }: ChangePinsV1): AnswerRow<typeof changePinsV1> {
    const none = { workOrderId, jobId, number, change, changed: 0, gone: 0 };
    const problem = `Request ${number} was overtaken by a later one about the copies of job ${jobId}.`;
    return eventRow(pinsChangedV1, { ...none, problem }, this.clock.now());
  }

  private async lineOf({ change, number }: ChangePinsV1, retrieval: Bringing): Promise<PinLine> {
    if (change === 'extend') return this.extended(retrieval, number);
    const { archiveId } = retrieval.data;
    return (await this.brought.letGo(retrieval, number)) ? { archiveId } : { archiveId, gone: true };
  }

  private async extended(retrieval: Bringing, number: number): Promise<PinLine> {
    const brought = await this.brought.of(retrieval);
    const { archiveId, name, fileName } = brought;
    const until = await this.brought.extend(brought, retrieval.data.jobId, number);
    if (until === undefined) return { archiveId, gone: true };
    const now = this.clock.now();
    const { retrievedLifetime } = this.config;
    // A pin of another call may last longer than a link can.
    const lifetime = Math.min(until.getTime() - now.getTime(), retrievedLifetime);
    const url = await this.reports.link(name, fileName, lifetime);
    return { archiveId, url, expiresAt: new Date(now.getTime() + lifetime).toISOString() };
  }
}
