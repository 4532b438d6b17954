import { Inject, Injectable } from '@nestjs/common';
import { Clock, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { DatablockLists } from '../originals/datablock-lists.js';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { CatalogueWord } from '../catalog/catalogue-word.js';
import { ArchiverStore } from '../persistence/archiver-store.js';
import { Datablocks } from '../persistence/datablocks.js';
import { FilesAside } from '../persistence/files-aside.js';
import type { WorkOrder } from '../persistence/records.js';
import { WorkOrders } from '../persistence/work-orders.js';

const pause = 600_000;
const batch = 200;
/** Milliseconds after which what is still needed is looked at again. */
const later = 86_400_000;

/**
 * Forgets work orders that have been over for ENDED_WORK_LIFETIME, and with the one that archived a datablock the lists in
 * the control bucket: the tar has its own manifest. The lists stay until the catalogue lists the datablock, as nobody has
 * registered it before, or until it was discarded. The record of a datablock stays as long as the datablock.
 */
@Injectable()
export class EndedWorkSweep extends HostedLoop {
  constructor(
    store: ArchiverStore,
    private readonly orders: WorkOrders,
    private readonly datablocks: Datablocks,
    private readonly asides: FilesAside,
    private readonly lists: DatablockLists,
    private readonly catalogue: CatalogueWord,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'forgetting of ended work',
      pause,
      logger,
      fault: 'could not forget ended work',
      ready: () => store.whenReady(),
    });
  }

  async round(): Promise<boolean> {
    return (await this.sweep()) === batch;
  }

  /** @returns how many work orders were forgotten */
  async sweep(): Promise<number> {
    await this.forgetDiscarded();
    await this.orders.early.forgetBefore(this.before());
    let forgotten = 0;
    for await (const order of this.orders.over(this.before(), batch)) {
      stillMoving();
      // Of one that an earlier sweep has decided on and not finished the rest goes.
      if (order.forgetting !== true && !(await this.decide(order))) continue;
      if (order.command.kind === 'archive') await this.forgetLists(order.command.data.archiveId);
      if (order.command.kind === 'pins') await this.lists.forgetAnswer(order._id);
      await this.orders.forget(order._id);
      forgotten += 1;
    }
    return forgotten;
  }

  private before(): Date {
    return new Date(this.clock.now().getTime() - this.config.endedWorkLifetime);
  }

  private async decide(order: WorkOrder): Promise<boolean> {
    if (!(await this.isNeeded(order))) return this.orders.decideToForget(order);
    await this.orders.putOff(order, new Date(this.before().getTime() + later));
    return false;
  }

  private async isNeeded({ command, outbox }: WorkOrder): Promise<boolean> {
    if (outbox.rows.length > 0) return true;
    if (command.kind !== 'archive') return false;
    const { archiveId, pid } = command.data;
    if (await this.orders.isNamed(archiveId)) return true;
    const datablock = await this.datablocks.verified(archiveId);
    return datablock !== undefined && !(await this.catalogue.lists({ pid, archiveId }));
  }

  /** A discarded datablock may be brought back: its lists go with its mark. */
  private async forgetLists(archiveId: string): Promise<void> {
    if ((await this.datablocks.found(archiveId))?.state !== 'discarded') await this.lists.remove(archiveId);
  }

  /** The mark keeps overtaken workers from recording the datablock; after so long there are none. */
  private async forgetDiscarded(): Promise<void> {
    const before = this.before();
    for await (const archiveId of this.datablocks.discardedBefore(before, batch)) {
      stillMoving();
      if ((await this.asides.isAside(archiveId)) || (await this.orders.isNamed(archiveId))) continue;
      // One that was brought back since it was looked up is no longer discarded, and stays.
      if (await this.datablocks.forget(archiveId, before)) await this.lists.remove(archiveId);
    }
  }
}
