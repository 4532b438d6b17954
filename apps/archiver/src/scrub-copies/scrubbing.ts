import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { AppHealth, type PartHealth } from '#service-host';
import { ConfigToken, SharesToken, type ArchiverConfig } from '../archiver.config.js';
import type { CopyFigures, ScrubTurn } from '../persistence/records.js';
import { ScrubTurns, spentOn } from '../persistence/scrub-turns.js';
import { forecastOf, scrubRuleOf, type ScrubForecast, type ScrubRule } from './scrub-rules.js';

/** What operators see of the reading of old copies on one target. */
export interface ScrubState {
  readonly target: string;
  readonly promise?: { readonly days: number; readonly bytesPerDay: number; readonly hoursPerDay: number };
  /** Counted at most once an hour. */
  readonly counted?: CopyFigures & {
    /** Bytes that were read within the promise, of all: 0 to 1. */
    readonly share: number;
    /** The same for people, such as `94 % of bytes read within 180 days`. */
    readonly coverage: string;
  };
  /** Of this day (UTC), with what it has to pay for days before. */
  readonly spent?: { readonly day: string; readonly bytes: number; readonly milliseconds: number };
  readonly reading?: ScrubTurn['reading'];
  /** Why nothing is read, where that is so. */
  readonly waits?: { readonly code: string; readonly text: string; readonly at?: Date };
  readonly forecast?: ScrubForecast;
}

const day = 86_400_000;
const off = { code: 'scrub.off', text: 'It is switched off: `scrub: off` of ROUTES_FILE, or a budget of 0.' };
const begins = {
  code: 'scrub.not-begun',
  text: 'No archiver has looked yet: it begins a minute after the start.',
};

/** What is known of the reading of old copies, from the records that it keeps: no question here counts copies. */
@Injectable()
export class Scrubbing implements OnApplicationBootstrap {
  constructor(
    private readonly turns: ScrubTurns,
    private readonly health: AppHealth,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  onApplicationBootstrap(): void {
    this.health.add('scrubbing', () => this.part());
  }

  states(): Promise<ScrubState[]> {
    return Promise.all(this.shares.map(({ name }) => this.stateOf(name)));
  }

  private async stateOf(target: string): Promise<ScrubState> {
    const rule = scrubRuleOf(this.config, target);
    if (rule === undefined) return { target, waits: off };
    const { within, bytesPerDay, hoursPerDay } = rule;
    const promise = { days: within / day, bytesPerDay, hoursPerDay };
    const record = await this.turns.of(target);
    if (record === undefined) return { target, promise, waits: begins };
    const { figures, rate } = record;
    return {
      ...{ target, promise },
      ...(figures === undefined
        ? {}
        : {
            counted: { ...figures, ...coverageOf(figures, rule) },
            forecast: forecastOf(rule, figures, rate),
          }),
      spent: spentOn(this.clock.now(), record, rule),
      ...this.doing(record),
    };
  }

  /** A turn whose lease is over belongs to an archiver that died. */
  private doing({ reading, until, waits }: ScrubTurn): Pick<ScrubState, 'reading' | 'waits'> {
    if (reading !== undefined && until > this.clock.now()) return { reading };
    return waits === undefined ? {} : { waits };
  }

  /** A promise that is broken is seen in health. */
  private async part(): Promise<PartHealth> {
    const states = await this.states();
    const counted = states.filter(({ counted: one }) => one !== undefined);
    const isBehind = counted.some((state) => state.counted!.share < 1);
    return {
      status: isBehind ? 'behind' : 'up',
      ...Object.fromEntries(
        counted.flatMap(({ target, counted: one }) => [
          [target, one!.coverage],
          [`${target}-share`, one!.share],
        ]),
      ),
    };
  }
}

function coverageOf(
  { bytes, readBytes }: CopyFigures,
  { within }: ScrubRule,
): { readonly share: number; readonly coverage: string } {
  const share = bytes === 0 ? 1 : readBytes / bytes;
  // Never rounded up to all.
  return { share, coverage: `${Math.floor(share * 100)} % of bytes read within ${within / day} days` };
}
