import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { archiveDatablockV1, retrieveDatablockV1, verifyDatablockV1 } from '#contracts';
import { Clock, crashPoint, messageOf, newId, WorkLoop } from '#kernel';
import { type Logger, LOGGER } from '#observability';
import { eventRow, newOutbox, OutboxRelay, type OutboxRow } from '#outbox';
import { ResultFolder } from '../fold-results/result-folder.js';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { ConfigToken } from '../job-assembler.tokens.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import { workTargets, type WorkOrder } from '../persistence/records.js';
import { fairReleases, type Candidate, type Slots } from './fair-release.js';

const pause = 1000;

/**
 * Releases planned work within the limits. The limits are counted from the stored states, so they hold over restarts;
 * a lease lets one process count at a time.
 */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly holder = newId();
  private readonly loop: WorkLoop;

  constructor(
    private readonly store: AssemblerStore,
    private readonly folder: ResultFolder,
    private readonly relay: OutboxRelay,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.loop = new WorkLoop({
      name: 'release of work',
      takeOne: () => this.round(),
      pause,
      onFault: (error) => logger.warn({ error: messageOf(error) }, 'could not release work, trying again'),
    });
  }

  onApplicationBootstrap(): void {
    this.folder.onProgress(() => this.wake());
    this.loop.start(this.store.whenReady());
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  wake(): void {
    this.loop.wake();
  }

  /** @returns false: what is left waits for room, and is looked at again when something ends */
  private async round(): Promise<boolean> {
    if (await this.store.holdLease('dispatcher', this.holder, this.config.lease / 4)) {
      await this.releaseWork();
    }
    return false;
  }

  private async releaseWork(): Promise<void> {
    const slots = await this.store.heldSlots(this.config.limits);
    const chosen = fairReleases(slots, await this.candidates(slots));
    let released = 0;
    for (const { id } of chosen) if (await this.release(id)) released += 1;
    if (released > 0) this.relay.wake();
  }

  /** Of every target and group with room the oldest: were they the oldest of all, a busy target would hide an idle one. */
  private async candidates(slots: Slots): Promise<Candidate[]> {
    const found: Candidate[] = [];
    for (const target of workTargets) {
      if (slots.roomAt(target) <= 0) continue;
      const groups: string[] = await this.store.orders.distinct('group', { state: 'planned', target });
      for (const group of groups) {
        const room = slots.room({ group, target });
        if (room === 0) continue;
        const oldest = this.store.orders
          .find({ state: 'planned', target, group }, { projection: { createdAt: 1 } })
          .sort({ createdAt: 1, _id: 1 })
          .limit(room);
        for await (const { _id: id, createdAt } of oldest) found.push({ id, group, target, createdAt });
      }
    }
    return found;
  }

  /** @returns false when it was cancelled meanwhile: the write decides */
  private async release(id: string): Promise<boolean> {
    const order = await this.store.orders.findOne({ _id: id, state: 'planned' });
    if (order === null) return false;
    const now = this.clock.now();
    const { modifiedCount } = await this.store.orders.updateOne(
      { _id: id, state: 'planned' },
      { $set: { state: 'released', releasedAt: now, outbox: newOutbox([this.commandFor(order, now)], now) } },
    );
    crashPoint('assembler.after-release');
    return modifiedCount > 0;
  }

  private commandFor(order: WorkOrder, now: Date): OutboxRow {
    const { _id: workOrderId, jobId, pid, archiveId } = order;
    const common = { workOrderId, jobId, pid, archiveId };
    if (order.kind === 'retrieve') return eventRow(retrieveDatablockV1, common, now, order.context);
    if (order.kind === 'verify') return eventRow(verifyDatablockV1, common, now, order.context);
    const { source, files, fileCount, bytes } = order;
    return eventRow(
      archiveDatablockV1,
      { ...common, source: source!, files: files!, fileCount: fileCount!, bytes, copies: this.config.copies },
      now,
      order.context,
    );
  }
}
