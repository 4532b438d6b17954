import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { archiveDatablockV1, retrieveDatablockV1, verifyDatablockV1 } from '#contracts';
import { Clock, crashPoint, messageOf, newId, WorkLoop } from '#kernel';
import type { Logger } from '#observability';
import { eventRow, LOGGER, newOutbox, OutboxRelay, type OutboxRow } from '#outbox';
import { ResultFolder } from '../fold-results/result-folder.js';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { ConfigToken } from '../job-assembler.tokens.js';
import { AssemblerStore } from '../persistence/assembler-store.js';
import type { WorkOrder } from '../persistence/records.js';

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
    const used = await this.usage();
    const groups: string[] = await this.store.orders.distinct('group', { state: 'planned' });
    let released = 0;
    for (const group of groups) released += await this.releaseFor(group, used);
    if (released > 0) this.relay.wake();
  }

  private async releaseFor(group: string, used: Usage): Promise<number> {
    const { limits } = this.config;
    const room = Math.min(limits.global - used.total, limits.perGroup - used.of('group', group));
    if (room <= 0) return 0;
    let released = 0;
    for await (const order of this.store.orders
      .find({ state: 'planned', group })
      .sort({ createdAt: 1, _id: 1 })
      .limit(room)) {
      if (used.of('target', order.target) >= limits.perTarget) continue;
      const now = this.clock.now();
      const { modifiedCount } = await this.store.orders.updateOne(
        { _id: order._id, state: 'planned' },
        { $set: { state: 'released', outbox: newOutbox([this.commandFor(order, now)], now) } },
      );
      crashPoint('assembler.after-release');
      if (modifiedCount === 0) continue;
      used.add(group, order.target);
      released += 1;
    }
    return released;
  }

  private async usage(): Promise<Usage> {
    const rows = await this.store.orders
      .aggregate<{ _id: { group: string; target: string }; count: number }>([
        { $match: { state: 'released' } },
        { $group: { _id: { group: '$group', target: '$target' }, count: { $sum: 1 } } },
      ])
      .toArray();
    const usage = new Usage();
    for (const { _id, count } of rows) usage.add(_id.group, _id.target, Number(count));
    return usage;
  }

  private commandFor(order: WorkOrder, now: Date): OutboxRow {
    const { _id: workOrderId, jobId, pid, archiveId } = order;
    const details = { subject: workOrderId, partitionKey: workOrderId, sequence: 0, context: order.context };
    const common = { workOrderId, jobId, pid, archiveId };
    if (order.kind === 'retrieve') return eventRow(retrieveDatablockV1, common, details, now);
    if (order.kind === 'verify') return eventRow(verifyDatablockV1, common, details, now);
    const { source, files, fileCount, bytes } = order;
    return eventRow(
      archiveDatablockV1,
      { ...common, source: source!, files: files!, fileCount: fileCount!, bytes, copies: this.config.copies },
      details,
      now,
    );
  }
}

/** Released work, counted by group and target. */
class Usage {
  total = 0;
  private readonly counts = new Map<string, number>();

  of(kind: 'group' | 'target', name: string): number {
    return this.counts.get(`${kind}:${name}`) ?? 0;
  }

  add(group: string, target: string, count = 1): void {
    this.total += count;
    this.counts.set(`group:${group}`, this.of('group', group) + count);
    this.counts.set(`target:${target}`, this.of('target', target) + count);
  }
}
