import { Inject, Injectable } from '@nestjs/common';
import { stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { Catalogue } from '../persistence/catalogue.js';
import { KeysOwed, renewal, type Abandoned } from './keys-owed.js';
import { MetadataKeys } from './metadata-keys.service.js';

/** Datasets whose keys are looked at together. */
const batch = 10;

/** Writes the keys that processes which are gone owed, and says of this one what it owes. */
@Injectable()
export class KeysOwedSweep extends HostedLoop {
  constructor(
    private readonly owed: KeysOwed,
    private readonly keys: MetadataKeys,
    private readonly catalogue: Catalogue,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'metadata keys of new datasets',
      pause: renewal,
      logger,
      fault: 'could not look after metadata keys of new datasets',
      ready: () => catalogue.whenIndexed(),
    });
  }

  async round(): Promise<void> {
    await this.owed.tend();
    for (const left of await this.owed.abandoned()) {
      await this.makeGood(left);
      if (this.stopping.aborted) return;
      await this.owed.forget(left);
    }
  }

  /** What is being written is written before the connections end. */
  override async beforeApplicationShutdown(): Promise<void> {
    await super.beforeApplicationShutdown();
    await this.owed.settled();
    await this.owed.tend(true);
  }

  private async makeGood({ since, until }: Abandoned): Promise<void> {
    const ofThatTime = { createdAt: { $gte: since, $lte: until } };
    let ids: string[] = [];
    const flush = async (): Promise<void> => {
      await Promise.all(ids.map((id) => this.keys.syncStored('dataset', id)));
      ids = [];
      stillMoving();
    };
    for await (const { _id } of this.catalogue.datasets.find(ofThatTime, { projection: { _id: 1 } })) {
      ids.push(_id);
      if (ids.length === batch) await flush();
      if (this.stopping.aborted) return;
    }
    await flush();
  }
}
