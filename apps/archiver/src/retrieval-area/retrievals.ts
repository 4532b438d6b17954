import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '#kernel';
import { AppHealth, type PartHealth } from '#service-host';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { AreaFigures, type AreaTotals, type GroupUse } from '../persistence/area-figures.js';
import { RoomWaits } from '../persistence/room-waits.js';

/** Groups, and waiting retrievals, in one answer. */
const maxListed = 200;

/** A retrieval that waits for room. */
export interface WaitingRetrieval {
  readonly workOrderId: string;
  readonly jobId: string;
  readonly group: string;
  readonly bytes: number;
  readonly since: string;
  /** `space`: room in the area; `quota`: room in the quota of its group. */
  readonly lacks: 'space' | 'quota';
}

/** The retrieval area as operators see it. Sizes are bytes; limits that are not set are absent. */
export interface RetrievalsState extends AreaTotals {
  readonly space?: number;
  readonly quota?: number;
  /** When the next copy goes, if nobody has it kept for longer. */
  readonly nextEnd?: string;
  /** Those with most bytes, at most 200. */
  readonly groups: readonly GroupUse[];
  /** How many wait. */
  readonly waiting: number;
  /** The first 200 of them, in the order of the queue. */
  readonly queue: readonly WaitingRetrieval[];
}

/** Tells operators what is in the retrieval area, for whom, and who waits for room. */
@Injectable()
export class Retrievals implements OnApplicationBootstrap {
  constructor(
    private readonly figures: AreaFigures,
    private readonly waits: RoomWaits,
    private readonly health: AppHealth,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  onApplicationBootstrap(): void {
    this.health.add('retrievals', () => this.part());
  }

  async state(): Promise<RetrievalsState> {
    const now = this.clock.now();
    const { retrievalSpace: space, retrievalQuota: quota } = this.config;
    const nextEnd = await this.figures.nextEnd(now);
    const queue: WaitingRetrieval[] = [];
    for await (const { _id: workOrderId, job: jobId, group, bytes, since, lacks } of this.waits.waiting(
      now,
      maxListed,
    ))
      queue.push({ workOrderId, jobId, group, bytes, since: since.toISOString(), lacks });
    return {
      ...(space === undefined ? {} : { space }),
      ...(quota === undefined ? {} : { quota }),
      ...(await this.figures.totals()),
      ...(nextEnd === undefined ? {} : { nextEnd: nextEnd.toISOString() }),
      groups: await this.figures.groups(now, maxListed),
      waiting: await this.waits.count(now),
      queue,
    };
  }

  /** As readiness shows it. That retrievals wait is no fault of the archiver. */
  private async part(): Promise<PartHealth> {
    return { status: 'up', waiting: await this.waits.count(this.clock.now()) };
  }
}
