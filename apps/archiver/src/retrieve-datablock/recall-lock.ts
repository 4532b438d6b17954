import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf } from '#kernel';
import { Heartbeat } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import {
  RetrievedCopies,
  type Arrival,
  type Asker,
  type Recall,
  type Retrieval,
} from '../persistence/retrieved-copies.js';
import { WorkDeferred, type WorkContext } from '../domain/work.js';
import { EndedCopies } from '../retrieval-area/ended-copies.js';
import { RetrievalArea } from '../retrieval-area/retrieval-area.js';

/** Milliseconds after which a work order that waits for another's recall looks again. */
const look = 1000;

/** One recall of a datablock, or of a part, at a time, and a memory of what lies in the retrieval bucket until when. */
@Injectable()
export class RecallLock {
  constructor(
    private readonly copies: RetrievedCopies,
    private readonly area: RetrievalArea,
    private readonly ended: EndedCopies,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * What lies in the bucket under this name; undefined when nothing does. It is kept for the job from the same step on, so that
   * it cannot vanish meanwhile.
   *
   * @param asker for whom
   * @param known what it must be, where the record of 0.7 does not say
   * @param isThere whether the object is there
   */
  async present(
    name: string,
    asker: Asker,
    known: Partial<Arrival> & Pick<Retrieval, 'beside'>,
    isThere: (bytes: number) => Promise<boolean>,
  ): Promise<Arrival | undefined> {
    const found = await this.copies.pin(name, asker, this.clock.now(), this.expiry());
    if (found === undefined) return undefined;
    const { bytes = known.bytes, sha256 = known.sha256 } = found;
    if (bytes !== undefined && sha256 !== undefined && (await isThere(bytes))) {
      const { beside } = known;
      await this.shares({ name, bytes, ...(beside === undefined ? {} : { beside }), ...asker });
      return { bytes, sha256 };
    }
    await this.copies.missing(found);
    return undefined;
  }

  /**
   * Room for it is there before anything is read.
   *
   * @param asker for whom; a later try of its order (`context.epoch`) takes over from an earlier one
   * @param work its signal fires when the recall is in other hands as well; it answers what it has put under the name
   * @throws WorkDeferred while another work order recalls it, or there is no room
   */
  async recall(
    retrieval: Retrieval,
    asker: Asker,
    context: WorkContext,
    work: (context: WorkContext) => Promise<Arrival>,
  ): Promise<Arrival> {
    const recall = { ...retrieval, ...asker, epoch: context.epoch };
    await this.area.turn(recall);
    const lost = new AbortController();
    const heartbeat = this.keep(recall, await this.take(recall), lost);
    let arrival: Arrival;
    try {
      await this.area.hold(recall);
      arrival = await work({ ...context, signal: AbortSignal.any([context.signal, lost.signal]) });
      if (!(await this.copies.arrived(recall, arrival, this.clock.now(), this.expiry()))) {
        await this.copies.leftBehind({ ...recall, bytes: arrival.bytes }, this.clock.now());
        throw lostDuring(recall.name);
      }
    } catch (error) {
      await this.abandon(recall);
      throw lost.signal.aborted ? lost.signal.reason : error;
    } finally {
      heartbeat.stop();
    }
    context.signal.throwIfAborted();
    return arrival;
  }

  /** Nobody reads it any more: it stays until room is needed, or as long as a job has it. */
  async letGo(name: string, { job }: Asker): Promise<void> {
    await this.copies.unpin(name, job, this.clock.now());
  }

  /** As long as the link that is made of it. */
  async keepUntil(name: string, asker: Asker, expiresAt: Date): Promise<void> {
    await this.copies.pin(name, asker, this.clock.now(), expiresAt);
  }

  /** One that is beyond the quota of its group lets go of it again. */
  private async shares(asked: Asker & Omit<Retrieval, 'archiveId'>): Promise<void> {
    try {
      await this.area.share(asked);
    } catch (error) {
      await this.copies.unpin(asked.name, asked.job, this.clock.now());
      throw error;
    }
  }

  /** @returns until when it is taken */
  private async take(recall: Recall): Promise<Date> {
    const now = this.clock.now();
    const until = new Date(now.getTime() + this.config.lease);
    if (await this.copies.take(recall, now, until)) return until;
    throw new WorkDeferred(
      `${recall.name} is being recalled for another retrieval; this request shares the copy.`,
      look,
    );
  }

  private async abandon(recall: Recall): Promise<void> {
    try {
      await this.ended.abandon(recall);
    } catch (error) {
      // What it failed for says more.
      const { name, order } = recall;
      this.logger.warn(
        { name, order, error: messageOf(error) },
        'could not clean up after a recall; it goes with its lease',
      );
    }
  }

  private keep(recall: Recall, until: Date, lost: AbortController): Heartbeat {
    const { name, order } = recall;
    return new Heartbeat({
      ...{ clock: this.clock, lease: this.config.lease, until },
      renew: (next) => this.copies.renew(recall, next),
      onFault: (error) =>
        this.logger.warn(
          { name, order, error: messageOf(error) },
          'heartbeat of a recall failed; its lease may run out',
        ),
      onLost: () => lost.abort(lostDuring(name)),
    });
  }

  private expiry(): Date {
    return new Date(this.clock.now().getTime() + this.config.retrievedLifetime);
  }
}

function lostDuring(name: string): WorkDeferred {
  return new WorkDeferred(`The hold on ${name} was lost during its recall; it is looked at anew.`, look);
}
