import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import { metrics, type Sample } from '#observability';
import { ConfigToken, SharesToken, type ArchiverConfig } from '../archiver.config.js';
import { ShareNumbers } from '../persistence/operators/share-numbers.js';
import { WorkNumbers } from '../persistence/operators/work-numbers.js';
import { WorkRunner } from '../run-work/work-runner.js';
import { Scrubbing } from '../scrub-copies/scrubbing.js';
import { Shares } from '../shares/shares.js';
import { copyGauges, shareGauges, tapeGauges, workGauges } from '../counters/gauges.js';

/** What is worked on, what waits for storage, and how the copies are. */
@Injectable()
export class ArchiverNumbers implements OnApplicationBootstrap {
  constructor(
    private readonly runner: WorkRunner,
    private readonly scrubbing: Scrubbing,
    private readonly standing: Shares,
    private readonly numbers: ShareNumbers,
    private readonly works: WorkNumbers,
    private readonly clock: Clock,
    @Inject(SharesToken) private readonly shares: readonly LongTermStorage[],
    @Inject(ConfigToken) private readonly config: ArchiverConfig,
  ) {}

  onApplicationBootstrap(): void {
    metrics.measure({ name: 'work', gauges: workGauges, read: () => this.work() });
    metrics.measure({ name: 'shares', gauges: shareGauges, read: () => this.room() });
    metrics.measure({ name: 'tape', gauges: tapeGauges, read: () => this.tape() });
    metrics.measure({ name: 'copies', gauges: copyGauges, read: () => this.copies() });
  }

  private async work(): Promise<Sample[]> {
    const rows = await this.works.open(this.clock.now());
    const busy = this.runner.held;
    return [
      { metric: 'catena_worker_slots', labels: { state: 'busy' }, value: busy },
      {
        metric: 'catena_worker_slots',
        labels: { state: 'free' },
        value: Math.max(0, this.config.workers - busy),
      },
      ...rows.map(({ kind, state, code = '', count }) => ({
        ...{ metric: 'catena_works', labels: { kind, state, code }, value: count },
      })),
    ];
  }

  private async room(): Promise<Sample[]> {
    const states = await this.standing.states();
    return states.flatMap(({ name: share, state, freeBytes }) => [
      { metric: 'catena_share_up', labels: { share }, value: state === 'away' ? 0 : 1 },
      ...(freeBytes === undefined
        ? []
        : [{ metric: 'catena_share_free_bytes', labels: { share }, value: freeBytes }]),
    ]);
  }

  /** Drives are counted where a storage says how many it has; the turns at them are kept in the database. */
  private async tape(): Promise<Sample[]> {
    const drives = this.shares.reduce((sum, { mediaAtOnce = 0 }) => sum + mediaAtOnce, 0);
    if (drives === 0) return [];
    const now = this.clock.now();
    const names = this.shares.map(({ name }) => name);
    const busy = await this.numbers.drivesBusy(names, now);
    const waiting = await this.numbers.recallsWaiting(names, now);
    return [
      { metric: 'catena_tape_drives', labels: { state: 'busy' }, value: busy },
      { metric: 'catena_tape_drives', labels: { state: 'free' }, value: Math.max(0, drives - busy) },
      { metric: 'catena_tape_waiting', value: waiting },
    ];
  }

  /** All copies as the scrubbing counted them within the last hour; the damaged ones as they are now. */
  private async copies(): Promise<Sample[]> {
    const now = this.clock.now().getTime();
    const [states, bad] = await Promise.all([this.scrubbing.states(), this.numbers.badCopies()]);
    return states.flatMap(({ target: share, counted, promise }) => {
      const { damaged = 0, missing = 0 } = bad.get(share) ?? {};
      const of = (state: string, value: number): Sample => ({
        ...{ metric: 'catena_copies', labels: { share, state }, value },
      });
      const all =
        counted === undefined ? [] : [of('verified', Math.max(0, counted.copies - damaged - missing))];
      const age = counted?.oldest === undefined ? 0 : (now - counted.oldest.getTime()) / 1000;
      return [
        ...all,
        of('damaged', damaged),
        of('missing', missing),
        { metric: 'catena_copy_unverified_age_seconds', labels: { share }, value: age },
        ...(promise === undefined
          ? []
          : [
              { metric: 'catena_copy_promised_age_seconds', labels: { share }, value: promise.days * 86_400 },
            ]),
      ];
    });
  }
}
