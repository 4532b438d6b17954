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
/** Milliseconds after which a storage that did not answer is asked again. */
const awayPause = 60_000;
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
    const away = new Set<string>();
    let [found, some]: [number, Unplaced[]] = [0, []];
    for await (const order of this.queue.unplaced(written, now, stale, batch)) {
      found += 1;
      some.push(order);
      if (some.length < atOnce) continue;
      await this.placeAll(some, away);
      some = [];
    }
    await this.placeAll(some, away);
    return found === batch;
  }

  private async placeAll(some: readonly Unplaced[], away: Set<string>): Promise<void> {
    if (this.stopping.aborted) return;
    await Promise.all(some.map((order) => this.place(order, away)));
    stillMoving();
  }

  /** @param away storages that did not answer in this round: those of others do not wait for them */
  private async place({ _id, command, needs }: Unplaced, away: Set<string>): Promise<void> {
    const { first, targets = [] } = needs ?? {};
    const [share] = [first, ...targets]
      .filter((name) => name !== undefined)
      .flatMap((name) => this.shares.filter((one) => this.names.writtenAs(one.name).includes(name)));
    if (share === undefined || command.kind !== 'retrieve') return;
    const now = this.clock.now();
    try {
      const isAsked = share.knowsPlaces && !away.has(share.name);
      const place = isAsked ? await share.placeOf(command.data.archiveId) : undefined;
      if (away.has(share.name)) return await this.askLater(_id, now);
      const known = place === undefined ? undefined : { target: share.name, ...place };
      await this.queue.placed(_id, known, now);
    } catch (error) {
      away.add(share.name);
      const facts = { workOrderId: _id, share: share.name, error: messageOf(error) };
      this.logger.debug(facts, 'cannot tell where a retrieval lies');
      await this.askLater(_id, now);
    }
  }

  private askLater(_id: string, now: Date): Promise<void> {
    return this.queue.placed(_id, undefined, new Date(now.getTime() - placeLifetime + awayPause));
  }
}
