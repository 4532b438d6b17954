import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import type { LongTermStorage } from '#long-term-storage';
import { type Logger, LOGGER } from '#observability';
import { SharesToken } from '../archiver.config.js';
import { TargetNames } from '../domain/target-names.js';
import { ArchiverStore } from '../persistence/archiver-store.js';
import { RecallQueue, type Unplaced } from '../persistence/recall-queue.js';

const pause = 5000;
/** Milliseconds after which the place of a retrieval that still waits is looked for anew: tapes are copied to others. */
const placeLifetime = 3_600_000;
/** Retrievals in one round. */
const batch = 200;
/** Questions to one storage at the same time. */
const atOnce = 4;

/**
 * Asks storages with media where accepted retrievals lie. Nothing waits for the answer: a retrieval without a place is taken when it
 * is due, as all other work.
 */
@Injectable()
export class RecallPlaces extends HostedLoop {
  private readonly ordered: readonly LongTermStorage[];

  constructor(
    store: ArchiverStore,
    private readonly queue: RecallQueue,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
    private readonly names: TargetNames,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super({
      name: 'places of retrievals',
      pause,
      logger,
      fault: 'could not look where retrievals lie',
      ready: () => store.whenReady(),
    });
    this.ordered = shares.filter(({ knowsPlaces }) => knowsPlaces);
  }

  async round(): Promise<boolean> {
    if (this.ordered.length === 0) return false;
    const now = this.clock.now();
    const written = this.ordered.flatMap(({ name }) => this.names.writtenAs(name));
    const stale = new Date(now.getTime() - placeLifetime);
    let [found, some]: [number, Unplaced[]] = [0, []];
    for await (const order of this.queue.unplaced(written, now, stale, batch)) {
      found += 1;
      some.push(order);
      if (some.length < atOnce) continue;
      if (!(await this.placeAll(some))) return false;
      some = [];
    }
    return (await this.placeAll(some)) && found === batch;
  }

  /** @returns false when a storage did not answer: it is asked again after a pause */
  private async placeAll(some: readonly Unplaced[]): Promise<boolean> {
    if (this.stopping.aborted) return false;
    const placed = await Promise.all(some.map((order) => this.place(order)));
    stillMoving();
    return placed.every(Boolean);
  }

  private async place({ _id, command, needs }: Unplaced): Promise<boolean> {
    const { first, targets = [] } = needs ?? {};
    const [share] = [first, ...targets]
      .filter((name) => name !== undefined)
      .flatMap((name) => this.shares.filter((one) => this.names.writtenAs(one.name).includes(name)));
    if (share === undefined || command.kind !== 'retrieve') return true;
    try {
      const place = share.knowsPlaces ? await share.placeOf(command.data.archiveId) : undefined;
      const known = place === undefined ? undefined : { target: share.name, ...place };
      await this.queue.placed(_id, known, this.clock.now());
      return true;
    } catch (error) {
      const facts = { workOrderId: _id, share: share.name, error: messageOf(error) };
      this.logger.debug(facts, 'cannot tell where a retrieval lies');
      return false;
    }
  }
}
