import { Inject, Injectable } from '@nestjs/common';
import { Clock, codeOf, isRetriable, messageOf, stillMoving, TransientError, wait } from '#kernel';
import { Heartbeat } from '#leased-work';
import { type Logger, LOGGER } from '#observability';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { CopyCheck, type CheckedCopy } from '../check-copies/copy-check.js';
import type { WorkContext } from '../domain/work.js';
import { DatablockRepair } from '../mend-copies/datablock-repair.js';
import type { AgedCopy } from '../persistence/copy-ages.js';
import { Datablocks } from '../persistence/datablocks.js';
import type { StoredCopy, StoredDatablock } from '../persistence/records.js';
import { ScrubTurns, type HeldTurn, type TurnRefused } from '../persistence/scrub-turns.js';
import { copyOn, isDamaged } from '../persistence/stored-copies.js';
import { WorkOrders } from '../persistence/work-orders.js';
import type { ScrubRule } from './scrub-rules.js';

/** Why nothing is read at a target now. */
export interface ScrubWait {
  readonly code: string;
  readonly text: string;
}

/**
 * `proven`: it is what was archived, or is so again. `gone`: there is nothing to be read. `named`: an open work order names it. `unread`
 * and `bad`: it could not be read, or mended, now. `hopeless`: no copy of it is good.
 */
export type ScrubOutcome = 'proven' | 'gone' | 'named' | 'unread' | 'bad' | 'hopeless' | ScrubWait;

/** One copy, as it is when its turn comes. */
interface ListedCopy {
  readonly datablock: StoredDatablock;
  readonly copy: StoredCopy;
}

/** What was read of a turn. */
interface Meter {
  bytes: number;
  milliseconds: number;
}

const refusals: Readonly<Record<TurnRefused, ScrubWait>> = {
  held: { code: 'scrub.other-archiver', text: 'Another archiver reads there.' },
  bytes: {
    code: 'scrub.bytes-spent',
    text: 'The next copy does not fit into what is left of the bytes of this day (SCRUB_BYTES_PER_DAY).',
  },
  hours: {
    code: 'scrub.hours-spent',
    text: 'The next copy does not fit into what is left of the hours of this day (SCRUB_HOURS_PER_DAY).',
  },
};

/**
 * Reads one old copy again, all bytes of it and fresh, and mends it where two readings found it wrong. Whoever does it has the turn of
 * its target; what was found is in the record before anything is mended, and a try that died is made again from there.
 */
