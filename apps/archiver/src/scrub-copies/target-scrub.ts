import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import { ConfigToken, type ArchiverConfig } from '../archiver.config.js';
import { ScrubTurns } from '../persistence/scrub-turns.js';
import { WorkOrders } from '../persistence/work-orders.js';
import { ServedTargets } from '../order-recalls/served-targets.js';
import { CopyScrub, type ScrubOutcome, type ScrubWait } from './copy-scrub.js';
import { ScrubFigures } from './scrub-figures.js';
import { ScrubQueue } from './scrub-queue.js';
import { dueBefore, scrubRuleOf, type ScrubRule } from './scrub-rules.js';

/** Milliseconds after which a copy that an open work order names is looked at again. */
const namedPause = 3_600_000;

const workWaits: ScrubWait = {
  code: 'scrub.work-waits',
  text: 'Work for this target waits for a worker: it goes first.',
};
const nothingDue: ScrubWait = {
  code: 'scrub.nothing-due',
  text: 'No copy that can be read is old enough to be read again.',
};

/** Takes one old copy of a target after the other, for as long as nothing more urgent is to be done there. */
@Injectable()
export class TargetScrub {
  constructor(
    private readonly queue: ScrubQueue,
    private readonly copies: CopyScrub,
    private readonly figures: ScrubFigures,
    private readonly turns: ScrubTurns,
    private readonly orders: WorkOrders,
    private readonly served: ServedTargets,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  /** @returns whether there may be another one to be read at once */
  async step(target: string, signal: AbortSignal): Promise<boolean> {
    const rule = scrubRuleOf(this.config, target);
    if (rule === undefined) return false;
    const record = await this.figures.refreshed(target, rule);
    const now = this.clock.now();
    if (await this.orders.isDueAt([target], now, this.served.names)) return this.wait(target, workWaits);
    const copy = await this.queue.first(target, dueBefore(rule, now, record));
    if (copy === undefined) return this.wait(target, nothingDue);
    const outcome = await this.copies.scrub(target, rule, copy, signal);
    if (typeof outcome === 'object') return this.wait(target, outcome);
    if (outcome === 'proven') this.queue.done(target, copy);
    else if (outcome === 'gone') this.queue.passed(target);
    else this.queue.putOff(target, copy, pauseAfter(outcome, rule));
    return true;
  }

  private async wait(target: string, { code, text }: ScrubWait): Promise<false> {
    await this.turns.wait(target, code, text, this.clock.now());
    return false;
  }
}

/** What no copy is left of may not take the budget from those that can be saved: it is looked at as often as a good one. */
function pauseAfter(outcome: ScrubOutcome, { within }: ScrubRule): number | undefined {
  if (outcome === 'hopeless') return within / 2;
  return outcome === 'named' ? namedPause : undefined;
}
