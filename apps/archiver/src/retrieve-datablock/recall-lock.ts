import { Inject, Injectable } from '@nestjs/common';
import { Clock, messageOf } from '#kernel';
import { Heartbeat } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { RetrievedCopies, type Recall } from '../persistence/retrieved-copies.js';
import { WorkDeferred, type WorkContext } from '../domain/work.js';

/** Milliseconds after which a work order that waits for another's recall looks again. */
const look = 1000;

/** One recall of a datablock at a time, and a memory of what lies in the retrieval bucket until when. */
@Injectable()
export class RecallLock {
  constructor(
    private readonly copies: RetrievedCopies,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Whether a copy is there; its expiry is pushed out in the same step, so that it cannot vanish meanwhile. */
  async isPresent(archiveId: string, isThere: () => Promise<boolean>): Promise<boolean> {
    if (!(await this.copies.prolong(archiveId, this.clock.now(), this.expiry()))) return false;
    if (await isThere()) return true;
    await this.copies.missing(archiveId);
    return false;
  }

  /**
   * @param order the work order; a later try of it (`context.epoch`) takes over from an earlier one
   * @param work its signal fires when the recall is in other hands as well
   * @throws WorkDeferred while another work order recalls it
   */
  async recall(
    archiveId: string,
    order: string,
    context: WorkContext,
    work: (context: WorkContext) => Promise<void>,
  ): Promise<void> {
    const recall = { archiveId, order, epoch: context.epoch };
    const lost = new AbortController();
    const heartbeat = this.keep(recall, await this.take(recall), lost);
    try {
      await work({ ...context, signal: AbortSignal.any([context.signal, lost.signal]) });
      if (!(await this.copies.arrived(recall, this.expiry()))) throw lostDuring(archiveId);
    } catch (error) {
      await this.copies.givenUp(recall);
      throw lost.signal.aborted ? lost.signal.reason : error;
    } finally {
      heartbeat.stop();
    }
    context.signal.throwIfAborted();
  }

  keepUntil(archiveId: string, expiresAt: Date): Promise<void> {
    return this.copies.keepUntil(archiveId, expiresAt);
  }

  /** @returns until when it is taken */
  private async take(recall: Recall): Promise<Date> {
    const now = this.clock.now();
    const until = new Date(now.getTime() + this.config.lease);
    if (await this.copies.take(recall, now, until)) return until;
    throw new WorkDeferred(
      `Datablock ${recall.archiveId} is being recalled for another retrieval; this request shares the copy.`,
      look,
    );
  }

  private keep(recall: Recall, until: Date, lost: AbortController): Heartbeat {
    const { archiveId, order } = recall;
    return new Heartbeat({
      ...{ clock: this.clock, lease: this.config.lease, until },
      renew: (next) => this.copies.renew(recall, next),
      onFault: (error) =>
        this.logger.warn(
          { archiveId, order, error: messageOf(error) },
          'heartbeat of a recall failed; its lease may run out',
        ),
      onLost: () => lost.abort(lostDuring(archiveId)),
    });
  }

  private expiry(): Date {
    return new Date(this.clock.now().getTime() + this.config.retrievedLifetime);
  }
}

function lostDuring(archiveId: string): WorkDeferred {
  return new WorkDeferred(`The hold on ${archiveId} was lost during its recall; it is looked at anew.`, look);
}
