import { Injectable } from '@nestjs/common';
import type { JobOutcome } from '#contracts';
import { Clock, codeOf, crashPoint, isAway, messageOf, stillMoving, TransientError } from '#kernel';
import { inContextOf } from '#messaging';
import { LeaseLost, type Lease } from '../domain/lease.js';
import type { BridgeJob, Errand } from '../persistence/records.js';
import { BridgeJobs } from '../persistence/bridge-jobs.js';
import { BridgeParts } from '../persistence/bridge-parts.js';
import { Errands } from '../persistence/errands.js';
import { endOfJob, ErrandRunner, startOfJob } from './errand-runner.js';

/** Errands read together. */
const page = 200;
/** Errands of one try that failed because SciCat is away, after which the others are not tried. */
const maxAway = 3;
/** Errands of one try that failed, whyever, after which the others wait. */
const maxFailed = 1000;

/** Tells SciCat what is left to tell of an accepted job. */
@Injectable()
export class JobErrands {
  constructor(
    private readonly jobs: BridgeJobs,
    private readonly parts: BridgeParts,
    private readonly errands: Errands,
    private readonly runner: ErrandRunner,
    private readonly clock: Clock,
  ) {}

  /**
   * Each dataset in the order of its reports; one that cannot be told holds up its dataset, not the others, and the end of the job.
   *
   * @returns whether the job is over
   * @throws TransientError the first fault, when others were told all the same
   */
  async tell(job: BridgeJob, lease: Lease, stopping: AbortSignal): Promise<boolean> {
    if (job.why !== undefined) await this.jobs.save(lease, {}, ['why']);
    const failed: string[] = [];
    const heldUp = new Set<string | undefined>();
    let fault = job.scheduled === true ? undefined : await this.schedule(job, lease, { heldUp, stopping });
    let away = 0;
    for (;;) {
      const open = await this.errands.openOf(job._id, page, failed);
      const [end, others] = [open.find(({ type }) => type === endOfJob), open.filter(isNoEnd)];
      if (others.length === 0) {
        if (fault !== undefined) throw fault;
        return end === undefined ? false : this.tellEnd(job, end, lease);
      }
      for (const errand of others) {
        stillMoving();
        if (stopping.aborted) throw stopped(job._id);
        lease.signal.throwIfAborted();
        if (errand.pid !== undefined && heldUp.has(errand.pid)) {
          failed.push(errand._id);
          continue;
        }
        try {
          await this.tellOne(job, errand, lease);
        } catch (error) {
          if (error instanceof LeaseLost) throw error;
          fault ??= error instanceof Error ? error : new Error(messageOf(error));
          failed.push(errand._id);
          heldUp.add(errand.pid);
          await this.errands.failed(
            errand._id,
            { code: codeOf(error, 'bridge.unexpected-error'), message: messageOf(error).slice(0, 2000) },
            errand.why,
          );
          if ((isAway(error) && ++away >= maxAway) || failed.length >= maxFailed) throw error;
        }
      }
    }
  }

  private tellOne(job: BridgeJob, errand: Errand, lease: Lease): Promise<void> {
    return inContextOf({ context: errand.context }, async () => {
      if (errand.type === startOfJob)
        await this.runner.tellOfStart(await this.jobs.read(lease), errand, lease);
      else await this.runner.tellOfDataset(errand, lease);
      crashPoint('bridge.before-errand-done');
      await this.errands.done(errand._id);
    });
  }

  private async tellEnd(job: BridgeJob, errand: Errand, lease: Lease): Promise<boolean> {
    let outcome: JobOutcome = 'failed';
    await inContextOf({ context: errand.context }, async () => {
      outcome = await this.runner.tellOfEnd(await this.jobs.read(lease), errand, lease);
    });
    crashPoint('bridge.before-over');
    const endedAt = this.clock.now();
    await this.jobs.go(lease, ['accepted', 'over'], { outcome, endedAt });
    crashPoint('bridge.after-over');
    await this.close(await this.jobs.read(lease), lease);
    return true;
  }

  /** Nothing is left to tell of a job that is over: neither its end, nor what comes later. */
  async close(job: BridgeJob, lease: Lease): Promise<void> {
    await this.errands.closeOf(job._id);
    await this.jobs.save(lease, {}, [
      'checkAt',
      'progress',
      ...(job.outcome === 'refused' ? [] : (['why'] as const)),
    ]);
  }

  /** @returns the first fault; those that it was about are held up, and tried again */
  private async schedule(
    job: BridgeJob,
    lease: Lease,
    { heldUp, stopping }: { readonly heldUp: Set<string | undefined>; readonly stopping: AbortSignal },
  ): Promise<Error | undefined> {
    let fault: Error | undefined;
    let away = 0;
    for await (const part of this.parts.unscheduledOf(job._id)) {
      stillMoving();
      if (stopping.aborted) throw stopped(job._id);
      lease.signal.throwIfAborted();
      try {
        await this.runner.schedule(part, lease);
      } catch (error) {
        if (error instanceof LeaseLost || (isAway(error) && ++away >= maxAway)) throw error;
        fault ??= error instanceof Error ? error : new Error(messageOf(error));
        heldUp.add(part.pid);
      }
    }
    if (fault === undefined) await this.jobs.save(lease, { scheduled: true });
    return fault;
  }
}

function isNoEnd({ type }: Errand): boolean {
  return type !== endOfJob;
}

function stopped(jobId: string): TransientError {
  return new TransientError('bridge.stopping', `The process ends: job ${jobId} goes on at the next one.`);
}
