import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { CopyAges } from '../persistence/copy-ages.js';
import type { ScrubTurn } from '../persistence/records.js';
import { isFromTheFuture, ScrubTurns } from '../persistence/scrub-turns.js';
import type { ScrubRule } from './scrub-rules.js';

/** Milliseconds between two counts of the copies on a target, over all archivers. */
const interval = 3_600_000;
/** Milliseconds after which the record of a target that nobody serves goes. */
const lifetime = 30 * 86_400_000;

/** Counts what lies on a target, so that nobody who asks has to. */
@Injectable()
export class ScrubFigures {
  constructor(
    private readonly ages: CopyAges,
    private readonly turns: ScrubTurns,
    private readonly clock: Clock,
  ) {}

  /** The record of the target, with figures of the last hour once they were counted; the first call makes it. */
  async refreshed(target: string, { within }: ScrubRule): Promise<Partial<ScrubTurn>> {
    const now = this.clock.now();
    const before = ago(now, interval);
    const known = await this.turns.of(target);
    if (known !== undefined && known.countedAt > before && !isFromTheFuture(known.countedAt, now))
      return known;
    if (await this.turns.takeCount(target, now, before)) {
      await this.turns.keepFigures(target, await this.ages.figures(target, now, ago(now, within)));
      await this.turns.forgetUncounted(ago(now, lifetime));
    }
    return (await this.turns.of(target)) ?? {};
  }
}

function ago(now: Date, milliseconds: number): Date {
  return new Date(now.getTime() - milliseconds);
}
