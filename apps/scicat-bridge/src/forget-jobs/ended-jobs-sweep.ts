import { Inject, Injectable } from '@nestjs/common';
import { ClaimChecks } from '#claim-check';
import { Clock, stillMoving } from '#kernel';
import { HostedLoop } from '#leased-work';
import { LOGGER, type Logger } from '#observability';
import { BridgeStore } from '../persistence/bridge-store.js';
import { Scicat } from '../scicat/scicat.js';
import { ConfigToken, type ScicatBridgeConfig } from '../scicat-bridge.config.js';

const interval = 600_000;
/** Milliseconds that a job stays known of which nothing was touched. */
const leftRetention = 7 * 86_400_000;
/** Jobs of one look. */
const page = 100;

/** Forgets jobs some time after their end: the job last, so that what a crash leaves of it is found again. */
@Injectable()
export class EndedJobsSweep extends HostedLoop {
  constructor(
    private readonly store: BridgeStore,
    private readonly claimChecks: ClaimChecks,
    private readonly scicat: Scicat,
    private readonly clock: Clock,
    @Inject(ConfigToken) private readonly config: ScicatBridgeConfig,
    @Inject(LOGGER) logger: Logger,
  ) {
    super({
      name: 'sweep of ended jobs',
      pause: interval,
      ready: () => store.whenReady(),
      logger,
      fault: 'could not forget jobs that are over',
      restsFirst: true,
    });
  }

  async round(): Promise<void> {
    const now = this.clock.now().getTime();
    await this.forget('over', new Date(now - this.config.jobRetention));
    await this.forget('left', new Date(now - leftRetention));
  }

  /** A job that SciCat shows as one that nobody has begun would be done once more as soon as it is not known: it stays known. */
  private async wouldComeAgain(jobId: string): Promise<boolean> {
    const job = await this.scicat.job(jobId);
    return job !== undefined && this.config.initialStatus.includes(job.statusCode);
  }

  private async forget(state: 'over' | 'left', before: Date): Promise<void> {
    const { jobs, parts, errands } = this.store;
    for (let last = ''; ;) {
      // Messages that nobody has taken over keep their job.
      const found = await jobs
        .find(
          { state, endedAt: { $lt: before }, 'outbox.rows.0': { $exists: false }, _id: { $gt: last } },
          { projection: { _id: 1 } },
        )
        .sort({ _id: 1 })
        .limit(page)
        .toArray();
      for (const { _id: jobId } of found) {
        stillMoving();
        if (this.stopping.aborted) return;
        if ((await parts.findOne({ jobId, 'outbox.rows.0': { $exists: true } })) !== null) continue;
        if (state === 'over' && (await this.wouldComeAgain(jobId))) continue;
        await errands.deleteMany({ jobId });
        await parts.deleteMany({ jobId });
        await this.claimChecks.remove([`job-lists/${jobId}.ndjson`]);
        await jobs.deleteOne({ _id: jobId, state, endedAt: { $lt: before } });
      }
      if (found.length < page) return;
      last = found.at(-1)!._id;
    }
  }
}