@Injectable()
export class CopyScrub {
  constructor(
    private readonly turns: ScrubTurns,
    private readonly datablocks: Datablocks,
    private readonly orders: WorkOrders,
    private readonly check: CopyCheck,
    private readonly repairs: DatablockRepair,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws the reason of the signal; what was not read is given back before */
  async scrub(target: string, rule: ScrubRule, aged: AgedCopy, signal: AbortSignal): Promise<ScrubOutcome> {
    const listed = await this.listed(target, aged);
    if (listed === undefined) return 'gone';
    // Work that was asked for reads it, moves it or takes it away: it goes first.
    if (await this.orders.isNamed(aged.archiveId)) return 'named';
    const away = await this.absence(listed);
    if (away !== undefined) return away;
    const { packedSize } = listed.datablock;
    const bytes = isToBeMended(listed) ? 0 : packedSize;
    const now = this.clock.now();
    const until = this.leaseFrom(now);
    const turn = await this.turns.take(
      { target, archiveId: aged.archiveId, bytes, budget: rule },
      now,
      until,
    );
    if (typeof turn === 'string') return refusals[turn];
    return this.inTurn(turn, listed, until, signal);
  }

  /** As it was when its turn was seen to come: what others have read or mended meanwhile is not old any more. */
  private async listed(target: string, aged: AgedCopy): Promise<ListedCopy | undefined> {
    const datablock = await this.datablocks.verified(aged.archiveId);
    const copy = datablock === undefined ? undefined : copyOn(datablock, target);
    if (datablock === undefined || copy === undefined || copy.verifiedAt > aged.verifiedAt) return undefined;
    return { datablock, copy };
  }

  /** Of the whole target. */
  private async absence({ datablock, copy }: ListedCopy): Promise<ScrubWait | undefined> {
    try {
      await this.check.shareOf(copy).stat(datablock._id);
      return undefined;
    } catch (error) {
      if (!isRetriable(error)) return undefined;
      return { code: codeOf(error, 'archiver.unexpected-error'), text: messageOf(error) };
    }
  }

  private async inTurn(
    turn: HeldTurn,
    listed: ListedCopy,
    until: Date,
    signal: AbortSignal,
  ): Promise<ScrubOutcome> {
    const lost = new AbortController();
    const meter: Meter = { bytes: 0, milliseconds: 0 };
    const heartbeat = new Heartbeat({
      ...{ clock: this.clock, lease: this.config.lease, until },
      renew: (end) => this.turns.renew(turn, end, meter.bytes),
      onFault: (error) => this.logger.warn({ error: messageOf(error) }, 'could not renew a turn to read'),
      onLost: () => lost.abort(leaseLost(turn)),
    });
    const context: WorkContext = {
      ...{ epoch: turn.epoch, signal: AbortSignal.any([signal, lost.signal]) },
      progress: () => stillMoving(),
    };
    try {
      return await this.read(listed, context, meter);
    } finally {
      heartbeat.stop();
      await this.turns.end(turn, { at: this.clock.now(), ...meter });
    }
  }

  private async read(listed: ListedCopy, context: WorkContext, meter: Meter): Promise<ScrubOutcome> {
    const { datablock, copy } = listed;
    const about = { archiveId: datablock._id, share: copy.share };
    try {
      if (!isToBeMended(listed)) {
        const { standing, found, suspicion } = await this.readTwice(listed, context, meter);
        if (standing === 'good') {
          if (suspicion !== undefined)
            this.logger.warn(
              { ...about, suspicion },
              'a copy read wrong once, and right when it was read again',
            );
          return 'proven';
        }
        if (standing === 'unreadable') {
          this.logger.warn({ ...about, found }, 'an old copy cannot be read');
          return 'unread';
        }
        // Of what was known before there is nothing to be mended from.
        if (isDamaged(copy)) return 'hopeless';
      }
      return await this.mend(datablock, copy.share, context);
    } catch (error) {
      if (context.signal.aborted) throw error;
      this.logger.warn({ ...about, error: messageOf(error) }, 'an old copy could not be read or mended now');
      return isDamaged(copy) ? 'bad' : 'unread';
    }
  }

  private async readTwice(
    { datablock, copy }: ListedCopy,
    context: WorkContext,
    meter: Meter,
  ): Promise<CheckedCopy> {
    let [before, begunAt] = [0, this.clock.now().getTime()];
    const stopped = (): void => {
      meter.milliseconds += this.clock.now().getTime() - begunAt;
    };
    const shown = (bytes: number): void => {
      meter.bytes = before + bytes;
      stillMoving();
    };
    const suspected = async (): Promise<void> => {
      stopped();
      before = meter.bytes;
      await wait(this.config.scrub.secondLook, context.signal);
      begunAt = this.clock.now().getTime();
    };
    try {
      // What is known to be bad is not suspected any more.
      return await this.check.check(datablock, copy, context, shown, isDamaged(copy) ? undefined : suspected);
    } finally {
      stopped();
    }
  }

  /** By the record as it is now. */
  private async mend(
    { _id: archiveId, pid }: StoredDatablock,
    target: string,
    context: WorkContext,
  ): Promise<ScrubOutcome> {
    const now = await this.datablocks.verified(archiveId);
    const damaged = now === undefined ? undefined : copyOn(now, target)?.damaged;
    // Others have mended, moved or discarded it meanwhile.
    if (damaged === undefined) return 'gone';
    // A finding has one repair, however often that is tried.
    const workOrderId = `scrub/${archiveId}/${damaged.at.getTime()}`;
    try {
      const suspected = (): Promise<void> => wait(this.config.scrub.secondLook, context.signal);
      await this.repairs.repair({ workOrderId, jobId: 'scrub', pid, archiveId, suspected }, context);
      this.logger.info({ archiveId, share: target, found: damaged.found }, 'an old copy was mended');
      return 'proven';
    } catch (error) {
      if (context.signal.aborted) throw error;
      const about = { archiveId, share: target, found: damaged.found, error: messageOf(error) };
      this.logger.error(about, 'an old copy is damaged, and could not be mended');
      return codeOf(error, '') === 'archiver.no-good-copy' ? 'hopeless' : 'bad';
    }
  }

  private leaseFrom(now: Date): Date {
    return new Date(now.getTime() + this.config.lease);
  }
}

/** Known to be bad, with another copy that may be good. Without one it is read like any other: an operator may have restored it. */
function isToBeMended({ datablock, copy }: ListedCopy): boolean {
  return isDamaged(copy) && !datablock.copies.every(isDamaged);
}

function leaseLost({ target }: HeldTurn): TransientError {
  return new TransientError(
    'archiver.lease-lost',
    `Expected to have the turn to read old copies on ${target}, found it in other hands.`,
  );
}
